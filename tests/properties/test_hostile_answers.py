"""Answers of AWS that are not what its documentation says: one part is not compared, no more."""

import copy
import random
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaprov import reconciler
from dynaprov.model.errors import Stopped
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Answer, Call, ErrorCategory, Read, ServiceError
from dynaprov.model.spec import Spec
from dynaprov.model.visible import json_text
from dynaprov.planning.planner import Choices
from dynaprov.report.document import plan_document, run_document
from support.breaking.place import Account
from support.clock import VirtualClock
from support.converging import world
from support.odd import changed, places

Answers = Mapping[Read, Answer]


def given_back(answer: Answer) -> Future[Answer]:
    future: Future[Answer] = Future()
    future.set_result(answer)
    return future


@dataclass
class Recording:
    """Implements ``Reader``: remembers what was answered."""

    inner: Any
    seen: dict[Read, Answer]

    def submit(self, read: Read) -> Future[Answer]:
        self.seen[read] = self.inner.submit(read).result()
        return given_back(self.seen[read])

    def prepare(self, services: tuple[str, ...]) -> None:
        """Nothing to prepare."""

    def endpoint(self, service: str = "dynamodb") -> str:
        return ""


@dataclass
class Changing:
    """Implements ``Reader`` and ``Caller``: what was recorded, some of it changed."""

    seen: Answers
    apis: frozenset[tuple[str, str]]
    chance: random.Random
    calls: int = 0

    def submit(self, read: Read) -> Future[Answer]:
        answer = self.seen.get(read)
        if answer is None:
            error = ServiceError(ErrorCategory.UNKNOWN, read.service, read.method, "Odd", "odd")
            return given_back(Answer(error=error))
        if answer.error is None and (read.service, read.method) in self.apis:
            times = self.chance.randint(1, 3)
            return given_back(Answer(changed(dict(answer.value), self.chance, times)))
        return given_back(answer)

    def prepare(self, services: tuple[str, ...]) -> None:
        """Nothing to prepare."""

    def endpoint(self, service: str = "dynamodb") -> str:
        return ""

    def call(self, call: Call) -> Answer:
        self.calls += 1
        return Answer(self.chance.choice(({}, {"TableDescription": None}, {"KeyMetadata": {}})))


class Seen:
    """No dataclass: Hypothesis would print all of it."""

    def __init__(self, spec: Spec, empty: Answers, full: Answers) -> None:
        self.spec = spec
        self.empty = empty
        self.full = full


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """What an empty account and one with every setting answer."""
    scratch = tmp_path_factory.mktemp("answers")
    with world(scratch) as made:
        spec = Account.furnished().spec(scratch)
        before, after = Recording(made.gateway, {}), Recording(made.gateway, {})
        reconciler.diff(spec, before, Choices())
        made.converge(spec)
        reconciler.diff(spec, after, Choices())
        yield Seen(spec, before.seen, after.seen)


@st.composite
def changes(draw: st.DrawFn) -> tuple[bool, int, int]:
    return draw(st.booleans()), draw(st.integers(1, 3)), draw(st.integers(0, 10**6))


def reader(seen: Seen, change: tuple[bool, int, int]) -> Changing:
    empty, count, seed = change
    answers = seen.empty if empty else seen.full
    chance = random.Random(seed)
    apis = sorted({(read.service, read.method) for read in answers})
    return Changing(answers, frozenset(chance.sample(apis, count)), chance)


def planned(seen: Seen, through: Changing, *, prune: bool = False) -> Plan | None:
    """The plan; ``None`` where not even the account is known."""
    try:
        plan = reconciler.diff(seen.spec, through, Choices(prune=prune))
    except Stopped:
        assert ("sts", "get_caller_identity") in through.apis
        return None
    json_text(plan_document(plan, command="diff"))
    return plan


@given(change=changes(), prune=st.booleans())
@settings(settings.get_profile("properties"), max_examples=150)
def test_odd_answers_never_end_a_comparison(
    change: tuple[bool, int, int], prune: bool, seen: Seen
) -> None:
    planned(seen, reader(seen, change), prune=prune)


@given(change=changes())
@settings(settings.get_profile("properties"), max_examples=30)
def test_odd_answers_never_end_a_run(
    change: tuple[bool, int, int], seen: Seen, tmp_path_factory: pytest.TempPathFactory
) -> None:
    through = reader(seen, change)
    plan = planned(seen, through)
    if plan is None or plan.refusals:
        return

    run = reconciler.apply(
        plan,
        through,
        through,
        lambda: reconciler.diff(seen.spec, reader(seen, (change[0], 1, 7)), Choices()),
        clock=VirtualClock(),
        journal=tmp_path_factory.mktemp("run") / "journal.jsonl",
    )

    assert len(run.outcomes) == len(plan.operations)
    json_text(run_document(run))


def without(answers: Answers, method: str, member: str, where: str = "") -> dict[Read, Answer]:
    """The answers, and in those of one API (about one table) a member is missing."""
    made = dict(answers)
    for read, answer in answers.items():
        if read.method == method and where in str(dict(read.params)):
            value = copy.deepcopy(dict(answer.value))
            for place in list(places(value)):
                if place[-1] == member:
                    holder = value
                    for step in place[:-1]:
                        holder = holder[step]
                    del holder[member]
            made[read] = Answer(value)
    return made


def test_one_odd_table_is_not_compared_and_all_others_are(seen: Seen) -> None:
    odd = without(seen.full, "describe_table", "KeySchema", "orders")

    plan = reconciler.diff(seen.spec, Changing(odd, frozenset(), random.Random(0)), Choices())

    found = {str(each.address): each.error for each in plan.not_compared}
    assert "orders" in found
    assert not [address for address in found if address.startswith(("events", "sessions"))]
    assert (found["orders"].service, found["orders"].method) == ("dynamodb", "describe_table")
    assert found["orders"].code == "UnexpectedAnswer"
    assert "KeySchema" in found["orders"].message
    assert not plan.changes
    assert not plan.operations
    assert not [each for each in plan.unmanaged if each.kind == "table"]


@pytest.mark.parametrize("member", ["AttributeDefinitions", "Projection", "ProjectionType"])
def test_an_index_is_not_replaced_because_a_member_is_missing(member: str, seen: Seen) -> None:
    odd = without(seen.full, "describe_table", member)

    plan = reconciler.diff(seen.spec, Changing(odd, frozenset(), random.Random(0)), Choices())

    assert not [each for each in plan.operations if each.deletes or each.creates]
    assert plan.not_compared


def test_an_answer_without_an_account_stops_before_anything(seen: Seen) -> None:
    odd = without(seen.full, "get_caller_identity", "Account")

    with pytest.raises(Stopped, match="names no account"):
        reconciler.diff(seen.spec, Changing(odd, frozenset(), random.Random(0)), Choices())


def test_an_output_that_is_no_text_is_not_understood(seen: Seen) -> None:
    odd = dict(seen.full)
    for read, answer in seen.full.items():
        if read.method == "describe_key":
            about = {**answer.value["KeyMetadata"], "Arn": ["x"]}
            odd[read] = Answer({**answer.value, "KeyMetadata": about})

    plan = reconciler.diff(seen.spec, Changing(odd, frozenset(), random.Random(0)), Choices())

    assert "kms-key" in {str(each.address) for each in plan.not_compared}
