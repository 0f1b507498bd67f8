"""The outputs of an environment."""

from dataclasses import replace

from dynaprov.kinds.outputs import outputs_of
from dynaprov.kinds.pitr import PitrState
from dynaprov.kinds.ttl import TtlState
from dynaprov.model.address import Address
from dynaprov.model.kind import Presence, Reading
from support.observing import SCOPE
from support.specs import spec, table


def test_what_was_read_of_a_table_s_aspects_is_handed_on() -> None:
    orders = replace(table(), retention_days=2)
    readings = {
        each.address: each
        for each in (
            Reading(Address("orders", "ttl"), Presence.PRESENT, TtlState(attribute="expires")),
            Reading(
                Address("orders", "pitr"),
                Presence.PRESENT,
                PitrState(enabled=True, recovery_period_days=7),
            ),
            Reading(Address("", "kms-key"), Presence.PRESENT, outputs={"arn": "arn:key"}),
        )
    }

    outputs = outputs_of(spec(orders), SCOPE, readings)

    assert outputs["kms_key_arn"] == "arn:key"
    assert outputs["table_configurations"]["orders"] == {
        "exists": False,
        "retention_days": 2,
        "retention_seconds": 172_800,
        "ttl_attribute": "expires",
        "point_in_time_recovery": True,
        "recovery_period_days": 7,
    }


def test_endpoints_follow_the_partition() -> None:
    scope = replace(SCOPE, region="cn-north-1", partition="aws-cn")

    endpoints = outputs_of(spec(table()), scope, {})["dynamodb_endpoints"]

    assert endpoints["dynamodb"] == "https://dynamodb.cn-north-1.amazonaws.com.cn"
