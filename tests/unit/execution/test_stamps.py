"""The stamp as it is sent, given what went well."""

from __future__ import annotations

from typing import Any

import pytest

from dynaprov.execution.stamps import entries_after, stamp_call
from dynaprov.kinds.identity import STAMP, STAMP_MORE, read_stamp, stamp_tags
from dynaprov.model.operation import StampWrite
from dynaprov.model.ports import Call

STAMP_WRITE = StampWrite(
    kept=(("a", "aaaaaa"),),
    earned=(("t", "tttttt", ("ttl:on",)), ("r", "rrrrrr", ("pitr:on", "pitr:more"))),
    previous=(("a", "aaaaaa"), ("t", "000000")),
)
ALL = {"ttl:on", "pitr:on", "pitr:more"}


def a_call(tags: Any) -> Call:
    return Call("dynamodb", "tag_resource", {"ResourceArn": "arn", "Tags": tags})


def pairs(**more: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in {STAMP: "1 x", **more}.items()]


def written(call: Call | None) -> dict[str, str]:
    assert call is not None
    return {tag["Key"]: tag["Value"] for tag in call.params["Tags"]}


def test_what_went_well_is_written() -> None:
    assert entries_after(STAMP_WRITE, ALL) == {"a": "aaaaaa", "t": "tttttt", "r": "rrrrrr"}


def test_what_failed_keeps_its_previous_entry() -> None:
    assert entries_after(STAMP_WRITE, {"pitr:on", "pitr:more"})["t"] == "000000"


def test_what_failed_in_part_is_not_written() -> None:
    assert "r" not in entries_after(STAMP_WRITE, {"pitr:on"})


@pytest.mark.parametrize("fields", [("Key", "Value"), ("TagKey", "TagValue")])
def test_the_stamp_is_put_into_a_list_of_tags(fields: tuple[str, str]) -> None:
    key, value = fields
    call = a_call([{key: STAMP, value: "1 old"}, {key: "Owner", value: "me"}])

    changed = stamp_call(call, STAMP_WRITE, ALL)

    assert changed is not None
    tags = {tag[key]: tag[value] for tag in changed.params["Tags"]}
    assert tags.pop("Owner") == "me"
    assert read_stamp(tags) == {"a": "aaaaaa", "t": "tttttt", "r": "rrrrrr"}
    assert changed.params["ResourceArn"] == "arn"


def test_the_stamp_is_put_into_a_mapping() -> None:
    changed = stamp_call(a_call({STAMP: "1 old", "Owner": "me"}), STAMP_WRITE, ALL)

    assert changed is not None
    assert changed.params["Tags"]["Owner"] == "me"
    assert changed.params["Tags"][STAMP] == "1 aaaaaaa rrrrrrr ttttttt"


def test_nothing_is_written_when_nothing_would_change() -> None:
    assert stamp_call(a_call(pairs()), STAMP_WRITE, set()) is None


def test_nothing_is_written_when_nothing_was_earned() -> None:
    stamp = StampWrite(earned=(("t", "tttttt", ("ttl:on",)),))

    assert stamp_call(a_call(pairs()), stamp, set()) is None


def test_other_tags_are_written_all_the_same() -> None:
    changed = stamp_call(a_call(pairs(Owner="me")), STAMP_WRITE, set())

    assert written(changed)["Owner"] == "me"


def test_a_second_part_that_is_no_longer_needed_is_emptied() -> None:
    many = tuple((f"c{number:02}", "aaaaaa") for number in range(40))
    assert STAMP_MORE in stamp_tags(many)
    stamp = StampWrite(kept=many[:2], previous=many)

    changed = stamp_call(a_call(pairs()), stamp, set())

    assert read_stamp(written(changed)) == dict(many[:2])


def test_params_without_tags_stay() -> None:
    call = Call("dynamodb", "tag_resource", {"ResourceArn": "arn", "Tags": [1, {"Key": "x"}]})

    assert stamp_call(call, STAMP_WRITE, ALL) == call
