"""Reading the live account: who we are, then everything the spec is compared with.

The one stage of planning that touches AWS, and only through ``model.ports.Reader``.  Kinds describe
their reads as generators; this module runs them all side by side, sends equal reads once, and never
waits for one kind before it asks for another.

Critical path: identity and everything that needs no account id go out in the first round trip;
what needs an id or an ARN from an answer goes out in the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from queue import SimpleQueue
from typing import Any

from dynaprov.kinds import KINDS, TAGS
from dynaprov.kinds.identity import identity_tags
from dynaprov.model.address import Address
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Stopped
from dynaprov.model.kind import Desired, Kind, Observation, Presence, Reading, Scope
from dynaprov.model.ports import Answer, ErrorCategory, Read, Reader
from dynaprov.model.spec import Spec
from dynaprov.planning.key_health import describe_key, keys_in_use
from dynaprov.planning.key_users import KeyUsers

_HINTS = {
    ErrorCategory.CREDENTIALS: "give credentials: AWS_PROFILE, `--profile`, or environment "
    "variables; `aws sts get-caller-identity` shows what is found",
    ErrorCategory.UNREACHABLE: "check the network, the proxy and the endpoint URL",
    ErrorCategory.DENIED: "allow sts:GetCallerIdentity to this identity",
}

IDENTITY = Read("sts", "get_caller_identity")


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that was declared and everything that was read.

    ``desired`` and ``readings`` have the same addresses, but for readings of leftovers that nobody
    declared.  The wanted tags of each live resource are in ``desired`` too, at ``<address>/tags``.
    ``now`` is when it was looked at.  ``keys`` are the answers about keys under live tables that
    the environment's own key is not; ``key_users`` what needs a key that a plan would retire.
    """

    spec: Spec
    scope: Scope
    caller: str
    desired: Mapping[Address, Desired]
    readings: Mapping[Address, Reading]
    now: datetime | None = None
    keys: Mapping[str, Answer] = field(default_factory=dict)
    key_users: Mapping[str, KeyUsers] = field(default_factory=dict)


class Questions:
    """The reads of one observation: each different question is asked once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._asked: dict[Read, Future[Answer]] = {}

    def ask(self, read: Read) -> Future[Answer]:
        """The answer to come; asks only what was not asked before."""
        if read not in self._asked:
            self._asked[read] = self._reader.submit(read)
        return self._asked[read]


def observe(
    spec: Spec,
    reader: Reader,
    check_account: Callable[[str, str], None],
    *,
    region: str = "",
    now: datetime | None = None,
) -> Observed:
    """Read all that the spec declares.

    Args:
        spec: the resolved spec.
        reader: the way to AWS.
        check_account: called with account and region before anything but the first reads is
            looked at; raises ``Refused`` when they are not the ones that the spec is pinned to.
        region: the region that is asked; the spec's when empty.
        now: the time of day, from which the clocks of budgets count.

    Raises:
        Stopped: when the identity cannot be read (credentials, network).
    """
    questions = Questions(reader)
    where = region or spec.region
    asking = questions.ask(IDENTITY)
    unknown = Scope(spec.project, spec.environment, "", where)
    reader.prepare(_services(spec))
    first = [read for kind in (TAGS, *KINDS) for read in kind.first_reads(spec, unknown)]
    # Listings come page after page, so they take longest and begin before everything else.
    for read in sorted(first, key=lambda read: not read.pages):
        questions.ask(read)
    scope, caller = _identify(asking.result(), unknown)
    check_account(scope.account, scope.region)
    declared = {kind.name: list(kind.declare(spec, scope)) for kind in KINDS}
    desired = {each.address: each for group in declared.values() for each in group}
    readings = _read_all([(kind, declared[kind.name]) for kind in KINDS], spec, scope, questions)
    keys = {arn: questions.ask(describe_key(arn)) for arn in keys_in_use(readings)}
    tagged = _wanted_tags(spec, scope, desired, readings)
    readings.update(_read_all([(TAGS, tagged)], spec, scope, questions))
    desired.update({each.address: each for each in tagged})
    states = {arn: future.result() for arn, future in keys.items()}
    return Observed(spec, scope, caller, desired, readings, now, states)


def identify(
    spec: Spec, reader: Reader, check_account: Callable[[str, str], None], *, region: str = ""
) -> tuple[Scope, str]:
    """Only where we are and who, for what reads nothing else with ``observe``.

    The arguments are those of ``observe``, and so is what it raises.
    """
    unknown = Scope(spec.project, spec.environment, "", region or spec.region)
    scope, caller = _identify(reader.submit(IDENTITY).result(), unknown)
    check_account(scope.account, scope.region)
    return scope, caller


def _services(spec: Spec) -> tuple[str, ...]:
    """The services that the sections of the spec will need, the busiest first."""
    used = [kind for kind in KINDS if kind.section_name in _sections(spec)]
    return tuple(dict.fromkeys(s for kind in (TAGS, *used) for s in kind.services))


def _sections(spec: Spec) -> frozenset[str]:
    return frozenset(spec.sections).union(*(table.sections for table in spec.tables.values()))


def _identify(answer: Answer, scope: Scope) -> tuple[Scope, str]:
    if answer.error:
        raise Stopped(
            Diagnostic(
                "DP201",
                "cannot tell which account this is",
                str(answer.error),
                _HINTS.get(answer.error.category, "`aws sts get-caller-identity` asks the same"),
            )
        )
    arn = str(answer.value.get("Arn", ""))
    partition = arn.split(":")[1] if arn.count(":") > 1 else "aws"
    return replace(scope, account=str(answer.value["Account"]), partition=partition), arn


def _wanted_tags(
    spec: Spec,
    scope: Scope,
    desired: Mapping[Address, Desired],
    readings: Mapping[Address, Reading],
) -> list[Desired]:
    """The tags wanted of every taggable resource that exists."""
    wanted = []
    for each in desired.values():
        reading = readings.get(each.address)
        if each.tags is None or reading is None or reading.presence is not Presence.PRESENT:
            continue
        if each.kind not in TAGS.taggings:
            continue
        tags = {**each.tags, **identity_tags(scope, each.address)}
        wanted.append(TAGS.wanted(each, reading, tags))
    return wanted


@dataclass(slots=True)
class _Running:
    """One kind's observation under way: what it waits for and what it said in the end."""

    generator: Observation
    answers: list[Answer | None] = field(default_factory=list)
    missing: int = 0


def _read_all(
    work: Sequence[tuple[Kind, Sequence[Desired]]], spec: Spec, scope: Scope, questions: Questions
) -> dict[Address, Reading]:
    """Run the observations of several kinds side by side."""
    found: dict[Address, Reading] = {}
    arrived: SimpleQueue[tuple[_Running, int, Future[Answer]]] = SimpleQueue()
    under_way = 0
    for kind, desired in work:
        groups = [[each] for each in desired] if kind.observed_apart else [desired]
        for group in groups:
            running = _Running(kind.observe(group, spec, scope))
            under_way += _advance(running, None, questions, arrived, found)
    while under_way:
        running, position, future = arrived.get()
        running.answers[position] = future.result()
        running.missing -= 1
        if not running.missing:
            answers = [answer for answer in running.answers if answer is not None]
            under_way -= 1
            under_way += _advance(running, answers, questions, arrived, found)
    return found


def _advance(
    running: _Running,
    answers: list[Answer] | None,
    questions: Questions,
    arrived: SimpleQueue[tuple[_Running, int, Future[Answer]]],
    found: dict[Address, Reading],
) -> int:
    """Send the answers in; 1 while the observation goes on, 0 when it has ended."""
    try:
        reads = next(running.generator) if answers is None else running.generator.send(answers)
        while not reads:
            reads = running.generator.send([])
    except StopIteration as end:
        found.update({reading.address: reading for reading in end.value})
        return 0
    running.answers = [None] * len(reads)
    running.missing = len(reads)
    for position, read in enumerate(reads):
        questions.ask(read).add_done_callback(_announce(running, position, arrived))
    return 1


def _announce(
    running: _Running, position: int, arrived: SimpleQueue[Any]
) -> Callable[[Future[Answer]], None]:
    def done(future: Future[Answer]) -> None:
        arrived.put((running, position, future))

    return done


def all_reads(kinds: Iterable[Kind] = (*KINDS, TAGS)) -> frozenset[str]:
    """The IAM actions that an observation may need."""
    return frozenset(action for kind in kinds for action in kind.reads)
