"""Operations: one API call each, with its order, lock, waits and meaning, as plain data.

An operation says everything that the executor, the reports and the approval need; nothing is
decided again at run time except what the live state decides (already so, busy, deferred).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Ref


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
    """What to wait for: repeat ``read`` until the kind's ``progress`` says that it is there.

    Attributes:
        kind: judges the answers.
        until: what is waited for, in words for people and for the kind.
        timeout_seconds: for how long.
        timeout: the row of ``model.timeouts.TIMEOUTS`` that says for how long; empty: none does.
        facts: what the kind needs to judge the answers, as JSON values.
    """

    kind: str
    until: str
    read: Read
    timeout_seconds: float = 1800.0
    timeout: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Seen(StrEnum):
    """How much of a budget AWS shows."""

    COUNT = "count"  # how many were used
    LAST = "last"  # only when the last one was: what is used is the least that it can be
    NOTHING = "nothing"  # neither: whether one is left shows only when it is tried


@dataclass(frozen=True, slots=True)
class Budget:
    """One of what AWS takes only so often, which an operation spends.

    Attributes:
        name: which budget, in one stable word (``capacity-decrease``).
        of: what it is counted for, a printed address.
        what: what is counted, in words ("decreases of provisioned capacity").
        rule: AWS's rule in words.
        limit: how many AWS takes in ``window_seconds`` before anything else of the rule counts.
        seen: how much of it AWS shows.
        used: how many were used in the window, as far as that can be seen.
        left: how many AWS takes now; ``None`` where that cannot be seen.
        free_at: when it takes the next one, where that is known; with ``Seen.LAST`` at the latest.
    """

    name: str
    of: str
    what: str
    rule: str
    limit: int
    window_seconds: int
    seen: Seen
    used: int | None = None
    left: int | None = None
    free_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Concession:
    """What becomes of a call with which somebody else was faster (an error of category EXISTS).

    What stands there is taken in place of what this run made for it, and that is taken back.

    Attributes:
        what: what both wanted to make, in words.
        ours: identifies what this run made, or found, for it.
        winner: reads what stands there now.
        outputs: what the answer to that gives to others: (name, dotted path).
        identity: the name among these that is compared with ``ours``.
        withdraw: takes back what this run made; ``None`` where it made nothing: then the operation
            fails, since ours and theirs are different things that others may use already.
        unless: reads whose answers must not name ours; what they name is in use and is kept.
    """

    what: str
    ours: str | Ref
    winner: Read
    outputs: tuple[tuple[str, str], ...]
    identity: str
    withdraw: Call | None = None
    unless: tuple[Read, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One mutating call of a plan.

    Attributes:
        id: unique in the plan and stable: ``<address>:<verb>``.
        needs: ids that must have succeeded or settled first; their failure skips this one.
        after: ids that must have ended first, however they ended.
        lock: operations with the same lock never run at the same time (the table's name).
        look: what is looked at before each attempt: whether the call is due now, must wait for
            something that is under way, or is not needed any more.
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
        concession: what to do when somebody else was faster; without one, a creation that somebody
            else was faster with is settled.
        looks: when its kind looks for the effect of the call instead of sending it.
        stamp: this is the tag call that renews the stamp; the executor writes only the entries
            whose operations went well.
        not_before: AWS does not take the call earlier; until then it is deferred, and so is what
            needs it.
        budgets: what the call spends of what AWS takes only so often.
    """

    id: str
    address: Address
    kind: str
    title: str
    call: Call
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    lock: str = ""
    look: Wait | None = None
    waits: tuple[Wait, ...] = ()
    settled_by: tuple[Settled, ...] = ()
    covers: tuple[str, ...] = ("",)
    outputs: tuple[tuple[str, str], ...] = ()
    creates: bool = False
    deletes: bool = False
    readies: bool = False
    repeatable: bool = True
    concession: Concession | None = None
    looks: Looks = Looks.NEVER
    stamp: StampWrite | None = None
    risk: Risk = Risk.LOW
    meaning: Meaning = Meaning()
    not_before: datetime | None = None
    budgets: tuple[Budget, ...] = ()

    def writes(self, address: Address, path: str) -> bool:
        """Whether the call writes a setting, or a part of it (an empty path: of anything there).

        ``address`` is the resource's own or that of one of its parts: what an operation of a table
        covers at ``indexes.ByDate.capacity`` is ``capacity`` of the index ``ByDate``.
        """
        if address == self.address:
            return any(_overlap(cover, path) for cover in self.covers)
        if address.table != self.address.table or self.address.part or not address.name:
            return False
        below = f"{address.name}.{path}" if path else address.name
        return any(
            not cover or _overlap(inner, below)
            for cover in self.covers
            for word, _, inner in (cover.partition("."),)
            # The setting is called by the plural of the address part.
            if not cover or (inner and word.replace("_", "-").startswith(address.part))
        )


def _overlap(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return not shorter or one == other or longer.startswith(shorter + ".")


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
