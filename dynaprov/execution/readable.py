"""Waiting until applications can read the tables and indexes of a spec, or until all has settled.

Nothing is called: this is for those who come after a run (a pipeline that deploys code).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from dynaprov.execution.ready import Ended, Thing
from dynaprov.kinds.table import KIND
from dynaprov.kinds.table.readiness import readiness
from dynaprov.kinds.table.reading import describe_table
from dynaprov.model.address import Address
from dynaprov.model.awaited import Awaited, Until
from dynaprov.model.kind import Desired, Presence, Progress, Reading, Standing
from dynaprov.model.operation import Wait
from dynaprov.model.plan import Identity, InProgress, NotCompared
from dynaprov.model.ports import Answer
from dynaprov.model.readiness import Readiness

#: For how long a table that does not exist is looked for: a new one may not show at once
#: (DescribeTable, DynamoDB API reference).
DOUBT_SECONDS = 3.0

Wants = Callable[[Address], bool]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables that are waited for; ``wants`` is the selection among them and their indexes."""

    desired: Mapping[Address, Desired]
    wants: Wants
    until: Until

    @classmethod
    def chosen(cls, desired: Iterable[Desired], wants: Wants, until: Until) -> Tables:
        """The tables of which anything at all is wanted."""
        all_ = {each.address: each for each in desired}
        rows = {address: readiness(each, Reading.absent(address)) for address, each in all_.items()}
        wanted = {a: d for a, d in all_.items() if any(wants(row.address) for row in rows[a])}
        return cls(wanted, wants, until)

    def things(self, timeout_seconds: float) -> list[Thing]:
        """What to wait for: one read per table."""
        return [
            Thing(
                address,
                Wait("table", self.until.value, describe_table(each.name), timeout_seconds),
                partial(self._judge, each),
                DOUBT_SECONDS,
            )
            for address, each in self.desired.items()
        ]

    def _judge(self, desired: Desired, answer: Answer) -> Progress:
        reading = KIND.reading(desired, answer)
        if self.until is Until.SETTLED:
            if reading.presence is Presence.UNREADABLE:
                passing = readiness(desired, reading)[0].in_time
                return Progress(Standing.AT_WORK if passing else Standing.NEVER)
            return Progress(Standing.AT_WORK if reading.busy else Standing.THERE, reading.busy)
        rows = self._rows(desired, reading)
        open_ = [row for row in rows if not row.safe_to_deploy]
        if not open_:
            return Progress(Standing.THERE)
        # What never comes is told at once, however much else is on its way.
        lost = next((row for row in open_ if not row.in_time), None)
        if lost is not None:
            return Progress(Standing.NEVER, f"{lost.address}: {lost.reason}")
        return Progress(Standing.AT_WORK, reading.busy or open_[0].reason)

    def _rows(self, desired: Desired, reading: Reading) -> list[Readiness]:
        return [row for row in readiness(desired, reading) if self.wants(row.address)]

    def result(self, identity: Identity, ended: Iterable[Ended], *, interrupted: bool) -> Awaited:
        """How it ended, from the last answers."""
        rows: list[Readiness] = []
        busy: list[InProgress] = []
        unread: list[NotCompared] = []
        seconds = 0.0
        for each in ended:
            desired = self.desired[each.address]
            reading = KIND.reading(desired, each.answer)
            rows += self._rows(desired, reading)
            busy += _in_progress(each, reading)
            if reading.problem is not None:
                unread.append(NotCompared(each.address, "", reading.problem))
            seconds = max(seconds, each.seconds)
        return Awaited(
            identity, self.until, tuple(rows), tuple(busy), tuple(unread), seconds, interrupted
        )


def _in_progress(ended: Ended, reading: Reading) -> Iterator[InProgress]:
    if reading.busy:
        # What was said last has how much of it is done.
        said = ended.progress.detail
        yield InProgress(ended.address, said if said.startswith(reading.busy) else reading.busy)
