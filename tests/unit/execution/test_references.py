"""Values that become known, put in and taken out."""

from __future__ import annotations

import pytest

from dynaprov.execution.references import NotKnown, outputs_of, resolved
from dynaprov.model.setting import Ref
from support.operations import an_operation

KEY = Ref("kms-key", "arn")
OUTPUTS = {"kms-key": {"arn": "arn:key"}}


def test_a_reference_is_replaced_wherever_it_stands() -> None:
    params = {"SSE": {"Key": KEY}, "List": [KEY, 1], "Pair": (KEY,), "Text": "x"}

    assert resolved(params, OUTPUTS) == {
        "SSE": {"Key": "arn:key"},
        "List": ["arn:key", 1],
        "Pair": ["arn:key"],
        "Text": "x",
    }


@pytest.mark.parametrize("outputs", [{}, {"kms-key": {"id": "x"}}])
def test_a_value_that_is_not_known_is_named(outputs: dict[str, dict[str, str]]) -> None:
    with pytest.raises(NotKnown, match="the arn of `kms-key` is not known"):
        resolved({"Key": KEY}, outputs)


def test_outputs_are_taken_from_the_answer_by_their_path() -> None:
    operation = an_operation(
        outputs=(
            ("arn", "KeyMetadata.Arn"),
            ("first", "Items.0.Id"),
            ("missing", "KeyMetadata.Nothing"),
            ("beyond", "Items.7.Id"),
            ("through", "KeyMetadata.Arn.More"),
        )
    )
    answer = {"KeyMetadata": {"Arn": "arn:key"}, "Items": [{"Id": 5}]}

    assert outputs_of(operation, answer) == (("arn", "arn:key"), ("first", "5"))
