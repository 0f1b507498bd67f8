"""Every setting of every kind is as severe as the agreed table says, and the table is whole."""

from __future__ import annotations

from typing import Any

import pytest

from dynaprov.kinds import KINDS, TAGS
from dynaprov.report.kinds import kind_document
from support.severities import GONE, SEVERITIES, severity_of


@pytest.mark.parametrize("kind", [*KINDS, TAGS], ids=lambda kind: kind.name)
def test_a_setting_is_as_severe_as_what_it_protects(kind: Any) -> None:
    document = kind_document(kind)
    found = {
        each["path"].replace("<name>", "*"): each["severity"]
        for each in document["settings"]
        if each["compared"]
    }

    assert {GONE: document["missing"], **found} == SEVERITIES[kind.name]


def test_the_table_has_no_kind_that_there_is_not() -> None:
    assert set(SEVERITIES) == {kind.name for kind in (*KINDS, TAGS)}


@pytest.mark.parametrize(
    ("address", "path", "severity"),
    [
        ("orders", "", "critical"),
        ("orders/index/ByStatus", "", "high"),
        ("orders/pitr", "recovery_period_days", "high"),
        ("orders/tags", "tags.Team", "low"),
        ("topic/tags", "tags.Team", "low"),
        ("topic/subscription/sqs:q", "", "critical"),
        ("events/scaling/ByKind/read", "min", "high"),
        ("events/alarm/ByKind/read-throttles", "threshold", "high"),
    ],
)
def test_an_address_and_a_path_have_a_severity(address: str, path: str, severity: str) -> None:
    assert severity_of(address, path) == severity
