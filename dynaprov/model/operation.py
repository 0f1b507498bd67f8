"""Operations: one API call each, with its order, lock, waits and meaning, as plain data.

An operation says everything that the executor, the reports and the approval need; nothing is
decided again at run time except what the live state decides (already so, busy, deferred).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dynaprov.model.address import Address
from dynaprov.model.ports import Call, Read


class Risk(StrEnum):
    """How much an operation can hurt."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for harmless."""
        return list(Risk).index(self)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an operation means to a person, in plain words (one short phrase each, may be empty).

    Attributes:
        impact: what readers and writers notice ("online: reads and writes go on").
        undo: how to take it back ("reversible: apply the old value").
        takes: how long, and on what that rests ("2-6 s; measured by others, not yet run on AWS").
        watch: what to look at meanwhile.
    """

    impact: str = ""
    undo: str = ""
    takes: str = ""
    watch: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """An error that means "it is already so": a code and a text that its message contains."""

    code: str
    text: str = ""


class Looks(StrEnum):
    """When the kind is asked whether a call has had its effect already (``Kind.look``)."""

    NEVER = "never"
    LOST = "lost"  # after an answer that was lost, before the call is sent again
    FIRST = "first"  # before the first sending too: an interrupted run may have made the call


@dataclass(frozen=True, slots=True)
class Wait:
    """What to wait for after a call: repeat ``read`` until the kind's ``settled(until, ...)``."""

    kind: str
    until: str
    read: Read
    timeout_seconds: float = 1800.0


@dataclass(frozen=True, slots=True)
class Operation:
    """One mutating call of a plan.

    Attributes:
        id: unique in the plan and stable: ``<address>:<verb>``.
        needs: ids that must have succeeded or settled first; their failure skips this one.
        after: ids that must have ended first, however they ended.
        lock: operations with the same lock never run at the same time (the table's name).
        covers: setting paths (relative to ``address``) that the call writes; ``("",)`` means the
            whole resource.  Decides which stamp entries a success renews.
        outputs: what the answer gives to others: (name, dotted path), e.g.
            ``(("arn", "KeyMetadata.Arn"),)``.
        creates, deletes: the call makes or removes the resource at ``address``.
        readies: the resource exists, but what requires it has to wait for this call (a key that is
            enabled again).
        repeatable: ``False`` where repeating after a lost answer could make a duplicate
            (CreateKey); then, unless a look finds what it made, a lost answer ends as unknown and
            the next run adopts what is there.
        looks: when its kind looks for the effect of the call instead of sending it.
        stamp: this is the tag call that renews the stamp; the executor writes only the entries
            whose operations went well.
    """

    id: str
    address: Address
    kind: str
    title: str
    call: Call
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    lock: str = ""
    waits: tuple[Wait, ...] = ()
    settled_by: tuple[Settled, ...] = ()
    covers: tuple[str, ...] = ("",)
    outputs: tuple[tuple[str, str], ...] = ()
    creates: bool = False
    deletes: bool = False
    readies: bool = False
    repeatable: bool = True
    looks: Looks = Looks.NEVER
    stamp: StampWrite | None = None
    risk: Risk = Risk.LOW
    meaning: Meaning = Meaning()
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class StampWrite:
    """The entries of a stamp call: what stands, and what each operation's success adds.

    ``kept`` are entries that hold whatever happens; ``earned`` are (code, digest, operation ids):
    written when every one of the ids succeeded or settled, else the ``previous`` entry of that
    code stays (if there was one).
    """

    kept: tuple[tuple[str, str], ...] = ()
    earned: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    previous: tuple[tuple[str, str], ...] = ()
