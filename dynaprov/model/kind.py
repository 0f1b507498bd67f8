"""What a kind of resource is: the contract that every file in ``kinds/`` fulfils.

A kind turns a resolved spec into desired states (``declare``), asks AWS for the observed ones
(``observe``), and turns differences into operations (``operations``).  The first and the last are
pure.  ``observe`` is a generator: it yields the reads of one round trip and is sent their answers,
so that it needs no threads and every kind's reads run side by side; equal reads of several kinds
are sent once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from dynaprov.model.address import Address
from dynaprov.model.change import Change, Tolerated, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.operation import Operation, Wait
from dynaprov.model.permission import Condition, Permission
from dynaprov.model.ports import Answer, Call, Read, ServiceError, first_untold
from dynaprov.model.setting import Severity, State
from dynaprov.model.source import Origin

if TYPE_CHECKING:
    from dynaprov.model.spec import Spec

#: The reads of one round trip go out, their answers come back in the same order.
Observation = Generator[Sequence[Read], Sequence[Answer], "list[Reading]"]
#: The same for a look after one call.
Looking = Generator[Sequence[Read], Sequence[Answer], "Sighting"]


class Presence(StrEnum):
    """Three different things that must never be mixed up."""

    PRESENT = "present"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


class Standing(StrEnum):
    """How far what is waited for has come."""

    AT_WORK = "at work"  # AWS is changing it
    AT_REST = "at rest"  # nothing is under way, and what was changed does not show (yet)
    THERE = "there"  # it is as it is waited for; before a call: the call is due
    ALREADY = "already"  # before a call: it has been made, by whomever; what comes of it is awaited
    NEEDLESS = "needless"  # before a call: neither the call nor its waits are needed any more
    NEVER = "never"  # waiting longer changes nothing


@dataclass(frozen=True, slots=True)
class Progress:
    """What an answer shows of something that is waited for; ``detail`` says it in words."""

    standing: Standing
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a spec is applied; names and ARN patterns are computed from this alone."""

    project: str
    environment: str
    account: str
    region: str
    partition: str = "aws"

    @property
    def prefix(self) -> str:
        """What every physical name begins with: ``<project>-<environment>``."""
        return f"{self.project}-{self.environment}"

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """An ARN in this account; ``region=""`` for services that are global."""
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{where}:{self.account}:{resource}"

    def table_name(self, table: str) -> str:
        """The physical name of a table of the spec."""
        return f"{self.prefix}-{table}"

    def table_arn(self, table: str) -> str:
        """The ARN of a table of the spec."""
        return self.arn("dynamodb", f"table/{self.table_name(table)}")


@dataclass(frozen=True, slots=True)
class Desired:
    """One resource as the spec wants it.

    Attributes:
        name: the physical name.
        state: the declared settings (``model_fields_set`` says which).
        arn: where it can be computed from names; tags need it.
        tags: declared tags (a value of ``None``: explicitly none); ``None`` where the resource has
            no tags.  dynaprov's identity tags are added by the planner, not here.
        requires: addresses that must exist before this one can be created.
        parent: the resource that this one is a part of (``ttl`` of a table); it goes with its
            parent, and its stamp stands there.
        stamp_group: a code for which all settings of all resources with the same parent and group
            share one stamp entry (scaling of a table).  Empty: each setting has its own entry.
        origins: where settings were written, by path; ``""`` is the resource itself.
        creation: values that only a creating call uses and nobody compares, by a key of the kind's
            own (the capacity that an autoscaled table begins with).
    """

    address: Address
    kind: str
    name: str
    state: State
    arn: str = ""
    tags: Mapping[str, str | None] | None = None
    requires: tuple[Address, ...] = ()
    parent: Address | None = None
    stamp_group: str = ""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    creation: Mapping[str, Any] = field(default_factory=dict)

    def origin(self, path: str) -> Origin | None:
        """Where the setting at ``path`` was written: its own place or the nearest one above."""
        while path:
            if path in self.origins:
                return self.origins[path]
            path = path.rpartition(".")[0]
        return self.origins.get("")


@dataclass(frozen=True, slots=True)
class Reading:
    """One resource as AWS reports it.

    Attributes:
        state: every setting that was read, normalised like the desired one; ``None`` unless
            present.
        outputs: values that others refer to (``arn``, ``id``).
        facts: live facts that operations need and nobody compares (the attribute of a live TTL).
        busy: what AWS is still doing with it, in words; empty when it has settled.
        problem: why it is unreadable.
        unreadable: settings that could not be read though the resource could, by path.
        unmanaged: live parts or siblings that no spec names.
        notes: sentences for a reader that need no action.
        tolerated: live values that somebody else owns and has set as they may.
    """

    address: Address
    presence: Presence
    state: State | None = None
    arn: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    busy: str = ""
    problem: ServiceError | None = None
    unreadable: Mapping[str, ServiceError] = field(default_factory=dict)
    unmanaged: tuple[Unmanaged, ...] = ()
    notes: tuple[str, ...] = ()
    tolerated: tuple[Tolerated, ...] = ()

    @classmethod
    def absent(cls, address: Address, **more: Any) -> Reading:
        """The resource does not exist."""
        return cls(address, Presence.ABSENT, **more)

    @classmethod
    def of_error(cls, address: Address, error: ServiceError | None) -> Reading:
        """Absent or unreadable, whichever the error means."""
        if error is None:
            raise ValueError("a reading of an error needs the error")
        if Answer(error=error).absent:
            return cls(address, Presence.ABSENT)
        return cls(address, Presence.UNREADABLE, problem=error)


def unlisted(address: Address, answers: Iterable[Answer]) -> list[Reading]:
    """One unreadable thing at the address where any answer fails to tell what is left over.

    What is not there is not left, and neither is what the endpoint lacks altogether: that gives
    none.  The address is of no resource that a spec declares.
    """
    problem = first_untold(answers)
    return [Reading.of_error(address, problem)] if problem else []


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a look for the effect of a call came to.

    Attributes:
        found: it is there.
        outputs: what the call's answer would have given to others.
        detail: what was found, in words.
        problem: why it could not be told.
    """

    found: bool = False
    outputs: tuple[tuple[str, str], ...] = ()
    detail: str = ""
    problem: ServiceError | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a kind may look at while it makes operations: everything desired and observed.

    ``tags_at_creation`` gives the tags that the creating call of a resource carries: declared,
    identity and the first stamp.  ``tables`` maps every table address to its desired indexes etc.
    through ``desired``.  ``limits`` are the quotas that the spec says.  ``now`` is when AWS was
    looked at: the clocks of budgets count from there.
    """

    scope: Scope
    desired: Mapping[Address, Desired]
    readings: Mapping[Address, Reading]
    creation_tags: Mapping[Address, Mapping[str, str]]
    allowed: frozenset[str] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict)
    now: datetime | None = None

    def tags_at_creation(self, address: Address) -> Mapping[str, str]:
        """The tags for the creating call of the resource at ``address``."""
        return self.creation_tags.get(address, {})

    def reading(self, address: Address) -> Reading:
        """The reading at ``address``; absent where nothing was read."""
        return self.readings.get(address) or Reading.absent(address)


@dataclass(frozen=True, slots=True)
class Tagging:
    """How a service tags its resources; the tags kind makes the calls from this.

    Attributes:
        service: boto3 client name.
        tag, untag: method names.
        resource: parameter that takes the resource's ARN (or id, see ``by``).
        tags: parameter that takes the tags when tagging.
        keys: parameter that takes the keys when untagging.
        key_field, value_field: names inside one tag; empty when tags are a plain mapping.
        listing: method that lists a resource's tags, and ``listed`` the member of its answer.
        lists: parameter of the listing that takes the resource, where it differs.
        by: ``"arn"`` or ``"id"``: which output of the reading names the resource.
        bulk: the type that GetResources uses for it (``"dynamodb:table"``), empty when GetResources
            does not cover it.
    """

    service: str
    tag: str
    untag: str
    resource: str
    tags: str
    keys: str
    key_field: str
    value_field: str
    listing: str
    listed: str
    lists: str = ""
    by: str = "arn"
    bulk: str = ""


@dataclass(frozen=True, slots=True)
class Owned:
    """How a policy names resources of the environment: ARNs, and what else must hold of them."""

    resources: tuple[str, ...]
    conditions: Condition = field(default_factory=dict)


class Kind(ABC):
    """One kind of resource.  See the module docstring; each kind is one file in ``kinds/``.

    Class attributes:
        name: the kind's name, also its part in addresses (``ttl``, ``kms-key``).
        title: for people ("time to live").
        state: the state model, also the source of the JSON Schema and the reference page.
        section: the model of the kind's section in the spec, ``None`` when it has none.
        section_name: the key of that section in a table's or the environment's document.  The table
            kind's section *is* the table's document: its name is empty.
        per_table: the section stands in each table's document; else in the environment's.
        environment_section, environment_section_name: a second section, in the environment's
            document, for a kind that has something per table and something per environment.
        reads, writes: IAM actions of all calls the kind may make.
        behind: IAM actions that no call of the kind is named by, but AWS asks for on the way.
        services: boto3 clients that observing needs.
        observed_apart: each thing is observed by itself, so that what follows the first answer
            about one waits for no answer about another.
        fresh: for an aspect of its parent (ttl, pitr), what a newly made parent has; ``None`` for a
            resource of its own.
        created_whole: whether the creating call carries every declared setting; then the tags of
            that call hold the whole stamp already.
        tagging: how its resources are tagged; ``None`` when they are not.
        stamp_code: prefix of its entries in the stamp, unique among kinds.
        missing: how bad it is when one was applied and is gone.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    state: ClassVar[type[State]]
    section: ClassVar[type[State] | None] = None
    section_name: ClassVar[str] = ""
    per_table: ClassVar[bool] = True
    environment_section: ClassVar[type[State] | None] = None
    environment_section_name: ClassVar[str] = ""
    reads: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = ()
    behind: ClassVar[tuple[str, ...]] = ()
    services: ClassVar[tuple[str, ...]] = ()
    observed_apart: ClassVar[bool] = False
    fresh: ClassVar[State | None] = None
    created_whole: ClassVar[bool] = True
    tagging: ClassVar[Tagging | None] = None
    stamp_code: ClassVar[str] = ""
    missing: ClassVar[Severity] = Severity.MEDIUM

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """Rules across fields and sections that types cannot say.  Pure; runs before any call."""
        return ()

    @abstractmethod
    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """The resources of this kind that the spec declares, with their physical names."""

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """What the calls that the kind may make for this spec need of IAM.  Pure.

        The actions are of ``reads``, ``writes`` and ``behind``, as far as the spec uses them.
        Tagging is not among them: it follows from ``owned``.
        """
        return ()

    def owned(self, spec: Spec, scope: Scope) -> Iterable[Owned]:
        """What the resources that carry tags are called in a policy, where the spec has any."""
        arns = tuple(each.arn for each in self.declare(spec, scope) if each.tags is not None)
        return (Owned(arns),) if arns else ()

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """Reads that need no account id, so that they can start before it is known.

        Only an optimisation: ``observe`` yields the same reads again and gets the same answers.
        ``scope.account`` is empty here.
        """
        return ()

    @abstractmethod
    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """Read all desired resources of this kind, and siblings that nobody named.

        Called once per observation, also with nothing desired: a kind that can tell leftovers of
        its own (by the identity tags) then still looks for them.  Yields nothing to read nothing.
        """

    @abstractmethod
    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """The calls that make the changes of one resource, in order.

        ``changes`` are all changes whose address is the resource's or one of its parts'.  Pure.
        """

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """The calls that delete something unmanaged.  Pure; empty when the kind never does."""
        return []

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """The calls that delete a managed resource; empty when it goes with its parent.  Pure."""
        return []

    def look(self, operation: Operation, call: Call, now: datetime) -> Looking:
        """Look whether a call had its effect, for operations whose ``looks`` says so.

        Args:
            operation: one of this kind's.
            call: its call as it is sent, without references.
            now: the time of day, for what only counts while it is fresh.
        """
        raise NotImplementedError(f"{self.name} looks for nothing")

    def arranged(
        self, operations: Sequence[Operation], situation: Situation
    ) -> Sequence[Operation]:
        """All operations of a plan, those of this kind in the order in which AWS takes them.

        Called once per plan, after selecting; the operations of other kinds stay as they are.
        """
        return operations

    def settled(self, until: str, answer: Answer) -> bool:
        """Whether the answer to a wait's read shows what the wait is for."""
        raise NotImplementedError(f"{self.name} has no waits")

    def progress(self, wait: Wait, answer: Answer) -> Progress:
        """How far what is waited for has come, told by the answer to the wait's read."""
        there = self.settled(wait.until, answer)
        return Progress(Standing.THERE if there else Standing.AT_WORK)

    def gauge(self, wait: Wait, answer: Answer, now: datetime) -> Read | None:
        """A read whose answer says how much of it is done; ``None`` where AWS publishes nothing."""
        return None

    def gauged(self, answer: Answer) -> str:
        """How much is done, in words (``42 %``); empty when the answer does not say."""
        return ""
