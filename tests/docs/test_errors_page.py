"""The page of errors says what the table says."""

from pathlib import Path

import pytest

from dynaprov.model.ports import ErrorCategory
from support.error_pages import MEANINGS, errors_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"


def test_the_page_of_errors_is_up_to_date(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.write_text(errors_page(), encoding="utf-8")

    assert PAGE.exists(), "run: pytest tests/docs --update-golden"
    assert PAGE.read_text(encoding="utf-8") == errors_page(), (
        "run: pytest tests/docs --update-golden"
    )


def test_every_category_is_explained() -> None:
    assert set(MEANINGS) == set(ErrorCategory)
