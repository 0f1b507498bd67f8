"""Every code of an invalid spec has its paragraph on the reference page, and no other has one."""

import re
from pathlib import Path

from dynaprov.spec.problems import SUMMARIES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "diagnostics.md").read_text(encoding="utf-8")
HEADINGS = dict(re.findall(r"^### (DP1\d\d) (.+)$", PAGE, re.MULTILINE))


def codes(*parts: str) -> set[str]:
    files = (ROOT / "dynaprov").joinpath(*parts).rglob("*.py")
    return {code for file in files for code in re.findall(r"\"(DP1\d\d)\"", file.read_text())}


def test_every_code_of_reading_specs_is_explained_in_the_same_words() -> None:
    assert codes("spec") == set(SUMMARIES)
    assert {code: HEADINGS.get(code) for code in SUMMARIES} == SUMMARIES


def test_every_code_of_the_kinds_is_explained() -> None:
    assert codes("kinds") - set(HEADINGS) == set()


def test_no_code_is_explained_that_nothing_uses() -> None:
    assert set(HEADINGS) - codes("spec") - codes("kinds") == set()
