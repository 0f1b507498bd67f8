"""What is left of something that was deleted proves that it was there, and nothing less does."""

from __future__ import annotations

from dynaprov.kinds.alarm.sections import AlarmState
from dynaprov.kinds.scaling import ScalingState
from dynaprov.kinds.table.state import TableState
from dynaprov.kinds.topic.state import TopicState
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.setting import Ref
from dynaprov.planning.causes import Entry, Stamped
from dynaprov.planning.remains import remains

TOPIC = Address("", "topic")
KEY = Address("", "kms-key")
TABLE = Address("orders")
ALARM = Address("orders", "alarm", "slow")
SCALING = Address("orders", "scaling", "read")
ARN = "arn:aws:sns:us-east-1:111122223333:shop-dev-alarms"

topic = Desired(TOPIC, "topic", "shop-dev-alarms", TopicState(), arn=ARN)
alarm = Desired(ALARM, "alarm", "slow", AlarmState.model_construct(), requires=(TOPIC,))
table = Desired(TABLE, "table", "shop-dev-orders", TableState(), requires=(KEY,))
scaling = Desired(
    SCALING,
    "scaling",
    "table/shop-dev-orders",
    ScalingState(min=1, max=2),
    requires=(TABLE,),
    parent=TABLE,
)


def left(*desired: Desired, live: set[Address], **stamps: Stamped) -> dict[str, str]:
    readings = {
        each.address: Reading(each.address, Presence.PRESENT, each.state)
        if each.address in live
        else Reading.absent(each.address)
        for each in desired
    }
    everything = {each.address: each for each in desired}
    stamped = {each.holder.address: each for each in stamps.values()}
    return {str(a): words for a, words in remains(everything, readings, stamped).items()}


def stamped(holder: Desired, wanted: object, *, applied: bool = True) -> Stamped:
    entry = Entry("x", holder.address, wanted, None, ((holder.address, "x"),))
    return Stamped(holder, lambda: [entry], {"x": entry.digest if applied else "other"})


def test_an_alarm_that_was_applied_with_the_topic_tells_that_it_was_there() -> None:
    found = left(topic, alarm, live={ALARM}, alarm=stamped(alarm, [ARN]))

    assert found == {"topic": "it was there: orders/alarm/slow was applied with it"}


def test_an_alarm_that_is_only_to_get_the_topic_tells_nothing() -> None:
    assert left(topic, alarm, live={ALARM}, alarm=stamped(alarm, [ARN], applied=False)) == {}


def test_what_names_a_missing_thing_without_needing_it_tells_nothing() -> None:
    free = Desired(ALARM, "alarm", "slow", alarm.state)

    assert left(topic, free, live={ALARM}, alarm=stamped(free, [ARN])) == {}


def test_a_reference_tells_like_an_arn() -> None:
    key = Desired(KEY, "kms-key", "alias/shop-dev", TopicState())
    by_reference = stamped(table, {"encryption": Ref("kms-key", "arn")})

    assert left(key, table, live={TABLE}, table=by_reference) == {
        "kms-key": "it was there: orders was applied with it"
    }


def test_what_is_there_needs_no_proof() -> None:
    assert left(topic, alarm, live={ALARM, TOPIC}, alarm=stamped(alarm, [ARN])) == {}


def test_a_scaling_target_tells_that_its_table_was_there() -> None:
    assert left(table, scaling, live={SCALING}) == {
        "orders": "it was there: orders/scaling/read is left of it"
    }
    assert left(table, scaling, live=set()) == {}
