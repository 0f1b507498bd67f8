"""When a table, an index and a backup count as ready."""

from typing import Any

import pytest

from dynaprov.kinds.table import KIND
from dynaprov.model.ports import Answer, ErrorCategory
from support.ports import failing

ACTIVE = {"TableStatus": "ACTIVE"}


def described(**more: Any) -> Answer:
    return Answer({"Table": ACTIVE | more})


def index(status: str, **more: Any) -> dict[str, Any]:
    return {"GlobalSecondaryIndexes": [{"IndexName": "ByA", "IndexStatus": status, **more}]}


@pytest.mark.parametrize(
    ("until", "answer", "ready"),
    [
        ("settled", described(), True),
        ("settled", described(TableStatus="UPDATING"), False),
        ("settled", described(**index("CREATING", Backfilling=True)), False),
        ("settled", described(SSEDescription={"Status": "UPDATING"}), False),
        ("settled", failing(ErrorCategory.ABSENT), False),
        ("gone", failing(ErrorCategory.ABSENT), True),
        ("gone", failing(ErrorCategory.DENIED), False),
        ("gone", described(TableStatus="DELETING"), False),
        ("index ByA active", described(**index("ACTIVE")), True),
        ("index ByA active", described(**index("CREATING")), False),
        ("index ByA active", described(), False),
        ("index ByA gone", described(**index("DELETING")), False),
        ("index ByA gone", described(), True),
        (
            "backup available",
            Answer({"BackupDescription": {"BackupDetails": {"BackupStatus": "CREATING"}}}),
            False,
        ),
        (
            "backup available",
            Answer({"BackupDescription": {"BackupDetails": {"BackupStatus": "AVAILABLE"}}}),
            True,
        ),
    ],
)
def test_a_wait_ends_when_nothing_is_under_way(until: str, answer: Answer, ready: bool) -> None:
    assert KIND.settled(until, answer) is ready
