"""The reference of the command line says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaprov.report.document import plan_document, run_document
from support.reference_pages import PAGES
from support.sample_plans import EVERYTHING, went_wrong

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_generated_page_is_up_to_date(name: str, request: pytest.FixtureRequest) -> None:
    page = REFERENCE / f"{name}.md"
    text = PAGES[name]()
    if request.config.getoption("--update-golden"):
        page.write_text(text, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == text


def test_every_member_of_the_document_is_described() -> None:
    text = (REFERENCE / "document.md").read_text(encoding="utf-8")
    plan = plan_document(EVERYTHING, command="diff", next=[], options={})
    run = run_document(went_wrong(), exit_code=0)
    for member in {**plan, **run}:
        assert f"`{member}`" in text, member
    for group in ("changes", "operations", "refusals", "unmanaged", "not_compared", "in_progress"):
        for member in plan[group][0]:
            assert f"`{member}`" in text, f"{group}.{member}"
    for member in {**plan["summary"], **plan["changes"][0]["settings"][0], **run["outcomes"][0]}:
        assert f"`{member}`" in text, member
