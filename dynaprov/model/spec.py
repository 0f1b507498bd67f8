"""The resolved spec of one environment: what the layers of the YAML files add up to.

Made by ``spec/``, read by the kinds.  Sections are validated models; a missing section is
undeclared, a section that is ``None`` is explicitly none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from dynaprov.model.setting import State
from dynaprov.model.source import Origin

S = TypeVar("S", bound=State)


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table's resolved document.  ``sections[""]`` is the table kind's own section."""

    name: str
    sections: Mapping[str, State | None]
    origins: Mapping[str, Origin] = field(default_factory=dict)
    retention_days: int | None = None
    description: str = ""

    def section(self, name: str, model: type[S]) -> S | None:
        """The section, or ``None`` when it is undeclared *or* explicitly none."""
        return cast("S | None", self.sections.get(name))

    def is_none(self, name: str) -> bool:
        """Whether the section is explicitly none."""
        return name in self.sections and self.sections[name] is None

    def origins_below(self, path: str) -> dict[str, Origin]:
        """Origins of everything below a section, keyed relative to it (see ``Spec``)."""
        return origins_below(self.origins, path)


@dataclass(frozen=True, slots=True)
class LeasePlace:
    """The table that holds the lease of an environment.

    Attributes:
        table: its name in the spec.
        key: name of its partition key, a string.
        seconds: for how long a lease holds that is not renewed.
        ttl: attribute of the table's time to live, empty where it has none.
    """

    table: str
    key: str
    seconds: int
    ttl: str = ""


@dataclass(frozen=True, slots=True)
class Healing:
    """What a drift check may put right by itself.

    Attributes:
        classes: names of the safe classes (``watch.heal``).
        after_seconds: how long a finding must have stood.
        most: most findings that one check puts right.
    """

    classes: frozenset[str]
    after_seconds: float = 3600.0
    most: int = 5


@dataclass(frozen=True, slots=True)
class Spec:
    """One environment's resolved document.

    Attributes:
        inputs: the top-level inputs (``billing_mode``, ``enable_streams``, ...) after layering, for
            ``outputs`` and for people; their effect on tables is already in the tables' sections.
        tags: tags for every taggable resource.
        sections: the environment's sections by name (``kms_key``, ``topic``, ...).
        origins: where each value was written, by dotted path in the resolved document
            (``tables.log-metadata.ttl.attribute``).
        account: the account id that the environment is pinned to; empty when it is not.
        limits: the account's quotas and the limits of one plan, by name.
        rates: calls a second that the account is allowed, by IAM action, where that is not what
            AWS documents.
        stamp: whether resources carry the stamp of what was last applied.
        lease: the table that holds the lease, where the files name one.
        healing: what a drift check may put right by itself, where the files name anything.
        allow_destroy: whether the environment's files allow ``destroy``.
        timeouts: seconds by row of ``model.timeouts``.
    """

    project: str
    environment: str
    region: str
    account: str = ""
    tags: Mapping[str, str | None] = field(default_factory=dict)
    inputs: Mapping[str, object] = field(default_factory=dict)
    sections: Mapping[str, State | None] = field(default_factory=dict)
    tables: Mapping[str, TableSpec] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    stamp: bool = True
    lease: LeasePlace | None = None
    healing: Healing | None = None
    allow_destroy: bool = False
    revision: str = ""
    timeouts: Mapping[str, float] = field(default_factory=dict)

    def section(self, name: str, model: type[S]) -> S | None:
        """The section, or ``None`` when it is undeclared *or* explicitly none."""
        return cast("S | None", self.sections.get(name))

    def is_none(self, name: str) -> bool:
        """Whether the section is explicitly none."""
        return name in self.sections and self.sections[name] is None

    def origins_below(self, path: str) -> dict[str, Origin]:
        """Origins of everything below ``path``, keyed relative to it (``""`` is itself)."""
        return origins_below(self.origins, path)


def origins_below(origins: Mapping[str, Origin], path: str) -> dict[str, Origin]:
    """The origins below ``path``, keyed relative to it; ``""`` is the path itself."""
    if not path:
        return dict(origins)
    prefix = path + "."
    found = {p[len(prefix) :]: o for p, o in origins.items() if p.startswith(prefix)}
    if path in origins:
        found[""] = origins[path]
    return found
