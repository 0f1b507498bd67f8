"""What a check remembers and whom it tells, as the command line asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dynaprov.model.delivery import Delivery
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem

if TYPE_CHECKING:
    from dynaprov.cli.door import Door
    from dynaprov.cli.drifting import Wanted
    from dynaprov.cli.invocation import Invocation
    from dynaprov.model.delivery import Deliverer
    from dynaprov.model.finding import Check, Memory
    from dynaprov.model.plan import Identity
    from dynaprov.watch.history import Place


class Desk:
    """The deliveries of one check, and what became of each.

    Args:
        invocation: options and stages.
        wanted: what the check was asked.
        place: where its history is kept, if anywhere.
        deliverer: the door of deliveries.
    """

    def __init__(
        self,
        invocation: Invocation,
        wanted: Wanted,
        place: Place | None,
        deliverer: Deliverer,
    ) -> None:
        self._invocation = invocation
        self._wanted = wanted
        self._channels = wanted.channels()
        self._place = place
        self._deliverer = deliverer
        self._done: list[Delivery] = []

    @classmethod
    def of(cls, invocation: Invocation, wanted: Wanted, door: Door) -> Desk:
        """The desk of a check, before anything is looked at.

        Raises:
            UsageProblem: when ``--history`` names nothing that there can be.
        """
        from dynaprov.watch.delivering import targets_of
        from dynaprov.watch.history import place_of

        targets = targets_of(wanted.channels(), wanted.history)
        deliverer = invocation.stages.deliverer(invocation.options, door, targets)
        try:
            place = place_of(wanted.history, deliverer) if wanted.history else None
        except ValueError as problem:
            raise UsageProblem(
                Diagnostic(
                    "DP522",
                    "the history is nowhere that it could be",
                    str(problem),
                    "name a directory, s3://BUCKET/PREFIX or ssm:/NAME",
                )
            ) from problem
        return cls(invocation, wanted, place, deliverer)

    def recall(self, identity: Identity) -> Memory | None:
        """What the last check handed on; when that cannot be told, everything is new."""
        from dynaprov.report.memory import memory_from_document
        from dynaprov.watch.history import HistoryProblem

        if self._place is None:
            return None
        try:
            kept = self._place.recall(identity)
            return memory_from_document(kept, identity) if kept is not None else None
        except (HistoryProblem, ValueError) as problem:
            self._done.append(Delivery(self._wanted.history, "history read", str(problem)))
            return None

    def deliver(self, document: dict[str, Any], check: Check, memory: Memory | None) -> None:
        """Tell people, put metrics, and keep the history; all of it, whatever becomes of each.

        What people were told is noted in the ``memory`` of the document.
        """
        from dynaprov.report.memory import memory_document
        from dynaprov.report.message import notice_document
        from dynaprov.watch.check import handed_on
        from dynaprov.watch.delivering import measure, tell
        from dynaprov.watch.history import HistoryProblem
        from dynaprov.watch.notice import notice, told
        from dynaprov.watch.webhook import HttpPoster

        given = notice(check, self._policy())
        document["notice"] = notice_document(
            [each.finding.id for each in given.news],
            given.resolved,
            [each.finding.id for each in given.reminders],
            given.held,
        )
        healed = document["heal"] or {"healed": (), "failed": ()}
        anything = not given.is_empty or healed["healed"] or healed["failed"]
        if self._channels.tells and anything:
            clock = self._invocation.stages.clock
            sent = [
                *tell(document, self._channels, self._deliverer, HttpPoster(), clock),
            ]
            self._done += sent
            if any(not each.error for each in sent):
                check = told(check, given)
                kept = handed_on(check, memory)
                document["memory"] = memory_document(kept, check.plan.identity)
        self._done += measure(document, self._channels, self._deliverer)
        if self._place is not None:
            error = ""
            try:
                self._place.keep(check.plan.identity, document)
            except HistoryProblem as problem:
                error = str(problem)
            self._done.append(Delivery(self._wanted.history, "history", error))

    def document(self) -> list[dict[str, str]]:
        """What became of each delivery, as a member of the document."""
        return _documents(self._done)

    def _policy(self) -> Any:
        from dynaprov.model.setting import Severity
        from dynaprov.watch.notice import Policy

        wanted = self._wanted
        severities = {each.value: each for each in Severity}
        return Policy(
            least=severities.get(wanted.fail_on, Severity.LOW),
            remind_after=timedelta(days=wanted.remind_after) if wanted.remind_after else None,
            quiet=wanted.quiet_hours,
        )


def _documents(done: Iterable[Delivery]) -> list[dict[str, str]]:
    return [{"to": each.to, "what": each.what, "error": each.error} for each in done]
