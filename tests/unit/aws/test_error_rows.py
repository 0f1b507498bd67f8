"""Every row of the table of errors has a case, and every declared error of AWS has a row."""

from __future__ import annotations

from collections import defaultdict

import pytest

from dynaprov.aws.error_rows import FRAGMENTS, ROWS, SOURCES, Row
from dynaprov.aws.errors import row_of, service_error
from dynaprov.kinds import KINDS, TAGS
from dynaprov.model.ports import Call
from support.error_answers import NOW, WrittenError, service_model, written_errors

WRITTEN = written_errors()
#: What CreateKey and CreateGrant declare for key stores and options that dynaprov never asks for.
NEVER_ASKED_FOR = ("CloudHsm", "CustomKeyStore", "Xks", "DryRun")


@pytest.mark.parametrize("written", WRITTEN, ids=str)
def test_an_answer_means_what_is_written(written: WrittenError) -> None:
    error = service_error(written.raised(), Call(written.service, written.method, {}), NOW)

    assert error.code == written.code
    assert error.request_id == "req-1"
    assert error.category == written.means
    assert error.not_before == written.not_before
    assert error.most_attempts == written.attempts
    if written.missing:
        assert error.action == written.missing


def test_every_row_has_a_case() -> None:
    decided = {row_of(each.service, each.method, each.code, each.message) for each in WRITTEN}

    assert [row for row in (*ROWS, *FRAGMENTS) if row not in decided] == []


def test_every_row_names_where_it_is_known_from() -> None:
    assert {row.source for row in (*ROWS, *FRAGMENTS)} == set(SOURCES)


def test_no_row_stands_twice() -> None:
    def key(row: Row) -> tuple[str, str, str, str]:
        return row.service, row.code, row.text, row.method

    keys = [key(row) for row in ROWS]

    assert len(set(keys)) == len(keys)


def test_a_row_with_a_text_stands_before_the_bare_one() -> None:
    bare: dict[tuple[str, str], int] = {}
    late = defaultdict(list)
    for number, row in enumerate(ROWS):
        if not row.text and not row.method:
            bare[row.service, row.code] = number
        elif (row.service, row.code) in bare:
            late[row.code].append(row.text)

    assert late == {}


def declared() -> set[tuple[str, str, str]]:
    """Service, method and wire code of every error that AWS declares for a call of ours."""
    found = set()
    actions = {action for kind in (*KINDS, TAGS) for action in (*kind.reads, *kind.writes)}
    for action in {*actions, "cloudtrail:LookupEvents"}:
        prefix, _, operation = action.partition(":")
        service = {"tag": "resourcegroupstaggingapi"}.get(prefix, prefix)
        for shape in service_model(service).operation_model(operation).error_shapes:
            code = shape.metadata.get("error", {}).get("code") or shape.name
            if not code.startswith(NEVER_ASKED_FOR):
                found.add((service, operation, code))
    return found


def test_every_error_that_a_call_of_ours_declares_has_a_row() -> None:
    unknown = [each for each in sorted(declared()) if row_of(*each, "") is None]

    assert unknown == []
