"""What a person has to write to change an index without a gap."""

import re

import yaml

from dynaprov.kinds.table.state import IndexState
from dynaprov.kinds.table.successor import steps, successor_name
from dynaprov.model.address import Address

LIVE = IndexState.model_validate(
    {
        "partition_key": "state",
        "projection": ["a", "no", "x: y"],
        "capacity": {"read": 5, "write": 7},
        "on_demand_limits": {},
    }
)
WANTED = IndexState.model_validate(
    {
        "partition_key": ["state", {"name": "zone", "type": "N"}],
        "sort_key": "at",
        "projection": "ALL",
    }
)


def test_the_next_free_number_makes_the_name() -> None:
    assert successor_name("ByDate", ()) == "ByDate-v2"
    assert successor_name("ByDate", {"ByDate-v2", "ByDate-v3"}) == "ByDate-v4"
    assert successor_name("ByDate-v2", {"ByDate-v2"}) == "ByDate-v3"
    assert len(successor_name("x" * 255, ())) == 255


def test_what_is_to_be_pasted_is_yaml_of_both_indexes() -> None:
    lines = steps(
        Address("orders", "index", "ByState"), LIVE, WANTED, (), "specs/tables/orders.yaml"
    )
    block = [line[5:] for line in lines if re.match(r" {5}(indexes:| {2})", line)]

    pasted = yaml.safe_load("\n".join(block))

    assert IndexState.model_validate(pasted["indexes"]["ByState"]) == LIVE.model_copy(
        update={"on_demand_limits": None}
    )
    assert IndexState.model_validate(pasted["indexes"]["ByState-v2"]) == WANTED


def test_the_steps_name_file_successor_and_flag() -> None:
    text = "\n".join(
        steps(Address("orders", "index", "ByState"), LIVE, WANTED, (), "t/orders.yaml")
    )

    assert text.startswith("1. In t/orders.yaml, write")
    assert "3. Move the readers to ByState-v2" in text
    assert text.endswith("dynaprov apply --allow delete-index:orders/index/ByState")


def test_another_type_of_a_key_needs_another_attribute() -> None:
    other = IndexState.model_validate(
        {"partition_key": {"name": "state", "type": "N"}, "projection": "ALL"}
    )

    lines = steps(Address("orders", "index", "ByState"), LIVE, other, (), "t/orders.yaml")

    assert lines[0].startswith("state is S in the live index and N in the spec")
    assert "indexes:" not in "".join(lines)
