"""What is written as SARIF is SARIF, by the schema of the standard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from dynaprov.report.sarif import sarif
from support.sample_checks import FIRST, QUIET, SECOND, document

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "support" / "schemas" / "sarif-2.1.0.json").read_text()
)
VALIDATOR = Draft4Validator(SCHEMA)


@pytest.mark.parametrize("of", [QUIET, FIRST, SECOND], ids=["quiet", "first", "second"])
def test_a_log_follows_the_schema_of_the_standard(of: Any) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(sarif([document(of), document(FIRST)])))) == []


def test_a_log_that_was_cut_does_too() -> None:
    assert list(VALIDATOR.iter_errors(json.loads(sarif([document(FIRST)], most=3)))) == []


def test_the_schema_finds_what_is_wrong() -> None:
    log = json.loads(sarif([document(FIRST)]))
    log["runs"][0]["results"][0]["level"] = "fatal"

    assert list(VALIDATOR.iter_errors(log))
