"""References: live values in their place, and what cannot be told without them."""

from __future__ import annotations

from dynaprov.kinds.table.state import TableState
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.ports import ErrorCategory
from dynaprov.model.setting import Ref, State
from dynaprov.planning.references import resolve_state, symbols
from support.ports import an_error

KEY = Address("", "kms-key")
ARN = Ref("kms-key", "arn")
STATE = TableState(encryption=ARN, deletion_protection=True)


def unreadable(category: ErrorCategory) -> dict[Address, Reading]:
    return {KEY: Reading(KEY, Presence.UNREADABLE, problem=an_error(category))}


def test_a_reference_to_something_live_becomes_its_value() -> None:
    live = {KEY: Reading(KEY, Presence.PRESENT, outputs={"arn": "arn:key"})}

    state, problems = resolve_state(STATE, live)

    assert (state.encryption, state.deletion_protection) == ("arn:key", True)
    assert problems == {}


def test_a_reference_to_what_is_not_there_stays() -> None:
    for readings in ({}, {KEY: Reading.absent(KEY)}):
        assert resolve_state(STATE, readings) == (STATE, {})


def test_a_state_without_known_references_is_the_same_one() -> None:
    assert resolve_state(STATE, {})[0] is STATE


def test_every_field_is_looked_at_whatever_stands_beside_it() -> None:
    live = {KEY: Reading(KEY, Presence.PRESENT, outputs={"arn": "arn:key"})}
    state = TableState(**{"class": "STANDARD"}, encryption=ARN, stream=None)

    assert resolve_state(state, live)[0].encryption == "arn:key"


class Two(State):
    first: Ref | str
    second: Ref | str


def test_what_is_not_known_of_one_reference_hides_no_other() -> None:
    topic = Address("", "topic")
    live = {topic: Reading(topic, Presence.PRESENT, outputs={"arn": "arn:topic"})}
    there, not_there = Ref("topic", "arn"), Ref("dashboard", "arn")

    # The fields are a set, so that any of them may be the first.
    one, other = Two(first=there, second=not_there), Two(first=not_there, second=there)

    assert resolve_state(one, live)[0] == Two(first="arn:topic", second=not_there)
    assert resolve_state(other, live)[0] == Two(first=not_there, second="arn:topic")


def test_a_reference_to_what_cannot_be_read_makes_its_field_incomparable() -> None:
    readings = unreadable(ErrorCategory.DENIED)

    for foreign in (False, True):
        state, problems = resolve_state(STATE, readings, foreign=foreign)

        assert state is STATE
        assert problems == {"encryption": readings[KEY].problem}


def test_a_service_that_an_endpoint_lacks_leaves_the_field_out() -> None:
    readings = unreadable(ErrorCategory.UNSUPPORTED)

    state, problems = resolve_state(STATE, readings, foreign=True)

    assert state.model_fields_set == {"deletion_protection"}
    assert set(problems) == {"encryption"}


def test_on_aws_a_table_is_never_made_with_less_than_was_declared() -> None:
    state, _ = resolve_state(STATE, unreadable(ErrorCategory.UNSUPPORTED))

    assert state is STATE


def test_live_values_of_the_environment_are_known_as_the_references_that_mean_them() -> None:
    table, topic = Address("orders"), Address("", "topic")
    desired = {each: Desired(each, "kind", "name", STATE) for each in (topic, table, KEY)}
    readings = {
        KEY: Reading(KEY, Presence.PRESENT, outputs={"arn": "arn:key", "id": "key"}),
        table: Reading(table, Presence.PRESENT, outputs={"arn": "arn:table"}),
    }

    assert symbols(desired, readings) == {"arn:key": ARN, "key": Ref("kms-key", "id")}
