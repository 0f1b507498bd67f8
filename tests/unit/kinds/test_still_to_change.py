"""The look before a class or a key is sent: what AWS counts is not sent again."""

from __future__ import annotations

from typing import Any

import pytest

from dynaprov.kinds.table.waiting import progress, still_to_change
from dynaprov.model.kind import Standing
from dynaprov.model.ports import Answer

KEY = "arn:aws:kms:us-east-1:111122223333:key/k1"
INFREQUENT = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}


def standing(shows: dict[str, Any], **table: Any) -> Standing:
    look = still_to_change("orders", "class", **shows)
    described = {"TableName": "orders", "TableStatus": "ACTIVE", **table}
    return progress(look, Answer({"Table": described})).standing


CLASS = {"class": "STANDARD_INFREQUENT_ACCESS"}
ENCRYPTION = {"encryption": KEY}


@pytest.mark.parametrize(
    ("shows", "table", "expected"),
    [
        (CLASS, {}, Standing.THERE),
        (CLASS, {"TableClassSummary": INFREQUENT}, Standing.ALREADY),
        (CLASS, {"TableStatus": "UPDATING"}, Standing.AT_WORK),
        (CLASS, {"TableStatus": "UPDATING", "TableClassSummary": INFREQUENT}, Standing.AT_WORK),
        (ENCRYPTION, {}, Standing.THERE),
        (
            ENCRYPTION,
            {"SSEDescription": {"Status": "UPDATING", "KMSMasterKeyArn": "another"}},
            Standing.AT_WORK,
        ),
        (
            ENCRYPTION,
            {"SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": KEY}},
            Standing.ALREADY,
        ),
        # What cannot be told from a description is only waited for.
        ({}, {}, Standing.THERE),
    ],
)
def test_a_call_is_due_once_the_table_rests_and_shows_another_value(
    shows: dict[str, Any], table: dict[str, Any], expected: Standing
) -> None:
    assert standing(shows, **table) is expected


@pytest.mark.parametrize(
    ("live", "expected"),
    [(KEY, Standing.THERE), ("arn:another", Standing.ALREADY), ("", Standing.THERE)],
)
def test_a_key_that_cannot_be_compared_is_there_once_it_is_another(
    live: str, expected: Standing
) -> None:
    encryption = {"Status": "ENABLED", "KMSMasterKeyArn": live} if live else {}

    assert standing({"key_was": KEY}, SSEDescription=encryption) is expected
