"""What checks remember and whom they tell, as the command line asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dynaprov.model.delivery import Delivery
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem

if TYPE_CHECKING:
    from dynaprov.cli.checking import Wanted
    from dynaprov.cli.invocation import Invocation
    from dynaprov.model.delivery import Deliverer
    from dynaprov.model.finding import Check, Memory
    from dynaprov.model.plan import Identity
    from dynaprov.watch.history import Place
    from dynaprov.watch.notice import Notice, Policy


@dataclass(slots=True)
class Told:
    """A check on its way to people: its document, itself, and what it was handed."""

    document: dict[str, Any]
    check: Check
    memory: Memory | None


class Desk:
    """The deliveries of one invocation, and what became of each.

    Args:
        invocation: options and stages.
        wanted: what was asked.
        place: where histories are kept, if anywhere.
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
        self._unread: list[Delivery] = []

    @classmethod
    def of(cls, invocation: Invocation, wanted: Wanted, region: str) -> Desk:
        """The desk, before anything is looked at.

        Raises:
            UsageProblem: when ``--history`` names nothing that there can be.
        """
        from dynaprov.watch.delivering import targets_of
        from dynaprov.watch.history import place_of

        targets = targets_of(wanted.channels(), wanted.history)
        deliverer = invocation.stages.deliverer(invocation.options, region, targets)
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
            self._unread.append(Delivery(self._wanted.history, "history read", str(problem)))
            return None

    def deliver(self, checks: Sequence[Told]) -> None:
        """Tell people in one message, put metrics, keep histories; whatever becomes of each.

        Notes in every document what people are told (``notice``), what became of the deliveries,
        and in its ``memory`` that they were told.
        """
        from dynaprov.report.message import notice_document
        from dynaprov.watch.delivering import measure
        from dynaprov.watch.notice import notice

        policy = self._policy()
        notices = [notice(each.check, policy) for each in checks]
        for each, given in zip(checks, notices, strict=True):
            each.document["notice"] = notice_document(
                [one.finding.id for one in given.news],
                given.resolved,
                [one.finding.id for one in given.reminders],
                given.held,
            )
        sent = [*self._unread, *self._tell(checks, notices)]
        for each in checks:
            done = [*sent, *measure(each.document, self._channels, self._deliverer)]
            each.document["deliveries"] = _documents([*done, *self._keep(each)])

    def _tell(self, checks: Sequence[Told], notices: Sequence[Notice]) -> list[Delivery]:
        from dynaprov.report.memory import memory_document
        from dynaprov.watch.check import handed_on
        from dynaprov.watch.delivering import tell
        from dynaprov.watch.notice import told
        from dynaprov.watch.webhook import HttpPoster

        worth = [
            each
            for each, given in zip(checks, notices, strict=True)
            if not given.is_empty or _healed(each.document)
        ]
        if not self._channels.tells or not worth:
            return []
        documents, clock = [each.document for each in worth], self._invocation.stages.clock
        sent = list(tell(documents, self._channels, self._deliverer, HttpPoster(), clock))
        if any(not each.error for each in sent):
            for each, given in zip(checks, notices, strict=True):
                each.check = told(each.check, given)
                kept = handed_on(each.check, each.memory)
                each.document["memory"] = memory_document(kept, each.check.plan.identity)
        return sent

    def _keep(self, each: Told) -> Iterable[Delivery]:
        from dynaprov.watch.history import HistoryProblem

        if self._place is not None:
            error = ""
            try:
                self._place.keep(each.check.plan.identity, each.document)
            except HistoryProblem as problem:
                error = str(problem)
            yield Delivery(self._wanted.history, "history", error)

    def _policy(self) -> Policy:
        from dynaprov.model.setting import Severity
        from dynaprov.watch.notice import Policy

        wanted = self._wanted
        severities = {each.value: each for each in Severity}
        return Policy(
            least=severities.get(wanted.fail_on, Severity.LOW),
            remind_after=timedelta(days=wanted.remind_after) if wanted.remind_after else None,
            quiet=wanted.quiet_hours,
        )


def _healed(document: dict[str, Any]) -> bool:
    heal = document["heal"]
    return bool(heal and (heal["healed"] or heal["failed"]))


def _documents(done: Iterable[Delivery]) -> list[dict[str, str]]:
    return [{"to": each.to, "what": each.what, "error": each.error} for each in done]
