"""The stages as the command line calls them; every import of weight happens here, when needed.

One method per thing that a command needs from the rest of dynaprov.  Tests give their own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import SpecInvalid, Stopped

if TYPE_CHECKING:
    from dynaprov.aws import SystemClock
    from dynaprov.cli.options import Options
    from dynaprov.model.events import Listener
    from dynaprov.model.outcome import Run
    from dynaprov.model.plan import Plan
    from dynaprov.model.spec import Spec


@dataclass(frozen=True, slots=True)
class Loaded:
    """A resolved spec, and what is worth a warning in it."""

    spec: Spec
    warnings: tuple[Diagnostic, ...] = ()


class Stages:
    """Loading, looking, planning and executing, for one invocation."""

    @cached_property
    def clock(self) -> SystemClock:
        """The clock of this invocation."""
        from dynaprov.aws import SystemClock

        return SystemClock()

    def check(self, options: Options) -> tuple[int, list[Loaded]]:
        """Resolve every environment that is asked for: number of files, and what was loaded.

        Raises:
            SpecInvalid: with every problem of every file and environment, each once.
        """
        from dynaprov.spec import load, resolve

        files = load(options.specs)
        names = [options.env] if options.env else [*sorted(files.environments)] or [None]
        loaded: list[Loaded] = []
        problems: dict[Diagnostic, None] = {}
        for name in names:
            try:
                loaded.append(_loaded(resolve(files, name, options.sets)))
            except SpecInvalid as invalid:
                problems.update(dict.fromkeys(invalid.diagnostics))
        if problems:
            raise SpecInvalid(tuple(problems))
        return 1 + len(files.tables) + len(files.environments), loaded

    def load(self, options: Options) -> Loaded:
        """The resolved spec.

        Raises:
            SpecInvalid: with every problem of every file.
        """
        from dynaprov.spec import load_specs

        return _loaded(load_specs(options.specs, options.env, options.sets))

    def show(self, options: Options, table: str | None, *, explain: bool) -> str:
        """The resolved document as YAML text, with the place of each value when explained."""
        from dynaprov import spec

        resolved = spec.load_specs(options.specs, options.env, options.sets)
        return spec.show(resolved, table, explain=explain)

    def schema(self, document: str) -> Mapping[str, Any]:
        """The JSON Schema of ``project``, ``table`` or ``environment`` documents."""
        from dynaprov import spec

        return spec.schema(document)

    def starter(self, project: str) -> Mapping[str, str]:
        """The files of a new project: relative path to text."""
        from dynaprov import spec

        return spec.starter(project)

    @contextlib.contextmanager
    def surroundings(self, options: Options, region: str) -> Iterator[str | None]:
        """The AWS settings of the process while a command works; gives the endpoint, if not AWS.

        With ``--local`` the embedded endpoint is started when it does not run, and its dummy
        settings replace every AWS setting of the environment.
        """
        if not options.local:
            yield options.endpoint_url
            return
        from dynaprov.local import local_environment

        url = self.local_up(None)
        kept = dict(os.environ)
        os.environ.clear()
        os.environ.update(local_environment(url, region=region, base=kept))
        try:
            yield url
        finally:
            os.environ.clear()
            os.environ.update(kept)

    @contextlib.contextmanager
    def gateway(self, options: Options, spec: Spec, *, writes: bool) -> Iterator[Any]:
        """The door to AWS; a command that only looks gets one that cannot write."""
        from dynaprov.aws import Gateway, Session

        with self.surroundings(options, spec.region) as endpoint:
            session = Session(
                profile="" if options.local else options.profile or "",
                region=spec.region,
                endpoint_url=endpoint or "",
                workers=options.parallelism,
            )
            with Gateway(
                session,
                writing=writes,
                clock=self.clock,
                pacing="off" if options.local else options.pacing,
                parallelism=options.parallelism,
            ) as gateway:
                yield gateway

    def diff(self, spec: Spec, gateway: Any, options: Options, listener: Listener) -> Plan:
        """Observe and compare."""
        from dynaprov import reconciler

        return reconciler.diff(
            spec,
            gateway,
            targets=options.targets,
            prune=options.prune,
            allowed=frozenset(options.allow),
            listener=listener,
            clock=self.clock,
        )

    def apply(
        self,
        plan: Plan,
        spec: Spec,
        gateway: Any,
        options: Options,
        *,
        listener: Listener,
        interrupted: Callable[[], bool],
    ) -> Run:
        """Execute the plan, with a journal of every call, and compare again."""
        from dynaprov import reconciler
        from dynaprov.execution import Journal
        from dynaprov.report.document import fingerprint

        path = Path(options.journal) if options.journal else None
        name = fingerprint(plan)
        with Journal.open(plan.identity, self.clock, path=path, fingerprint=name) as journal:
            return reconciler.apply(
                plan,
                spec,
                gateway,
                self.clock,
                listener=listener,
                journal=journal,
                parallelism=options.parallelism,
                interrupted=interrupted,
            )

    def interrupt(self) -> None:
        """End all sleeping, so that a run notices at once that it is to stop."""
        self.clock.interrupt()

    def plan_destroy(
        self, spec: Spec, gateway: Any, options: Options, *, keep_data: bool, listener: Listener
    ) -> Plan:
        """The plan that removes the environment."""
        from dynaprov import reconciler

        return reconciler.plan_destroy(
            spec,
            gateway,
            keep_data=keep_data,
            allowed=frozenset(options.allow),
            listener=listener,
        )

    def outputs(self, spec: Spec, gateway: Any, listener: Listener) -> Mapping[str, Any]:
        """The outputs that other programs take."""
        from dynaprov import reconciler

        return reconciler.outputs(spec, gateway, listener=listener)

    def local_up(self, port: int | None) -> str:
        """Start the embedded endpoint or find it; returns its URL."""
        with _local_problems():
            return _local().up(port).url

    def local_down(self) -> bool:
        """Stop it; returns whether one ran."""
        with _local_problems():
            return _local().down()

    def local_reset(self) -> bool:
        """Empty it; returns whether one runs."""
        with _local_problems():
            return _local().reset()

    def local_status(self) -> str | None:
        """Its URL, when it runs."""
        with _local_problems():
            endpoint = _local().status()
        return endpoint.url if endpoint else None


def _loaded(resolved: Any) -> Loaded:
    return Loaded(resolved.spec, tuple(resolved.warnings))


def _local() -> Any:
    from dynaprov import local

    return local


@contextlib.contextmanager
def _local_problems() -> Iterator[None]:
    """Tell what goes wrong with the embedded endpoint in our own words."""
    error: type[Exception] = _local().LocalEndpointError
    try:
        yield
    except error as problem:
        raise Stopped(
            Diagnostic(
                code="DP503",
                summary="the embedded endpoint cannot be used",
                detail=str(problem),
                hint=getattr(problem, "hint", ""),
            )
        ) from problem
