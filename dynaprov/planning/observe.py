"""Reading the live account: who we are, then everything the spec is compared with.

The one stage of planning that touches AWS, and only through ``model.ports.Reader``.  Kinds describe
their reads as generators; this module runs them all side by side, sends equal reads once, and never
waits for one kind before it asks for another.

An answer that a kind cannot understand (a member missing, a value of a type that AWS does not
document) costs the comparison of what it is about, and nothing else: see ``_misunderstood``.

Critical path: identity and everything that needs no account id go out in the first round trip;
what needs an id or an ARN from an answer goes out in the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from typing import Any

from dynaprov.kinds import KINDS, TAGS
from dynaprov.kinds.identity import identity_tags
from dynaprov.model.address import Address
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import DynaprovError, Stopped
from dynaprov.model.kind import Desired, Kind, Observation, Presence, Reading, Scope
from dynaprov.model.ports import Answer, ErrorCategory, Read, Reader, ServiceError, api_name
from dynaprov.model.spec import Spec
from dynaprov.planning.causes import Stamped, stamps
from dynaprov.planning.credentials import RENEW, still_good
from dynaprov.planning.key_health import describe_key, keys_in_use
from dynaprov.planning.key_users import KeyUsers

_HINTS = {
    ErrorCategory.CREDENTIALS: "give credentials: AWS_PROFILE, `--profile`, or environment "
    "variables; `aws sts get-caller-identity` shows what is found",
    ErrorCategory.UNREACHABLE: "check the network, the proxy and the endpoint URL",
    ErrorCategory.DENIED: "allow sts:GetCallerIdentity to this identity",
}

#: How the SDK and the services say that credentials were good once.
_EXPIRED = ("expired", "refresh")

IDENTITY = Read("sts", "get_caller_identity")

#: What stands for the account where an endpoint other than AWS's knows no accounts; DynamoDB Local
#: puts it into its ARNs.
NO_ACCOUNT = "000000000000"


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that was declared and everything that was read.

    ``desired`` and ``readings`` have the same addresses, but for readings of leftovers that nobody
    declared.  The wanted tags of each live resource are in ``desired`` too, at ``<address>/tags``.
    ``foreign``: something is lacking, and DynamoDB's endpoint is not AWS's own.
    ``now`` is when it was looked at.  ``keys`` are the answers about keys under live tables that
    the environment's own key is not; ``key_users`` what needs a key that a plan would retire.
    ``stamped`` are the stamps of these readings, where they were looked at already.
    """

    spec: Spec
    scope: Scope
    caller: str
    desired: Mapping[Address, Desired]
    readings: Mapping[Address, Reading]
    foreign: bool = False
    now: datetime | None = None
    keys: Mapping[str, Answer] = field(default_factory=dict)
    key_users: Mapping[str, KeyUsers] = field(default_factory=dict)
    stamped: Mapping[Address, Stamped] | None = None


class Questions:
    """The reads of one observation: each different question is asked once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._asked: dict[Read, Future[Answer]] = {}

    def asked(self, read: Read) -> bool:
        """Whether it was asked before."""
        return read in self._asked

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
        Stopped: when the identity cannot be read (credentials, network), or the credentials end
            while the rest is.
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
    scope, caller = identified(asking.result(), unknown, reader)
    check_account(scope.account, scope.region)
    declared = {kind.name: list(kind.declare(spec, scope)) for kind in KINDS}
    desired = {each.address: each for group in declared.values() for each in group}
    readings = _read_all([(kind, declared[kind.name]) for kind in KINDS], spec, scope, questions)
    keys = {arn: questions.ask(describe_key(arn)) for arn in keys_in_use(readings)}
    tagged = _wanted_tags(spec, scope, desired, readings)
    readings.update(_read_all([(TAGS, tagged)], spec, scope, questions))
    desired.update({each.address: each for each in tagged})
    stamped = None
    if spec.stamp and tagged:
        stamped = stamps(desired, readings)
        if confirmed := _confirmed(tagged, stamped, readings, questions):
            readings.update(confirmed)
            stamped = stamps(desired, readings)
    foreign = _lacks_something(readings) and bool(reader.endpoint("dynamodb"))
    states = {arn: still_good(future.result()) for arn, future in keys.items()}
    return Observed(spec, scope, caller, desired, readings, foreign, now, states, stamped=stamped)


def identify(
    spec: Spec, reader: Reader, check_account: Callable[[str, str], None], *, region: str = ""
) -> tuple[Scope, str]:
    """Only where we are and who, for what reads nothing else with ``observe``.

    The arguments are those of ``observe``, and so is what it raises.
    """
    unknown = Scope(spec.project, spec.environment, "", region or spec.region)
    scope, caller = identified(reader.submit(IDENTITY).result(), unknown, reader)
    check_account(scope.account, scope.region)
    return scope, caller


def _services(spec: Spec) -> tuple[str, ...]:
    """The services that the sections of the spec will need, the busiest first."""
    used = [kind for kind in KINDS if kind.section_name in _sections(spec)]
    return tuple(dict.fromkeys(s for kind in (TAGS, *used) for s in kind.services))


def _sections(spec: Spec) -> frozenset[str]:
    return frozenset(spec.sections).union(*(table.sections for table in spec.tables.values()))


def _lacks_something(readings: Mapping[Address, Reading]) -> bool:
    return any(
        reading.problem is not None and reading.problem.category is ErrorCategory.UNSUPPORTED
        for reading in readings.values()
    )


def identified(answer: Answer, scope: Scope, reader: Reader) -> tuple[Scope, str]:
    """The scope with the account that the answer to ``IDENTITY`` tells, and who asked.

    Raises:
        Stopped: when the identity could not be read.
    """
    error = answer.error
    if error:
        lacking = error.category is ErrorCategory.UNSUPPORTED
        if lacking and reader.endpoint("sts") and reader.endpoint("dynamodb"):
            return replace(scope, account=NO_ACCOUNT), ""
        hint = _HINTS.get(error.category, "`aws sts get-caller-identity` asks the same")
        if error.category is ErrorCategory.CREDENTIALS and _has_expired(error):
            hint = RENEW
        raise _unknown_account(str(error), hint)
    account, arn = answer.value.get("Account"), str(answer.value.get("Arn", ""))
    if not isinstance(account, str) or not account:
        what = "the answer to GetCallerIdentity names no account"
        raise _unknown_account(what, "check the endpoint URL")
    partition = arn.split(":")[1] if arn.count(":") > 1 else "aws"
    return replace(scope, account=account, partition=partition), arn


def _unknown_account(detail: str, hint: str) -> Stopped:
    return Stopped(Diagnostic("DP201", "cannot tell which account this is", detail, hint))


def _has_expired(error: ServiceError) -> bool:
    text = f"{error.code} {error.message}".lower()
    return any(word in text for word in _EXPIRED)


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
        tags = {**each.tags, **identity_tags(scope, each.address)}
        wanted.append(TAGS.wanted(each, reading, tags))
    return wanted


def _confirmed(
    tagged: Sequence[Desired],
    found: Mapping[Address, Stamped],
    readings: Mapping[Address, Reading],
    questions: Questions,
) -> dict[Address, Reading]:
    """The tags whose stamp is not what a finished apply leaves, from the resources' own services.

    The listing over all services lags by seconds to hours, so that right after an apply it shows
    the stamp of the one before, and what is written already would be written again.  Where the
    service does not tell, the stamp is as listed, and not compared.
    """
    doubtful = [
        each
        for each in tagged
        if each.parent
        and not found[each.parent].whole()
        and not questions.asked(TAGS.own_listing(each))
    ]
    told = _converse([(TAGS.own_tags, doubtful)], questions)
    confirmed: dict[Address, Reading] = {}
    for where, each in told.items():
        problem = each.problem
        if each.presence is Presence.PRESENT:
            confirmed[where] = each
        elif problem and problem.hides and problem.category is not ErrorCategory.BUSY:
            # Whoever wrote it last is not known for sure, and so neither is why something differs.
            confirmed[where] = replace(readings[where], unreadable={"stamp": problem})
    return confirmed


_Begin = Callable[[Sequence[Desired]], Observation]


@dataclass(slots=True)
class _Running:
    """One kind's observation under way: what it waits for and what it said in the end.

    ``alone``: it is observed again, since the answers about one of its fellows were not understood.
    """

    begin: _Begin
    desired: Sequence[Desired]
    generator: Observation
    alone: bool = False
    asked: Sequence[Read] = ()
    answers: list[Answer | None] = field(init=False)
    missing: int = field(init=False)


def _read_all(
    work: Sequence[tuple[Kind, Sequence[Desired]]], spec: Spec, scope: Scope, questions: Questions
) -> dict[Address, Reading]:
    """Run the observations of several kinds side by side."""
    observations: list[tuple[_Begin, Sequence[Desired]]] = []
    for kind, desired in work:
        begin = partial(kind.observe, spec=spec, scope=scope)
        groups = [[each] for each in desired] if kind.observed_apart else [desired]
        observations += [(begin, group) for group in groups]
    return _converse(observations, questions)


def _converse(
    observations: Sequence[tuple[_Begin, Sequence[Desired]]], questions: Questions
) -> dict[Address, Reading]:
    """Run observations side by side, each of which may be of several resources."""
    found: dict[Address, Reading] = {}
    arrived: SimpleQueue[tuple[_Running, int, Future[Answer]]] = SimpleQueue()
    under_way = 0
    for begin, desired in observations:
        running = _Running(begin, desired, begin(desired))
        under_way += _advance(running, None, questions, arrived, found)
    while under_way:
        running, position, future = arrived.get()
        answer = still_good(future.result())
        running.answers[position] = answer
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
        readings = end.value
        odd = next((each for each in readings if not _usable(each)), None)
        if odd is not None:
            defect = TypeError(f"{odd.address} has an output that is no text")
            return _misunderstood(running, defect, questions, arrived, found)
        found.update({each.address: each for each in _own(running, readings)})
        return 0
    except DynaprovError:
        raise
    # What AWS, an emulator or a proxy in between sends is not ours to trust.
    except Exception as defect:  # noqa: BLE001
        return _misunderstood(running, defect, questions, arrived, found)
    running.asked = reads
    running.answers = [None] * len(reads)
    running.missing = len(reads)
    for position, read in enumerate(reads):
        questions.ask(read).add_done_callback(_announce(running, position, arrived))
    return 1


def _usable(reading: Reading) -> bool:
    return all(isinstance(each, str | None) for each in (reading.arn, *reading.outputs.values()))


def _own(running: _Running, readings: Sequence[Reading]) -> Sequence[Reading]:
    """Of an observation of one resource alone, what it says of that one.

    To a kind that is shown one resource only, all others look as if nobody had declared them.
    """
    if not running.alone:
        return readings
    own = {each.address for each in running.desired}
    return [replace(each, unmanaged=()) for each in readings if each.address in own]


def _misunderstood(
    running: _Running,
    defect: Exception,
    questions: Questions,
    arrived: SimpleQueue[tuple[_Running, int, Future[Answer]]],
    found: dict[Address, Reading],
) -> int:
    """Find out what exactly cannot be understood: observe each resource of the kind alone.

    That costs few calls, since equal questions are asked once.  Of a single resource nothing is
    known then: it is not compared.
    """
    if len(running.desired) > 1:
        alone = [
            _Running(running.begin, [each], running.begin([each]), alone=True)
            for each in running.desired
        ]
        return sum(_advance(each, None, questions, arrived, found) for each in alone)
    for each in running.desired:
        found[each.address] = Reading.of_error(each.address, _unexpected(running.asked, defect))
    return 0


def _unexpected(asked: Sequence[Read], defect: Exception) -> ServiceError:
    reads = list(dict.fromkeys((each.service, each.method) for each in asked)) or [("", "")]
    names = ", ".join(f"{service} {api_name(method)}" for service, method in reads[1:])
    why = " ".join(f"{type(defect).__name__}: {defect}".split())[:200]
    return ServiceError(
        ErrorCategory.UNKNOWN,
        *reads[0],
        "UnexpectedAnswer",
        f"this answer{f', or one of {names},' if names else ''} cannot be understood ({why})",
    )


def _announce(
    running: _Running, position: int, arrived: SimpleQueue[Any]
) -> Callable[[Future[Answer]], None]:
    def done(future: Future[Answer]) -> None:
        arrived.put((running, position, future))

    return done


def all_reads(kinds: Iterable[Kind] = (*KINDS, TAGS)) -> frozenset[str]:
    """The IAM actions that an observation may need."""
    return frozenset(action for kind in kinds for action in kind.reads)
