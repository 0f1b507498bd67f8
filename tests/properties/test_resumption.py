"""Stopped after any call, replanned and executed: converged, and nothing twice."""

from pathlib import Path

import boto3
from hypothesis import given, settings
from hypothesis import strategies as st

from support.worlds import (
    REGION,
    StoppedAt,
    Watched,
    World,
    applied,
    explained,
    pairs,
    plan_of,
    resolved,
)


def live_keys() -> list[str]:
    """The customer's keys that are not on their way out, and their aliases."""
    kms = boto3.client("kms", region_name=REGION)
    described = [kms.describe_key(KeyId=each["KeyId"]) for each in kms.list_keys()["Keys"]]
    return [
        each["KeyMetadata"]["KeyId"]
        for each in described
        if each["KeyMetadata"]["KeyState"] != "PendingDeletion"
        and each["KeyMetadata"]["KeyManager"] == "CUSTOMER"
    ]


def own_aliases() -> list[str]:
    listed = boto3.client("kms", region_name=REGION).list_aliases()["Aliases"]
    return [each["AliasName"] for each in listed if not each["AliasName"].startswith("alias/aws/")]


@given(
    pair=pairs(),
    first_number=st.integers(1, 14),
    second_number=st.integers(1, 14),
    with_effect=st.booleans(),
)
@settings(settings.get_profile("properties"), max_examples=12)
def test_whatever_call_it_was_stopped_at_a_rerun_converges_with_one_key_and_one_alias(
    pair: tuple[World, World],
    first_number: int,
    second_number: int,
    with_effect: bool,
    live: Watched,
    workplace: Path,
) -> None:
    live.forget()
    for world, number in zip(pair, (first_number, second_number), strict=True):
        spec = resolved(world, workplace)
        stopping = StoppedAt(live, number, with_effect)
        applied(
            spec,
            live,
            workplace / "journal",
            caller=stopping,
            interrupted=lambda stopping=stopping: stopping.stopped,
        )

        run = applied(spec, live, workplace / "journal")

        assert not run.failed, explained(run)
        again = plan_of(spec, live)
        assert (again.changes, again.operations) == ((), ())
        assert len(live_keys()) == 1
        assert own_aliases() == ["alias/shop-dev"]
