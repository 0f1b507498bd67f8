"""The stages as the command line calls them; every import of weight happens here, when needed.

One method per thing that a command needs from the rest of dynaprov.  Tests give their own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaprov.cli.door import Door, load_later_stages, opening_of
from dynaprov.cli.local_endpoint import LocalEndpoint
from dynaprov.cli.spec_stages import SpecStages
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Stopped

if TYPE_CHECKING:
    from dynaprov.aws.apart import Apart
    from dynaprov.aws.clock import SystemClock
    from dynaprov.aws.gateway import Gateway
    from dynaprov.aws.opening import Opening, Way
    from dynaprov.aws.spread import Spread
    from dynaprov.cli.options import Options
    from dynaprov.cli.outposts import Outpost
    from dynaprov.model.attribution import Attribution, Commit
    from dynaprov.model.awaited import Awaited
    from dynaprov.model.delivery import Deliverer, Targets
    from dynaprov.model.events import Listener
    from dynaprov.model.finding import Coverage
    from dynaprov.model.fleet import Member
    from dynaprov.model.outcome import Run
    from dynaprov.model.plan import Plan
    from dynaprov.model.spec import Spec
    from dynaprov.planning.planner import Choices
    from dynaprov.report.trace import Trace
    from dynaprov.watch.who import Seen

#: The region of the embedded endpoint where the spec names none.
LOCAL_REGION = "us-east-1"


class Stages(SpecStages, LocalEndpoint):
    """Loading, looking, planning and executing, for one invocation.

    Args:
        may_divide: whether AWS may be asked from a process of its own; only a process that is
            nobody else's may.

    Attributes:
        trace: what happens is noted there, when a person wants to see it.
    """

    trace: Trace | None = None
    _watched = False

    def __init__(self, *, may_divide: bool = False) -> None:
        self._may_divide = may_divide
        self._apart: Apart | None = None
        self._way_open: Way | None = None

    def stand_by(self, options: Options, *, writes: bool) -> None:
        """Begin what every look at AWS needs, beside the loading of the specs."""
        if not self._may_divide or self._apart is not None:
            return
        from dynaprov.aws.apart import Apart, can_divide

        if not can_divide():
            return
        self._apart = Apart.divide()
        if not options.local:
            from dynaprov.spec.glimpse import region

            where = options.region or region(options.specs, options.env)
            self._apart.expect(opening_of(options, where, options.endpoint_url, writes=writes))

    @cached_property
    def clock(self) -> SystemClock:
        """The clock of this invocation."""
        from dynaprov.aws.clock import SystemClock

        return SystemClock()

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
    def door(self, options: Options, spec: Spec, *, writes: bool) -> Iterator[Door]:
        """The way to AWS; a command that only looks gets one that cannot write."""
        from dynaprov.cli.log import told

        region = options.region or spec.region or (LOCAL_REGION if options.local else "")
        with told(debug=options.debug), self.surroundings(options, region) as endpoint:
            opening = replace(
                opening_of(options, region, endpoint, writes=writes),
                rates=tuple(spec.rates.items()),
            )
            meanwhile = partial(load_later_stages, writes=writes)
            way_open = self._way(opening, meanwhile, len(spec.tables))
            with contextlib.closing(way_open) as way:
                self._way_open = way
                yield Door(way, region or way.region, pinned=not options.local)
            self._apart = None  # a process of its own serves one door

    def fleet(self, options: Options) -> list[tuple[Member, Spec]]:
        """Every member of the project's fleet with its resolved spec.

        Raises:
            SpecInvalid: with every problem of every file and environment, each once.
        """
        from dynaprov.cli.outposts import fleet_of

        return fleet_of(options)

    def outposts(self, options: Options, region: str) -> contextlib.AbstractContextManager[Outpost]:
        """The ways to many accounts and regions, side by side, all of which cannot write."""
        from dynaprov.cli.outposts import outposts

        return outposts(options, region, self.surroundings, self.clock)

    def _way(
        self, opening: Opening, meanwhile: Callable[[], None], tables: int
    ) -> Apart | Spread | Gateway:
        if self._apart is not None:
            from dynaprov.aws.spread import Spread, worth_two

            two = worth_two(opening, tables, os.environ)
            way = Spread.started(self._apart) if two else self._apart
            way.open(opening, meanwhile)
            return way
        from dynaprov.aws.gateway import open_gateway

        return open_gateway(opening, clock=self.clock, meanwhile=meanwhile)

    def diff(
        self,
        spec: Spec,
        door: Door,
        options: Options,
        listener: Listener,
        *,
        only: frozenset[tuple[str, str]] = frozenset(),
    ) -> Plan:
        """Observe and compare; ``only`` these settings, where any are named."""
        from dynaprov import reconciler

        with self._traced(door, listener) as (way, heard):
            plan = reconciler.diff(
                spec,
                way,
                replace(_choices(options), only=only),
                region=door.region,
                pinned=door.pinned,
                clock=self.clock,
                listener=heard,
            )
        return _at_endpoint(plan, door)

    def plan_destroy(
        self, spec: Spec, door: Door, options: Options, listener: Listener, *, keep_data: bool
    ) -> Plan:
        """The plan that removes the environment."""
        from dynaprov import reconciler

        with self._traced(door, listener) as (way, heard):
            plan = reconciler.plan_destroy(
                spec,
                way,
                _choices(options),
                keep_data=keep_data,
                region=door.region,
                pinned=door.pinned,
                clock=self.clock,
                listener=heard,
            )
        return _at_endpoint(plan, door)

    def apply(
        self,
        plan: Plan,
        door: Door,
        options: Options,
        again: Callable[[], Plan],
        *,
        fingerprint: str,
        listener: Listener,
        interrupted: Callable[[], bool],
        halted: Callable[[], str] | None = None,
        patient: bool = True,
    ) -> Run:
        """Execute the plan, with a journal of every call, and compare again."""
        from dynaprov import reconciler

        with self._traced(door, listener) as (way, heard):
            return reconciler.apply(
                plan,
                way,
                way,
                again,
                clock=self.clock,
                listener=heard,
                journal=Path(options.journal) if options.journal else None,
                known_fingerprint=fingerprint,
                interrupted=interrupted,
                halted=halted,
                patient=patient,
            )

    def wait(
        self,
        spec: Spec,
        door: Door,
        options: Options,
        listener: Listener,
        *,
        until: str,
        timeout_seconds: float,
        interrupted: Callable[[], bool],
    ) -> Awaited:
        """Wait until the tables can be read, or have settled."""
        from dynaprov import reconciler
        from dynaprov.model.awaited import Until

        return reconciler.wait(
            spec,
            door.gateway,
            _choices(options),
            until=Until(until),
            timeout_seconds=timeout_seconds,
            region=door.region,
            pinned=door.pinned,
            clock=self.clock,
            listener=listener,
            interrupted=interrupted,
        )

    def coverage(self, plan: Plan, door: Door) -> Coverage:
        """How much of what is live the spec names."""
        from dynaprov.watch.coverage import coverage

        return coverage(plan, door.gateway)

    def who(
        self, plan: Plan, door: Door, options: Options, seen: Seen
    ) -> Mapping[tuple[str, str], Attribution]:
        """Who made each difference, by printed address and path."""
        from dynaprov.cli.attributing import attributed

        return attributed(plan, door, options, seen, self.clock)

    def commits(self, plan: Plan) -> Mapping[tuple[str, str], Commit]:
        """The commit that declares each difference, by printed address and path."""
        from dynaprov.watch.who import commits

        return {(str(address), path): each for (address, path), each in commits(plan).items()}

    def deliverer(self, options: Options, region: str, targets: Targets) -> Deliverer:
        """The door of deliveries: it reaches the targets and nothing else."""
        from dynaprov.aws.deliveries import Deliveries

        opening = opening_of(options, region, options.endpoint_url, writes=False)
        return Deliveries(opening, targets, clock=self.clock)

    def outputs(self, spec: Spec, door: Door, listener: Listener) -> Mapping[str, Any]:
        """The outputs that other programs take."""
        from dynaprov import reconciler

        return reconciler.outputs(
            spec,
            door.gateway,
            region=door.region,
            endpoint=door.gateway.endpoint(),
            pinned=door.pinned,
            listener=listener,
        )

    def begin_trace(self, file: str) -> None:
        """Note from here on what happens, for this file.

        Raises:
            Stopped: when the file cannot be written.
        """
        from dynaprov.report.trace import Trace

        try:
            Path(file).touch()
        except OSError as problem:
            raise Stopped(
                Diagnostic(
                    "DP509",
                    "the trace cannot be written",
                    str(problem),
                    "name another file with --trace",
                )
            ) from problem
        self.trace = Trace(self.clock)

    def end_trace(self, file: str) -> None:
        """Write what was noted.

        Raises:
            OSError: when that fails.
        """
        if self.trace is not None:
            self.trace.write(Path(file))
            self.trace = None

    @contextlib.contextmanager
    def _traced(self, door: Door, listener: Listener) -> Iterator[tuple[Any, Listener]]:
        """The way to AWS and the listener, with the trace in between when there is one.

        A look within another use case (the verification of ``apply``) is one stage of that one.
        """
        if self.trace is None:
            yield door.gateway, listener
        elif self._watched:
            yield self.trace.ports(door.gateway), listener
        else:
            self._watched = True
            try:
                yield self.trace.ports(door.gateway), self.trace.listening(listener)
            finally:
                self._watched = False
                self.trace.end_stage()

    def interrupt(self) -> None:
        """End all sleeping, so that a run notices at once that it is to stop."""
        self.clock.interrupt()
        if self._way_open is not None:
            self._way_open.interrupt()


def _choices(options: Options) -> Choices:
    from dynaprov.model.timeouts import read_timeouts
    from dynaprov.planning.planner import Choices

    return Choices(
        options.targets,
        options.prune,
        frozenset(options.allow),
        timeouts=read_timeouts(options.timeouts),
    )


def _at_endpoint(plan: Plan, door: Door) -> Plan:
    """The plan, saying where it looked when that is not AWS.

    Asked last: the client is there by now, and the first reads did not wait for it.
    """
    endpoint = door.gateway.endpoint()
    return replace(plan, identity=replace(plan.identity, endpoint=endpoint)) if endpoint else plan
