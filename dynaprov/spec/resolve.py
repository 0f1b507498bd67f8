"""One environment's resolved spec: layers, inputs, validation, and the rules of the kinds.

Pure: what ``load`` read goes in, a ``Spec`` or every problem comes out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from dynaprov.kinds import KINDS
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.errors import SpecInvalid
from dynaprov.model.kind import Kind
from dynaprov.model.setting import State
from dynaprov.model.source import Origin, Position
from dynaprov.model.spec import Healing, Spec, TableSpec
from dynaprov.model.timeouts import duration_seconds
from dynaprov.spec.documents import (
    EnvironmentHead,
    Grammar,
    Inputs,
    TableHead,
    Validated,
    check_environment,
    check_table,
    grammar,
)
from dynaprov.spec.inputs import switched_environment, switched_table, table_defaults
from dynaprov.spec.layers import entry, stacked, without
from dynaprov.spec.lease import lease_place
from dynaprov.spec.load import SpecFiles, load
from dynaprov.spec.names import (
    check_accounts,
    check_environment_name,
    check_lengths,
    check_region,
    check_table_name,
    check_tag_count,
    check_tags,
    check_word,
)
from dynaprov.spec.nodes import Node, Steps, child, collect_origins, plain
from dynaprov.spec.overrides import read_overrides
from dynaprov.spec.problems import at_line, at_value, in_order, nearest, problem
from dynaprov.spec.shapes import fields, renamed

FALLBACK_ENVIRONMENT = "dev"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A resolved spec, with the trees that it was made of.

    ``warnings`` are the diagnostics that do not make the spec invalid.
    """

    spec: Spec
    environment: Node
    tables: Mapping[str, Node]
    warnings: tuple[Diagnostic, ...] = ()


def load_specs(
    directory: str | Path = "specs",
    environment: str | None = None,
    sets: Sequence[str] = (),
    *,
    kinds: tuple[Kind, ...] = KINDS,
) -> Resolved:
    """Read the specs of a directory and resolve one environment.

    Args:
        directory: where `project.yaml` is.
        environment: its name; the project's default environment when it is left out.
        sets: words of the form ``PATH=VALUE``, the strongest layer.
        kinds: the kinds whose sections specs may have.

    Raises:
        SpecInvalid: with every problem of every file.
    """
    return resolve(load(directory, kinds=kinds), environment, sets)


def default_environment(files: SpecFiles) -> str:
    """The environment that is meant when none is named."""
    said = files.project.get("default_environment")
    return said.value if said and isinstance(said.value, str) else FALLBACK_ENVIRONMENT


def resolve(files: SpecFiles, environment: str | None = None, sets: Sequence[str] = ()) -> Resolved:
    """The resolved spec of one environment.

    Raises:
        SpecInvalid: with every problem of every file and of the resolved document.
    """
    name = environment or default_environment(files)
    return _Resolution(files, name, tuple(sets)).resolved()


class _Resolution:
    """The layers of one environment while they are put together."""

    def __init__(self, files: SpecFiles, environment: str, sets: tuple[str, ...]) -> None:
        self.files = files
        self.name = environment
        self.words: Grammar = grammar(files.kinds)
        self.problems: list[Diagnostic] = list(files.problems)
        self.complete = True
        # Places that hold something left out as wrong.
        self.hollow: set[Position] = {Position(file) for file in files.unread}
        self.renamed = renamed(self.words.table) if self.words.table else ()
        self.own = files.environments.get(environment)
        self.sets, found = read_overrides(sets, files.tables)
        self.problems.extend(found)
        if self.sets is not None:
            checked = check_environment(self.sets, self.words, files.tables, partial=True)
            self.problems.extend(checked.problems)

    def resolved(self) -> Resolved:
        self._whole_files()
        environment = switched_environment(self._environment())
        tables = {name: self._table(name, environment) for name in self.files.tables}
        self._rules(environment, tables)
        spec = self._spec(environment, tables)
        warnings: list[Diagnostic] = []
        if self.complete:
            for found in self._kinds_checks(spec):
                (self.problems if found.level is Level.ERROR else warnings).append(found)
        if self.problems:
            raise SpecInvalid(in_order(self.problems))
        return Resolved(spec, environment, tables, in_order(warnings))

    def _whole_files(self) -> None:
        """Rules about files as such."""
        known = self.files.environments
        if self.own is None:
            self._unknown_environment()
        default = self.files.project.get("default_environment")
        if default is not None and isinstance(default.value, str) and default.value not in known:
            detail = f"there is no file `environments/{default.value}.yaml`"
            hint = nearest(default.value, known)
            self.problems.append(at_value("DP117", default, detail, hint))
        for name, node in known.items():
            self.problems.extend(check_environment_name(name, node))
        for name, node in self.files.tables.items():
            self.problems.extend(check_table_name(name, node))
        accounts = self.files.project.get("accounts")
        if accounts is not None:
            self.problems.extend(check_accounts(accounts, known))
        for document in (self.files.project, *known.values(), self.sets):
            region = document.get("region") if document else None
            if region is not None:
                self.problems.extend(check_region(region))

    def _unknown_environment(self) -> None:
        said = self.files.project.get("default_environment")
        if said is not None and said.value == self.name:
            return  # told where the project file says it
        detail = f"there is no environment `{self.name}`: no file `environments/{self.name}.yaml`"
        hint = nearest(self.name, self.files.environments) or "`dynaprov init` writes starter specs"
        self.problems.append(problem("DP117", detail, hint))

    def _environment(self) -> Node:
        """Everything but the tables, all layers laid over each other."""
        project = without(
            self.files.project, "accounts", "default_environment", "defaults", "fleet"
        )
        layers = [project, *(without(each, "defaults", "tables") for each in (self.own, self.sets))]
        return stacked(layers) or self.files.project

    def _table(self, name: str, environment: Node) -> Node:
        layers = [table_defaults(self.files.project), self.files.tables[name]]
        for document in (self.own, self.sets):
            layers.append(table_defaults(document))
            layers.append(entry(entry(document, "tables"), name))
        table = stacked(layers) or self.files.tables[name]
        return switched_table(without(table, "table") or table, environment)

    def _rules(self, environment: Node, tables: Mapping[str, Node]) -> None:
        project = environment.get("project_name")
        if project is None and self.files.project.source.file in self.files.unread:
            pass  # told already: the file cannot be read
        elif project is None:
            detail = "the project has no name"
            source = self.files.project.source
            self.problems.append(at_line("DP114", source, 0, 0, detail, "add `project_name:`"))
        else:
            self.problems.extend(check_word(project, "project"))
            prefix = f"{project.value}-{self.name}"
            self.problems.extend(check_lengths(prefix, self.files.tables))
        common = environment.get("tags")
        self.problems.extend(check_tags(common))
        self.problems.extend(check_tag_count(common, None, "the environment"))
        for name, table in tables.items():
            own = table.get("tags")
            if own is not None:
                self.problems.extend(check_tags(own))
                self.problems.extend(check_tag_count(common, own, f"table `{name}`"))

    def _spec(self, environment: Node, tables: Mapping[str, Node]) -> Spec:
        found = self._validated(environment, lambda node: check_environment(node, self.words))
        head = cast("EnvironmentHead", found.heads.get(EnvironmentHead, EnvironmentHead()))
        origins: dict[str, Origin] = {}
        collect_origins(environment, "", origins)
        inputs: dict[str, object] = {"environment": self.name}
        inputs |= {n: getattr(head, n) for n in fields(Inputs) if head.declared(n)}
        accounts = self.files.project.get("accounts")
        account = accounts.get(self.name) if accounts else None
        said = {name: plain(node) for name, node in tables.items()}
        resolved = {name: self._table_spec(name, node) for name, node in tables.items()}
        lease, unfit = lease_place(head, environment, resolved)
        self.problems.extend(unfit)
        return Spec(
            project=head.project_name or "",
            environment=self.name,
            region=head.region or "",
            account=str(account.value) if account else "",
            tags=head.tags or {},
            inputs=inputs,
            sections=found.sections,
            tables=resolved,
            origins=origins,
            limits=head.limits.model_dump(exclude_unset=True, exclude={"rates"})
            if head.limits
            else {},
            rates=(head.limits and head.limits.rates) or {},
            timeouts=_timeouts(head),
            stamp=head.stamp if head.declared("stamp") else True,
            lease=lease,
            healing=_healing(head),
            allow_destroy=bool(head.allow_destroy),
            revision=_digest([self.name, account and account.value, plain(environment), said]),
        )

    def _table_spec(self, name: str, node: Node) -> TableSpec:
        found = self._validated(node, lambda tree: check_table(tree, self.words))
        head = cast("TableHead", found.heads.get(TableHead, TableHead()))
        sections: dict[str, State | None] = {}
        if self.words.table is not None:
            sections[""] = found.heads.get(self.words.table, self.words.table.model_construct())
        sections |= found.sections
        origins: dict[str, Origin] = {"": self.files.tables[name].origin}
        collect_origins(node, "", origins)
        for key, name_of_field in self.renamed:
            if key in origins:
                origins[name_of_field] = origins[key]
        return TableSpec(
            name,
            sections,
            origins,
            retention_days=head.retention_days,
            description=head.description or "",
        )

    def _validated(self, node: Node, check: Callable[[Node], Validated]) -> Validated:
        """The valid part of a document; what is wrong is noted and left out.

        So the rules of the kinds still see the rest.  Where leaving out is not enough, they are
        not run: they would report echoes.
        """
        found = check(node)
        told = {each.position for each in self.problems}
        self.problems.extend(
            # A word of the command line has no lines: its own check has said all of it already.
            each
            for each in found.problems
            if each.position not in told or not _is_set(each.position)
        )
        if not found.problems:
            return found
        for path in found.faulty:
            self.hollow.update(_above(node, path))
        again = check(_pruned(node, found.faulty))
        if again.problems:
            self.complete = False
        return again

    def _kinds_checks(self, spec: Spec) -> list[Diagnostic]:
        found = []
        for kind in self.files.kinds:
            for each in kind.check(spec):
                if each.position in self.hollow:
                    continue  # an echo of what is reported already
                text = each.text or (self.files.line(each.position) if each.position else "")
                found.append(replace(each, text=text))
        return found


def _timeouts(head: EnvironmentHead) -> dict[str, float]:
    if not head.timeouts:
        return {}
    said = head.timeouts.model_dump(exclude_unset=True, by_alias=True)
    return {name: duration_seconds(time) for name, time in said.items()}


def _healing(head: EnvironmentHead) -> Healing | None:
    if not head.declared("heal") or head.heal is None:
        return None
    return Healing(
        frozenset(head.heal.classes),
        60.0 * (head.heal.after_minutes if head.heal.declared("after_minutes") else 60),
        head.heal.most if head.heal.declared("most") else 5,
    )


def _is_set(position: Position | None) -> bool:
    return position is not None and position.file.startswith("--set ")


def _above(node: Node, path: Steps) -> Iterator[Position]:
    """The places of everything that holds the value at ``path``."""
    here: Node | None = node
    for step in path:
        if here is None:
            return
        yield here.origin.position
        here = child(here, step)


def _pruned(node: Node, faulty: Sequence[Steps]) -> Node:
    """The tree without the values at these paths."""
    if not faulty or () in faulty:
        return node
    value = node.value
    gone = {path[0] for path in faulty if len(path) == 1}
    deeper: dict[object, list[Steps]] = {}
    for path in faulty:
        if len(path) > 1:
            deeper.setdefault(path[0], []).append(path[1:])
    if isinstance(value, dict):
        return node.with_value(
            {k: _pruned(v, deeper.get(k, ())) for k, v in value.items() if k not in gone}
        )
    if isinstance(value, list):
        kept = [(i, v) for i, v in enumerate(value) if i not in gone]
        return node.with_value([_pruned(v, deeper.get(i, ())) for i, v in kept])
    return node


def _digest(document: object) -> str:
    """A short digest of what the files say, whatever their order and comments."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
