"""Credentials that end while the account is read."""

from __future__ import annotations

import pytest

from dynaprov.model.errors import Stopped
from dynaprov.model.ports import Answer, ErrorCategory
from dynaprov.planning.credentials import still_good
from dynaprov.planning.key_users import key_users
from support.ports import FakeReader, failing


def test_an_answer_with_another_error_is_handed_on() -> None:
    denied = failing(ErrorCategory.DENIED)

    assert still_good(denied) is denied


def test_ended_credentials_stop_what_is_read() -> None:
    with pytest.raises(Stopped) as stopped:
        still_good(failing(ErrorCategory.CREDENTIALS))

    [problem] = stopped.value.diagnostics
    assert problem.code == "DP202"
    assert "aws sso login" in problem.hint


@pytest.mark.parametrize("method", ["list_tables", "describe_table", "list_backups"])
def test_a_key_whose_users_cannot_be_read_for_ended_credentials_stops_the_run(method: str) -> None:
    answers = {
        "list_tables": Answer({"TableNames": ["orders"]}),
        "describe_table": Answer({"Table": {"TableName": "orders"}}),
        "list_backups": Answer({"BackupSummaries": []}),
    }
    reader = FakeReader({**answers, method: failing(ErrorCategory.CREDENTIALS)})

    with pytest.raises(Stopped):
        key_users(["some-key"], reader)
