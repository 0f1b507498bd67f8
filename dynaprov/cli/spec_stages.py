"""What of the stages concerns spec files alone: loading, checking, showing; AWS is not called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import SpecInvalid

if TYPE_CHECKING:
    from dynaprov.cli.options import Options
    from dynaprov.model.source import Origin
    from dynaprov.model.spec import Spec


@dataclass(frozen=True, slots=True)
class Loaded:
    """A resolved spec, and what is worth a warning in it."""

    spec: Spec
    warnings: tuple[Diagnostic, ...] = ()


class SpecStages:
    """Reading the spec files, for one invocation."""

    def check(self, options: Options) -> tuple[int, list[Loaded]]:
        """Resolve every environment that is asked for: number of files, and what was loaded.

        Raises:
            SpecInvalid: with every problem of every file and environment, each once.
        """
        from dynaprov.spec.fleet import members_of
        from dynaprov.spec.load import load
        from dynaprov.spec.resolve import resolve

        files = load(options.specs)
        names: list[str | None] = [*sorted(files.environments)] or [None]
        if options.env:
            names = [options.env]
        loaded: list[Loaded] = []
        problems: dict[Diagnostic, None] = {}
        try:
            members_of(files)
        except SpecInvalid as invalid:
            problems.update(dict.fromkeys(invalid.diagnostics))
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
        from dynaprov.spec.resolve import load_specs

        return _loaded(load_specs(options.specs, options.env, options.sets))

    def show(self, options: Options, table: str | None) -> Mapping[str, Any]:
        """The resolved document of the environment, or of one table."""
        from dynaprov.spec.resolve import load_specs
        from dynaprov.spec.show import resolved_document

        return resolved_document(load_specs(options.specs, options.env, options.sets), table)

    def explain(self, options: Options, table: str | None) -> Iterable[tuple[str, Any, Origin]]:
        """Every single value of that document: its path, itself, and where it was written."""
        from dynaprov.spec.resolve import load_specs
        from dynaprov.spec.show import explain

        resolved = load_specs(options.specs, options.env, options.sets)
        return [(each.path, each.value, each.origin) for each in explain(resolved, table)]

    def schemas(self) -> Mapping[str, Any]:
        """The JSON Schemas of the spec files by document."""
        from dynaprov.spec.schema import schema_documents

        return schema_documents()

    def policies(
        self,
        spec: Spec,
        verb: str,
        asked: Mapping[str, Any],
        *,
        region: str,
        account: str,
    ) -> Sequence[dict[str, Any]]:
        """The policy documents that a command needs, with the options it is asked for with.

        Raises:
            UsageProblem: when there is no region, no table for the lease, or a target is no place.
        """
        from dynaprov.cli.permissions import policies

        return policies(spec, verb, asked, region=region, account=account)

    def starter(self, project: str) -> Mapping[str, str]:
        """The files of a new project: relative path to text."""
        from dynaprov.spec.starter import starter_files

        return starter_files(project)


def _loaded(resolved: Any) -> Loaded:
    return Loaded(resolved.spec, tuple(resolved.warnings))
