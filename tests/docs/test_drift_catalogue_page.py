"""The page of the drift catalogue is the table that the tests of tests/functional/drift go by."""

import pytest

from support.drift_catalogue.page import COMMAND, PAGE, page


def test_the_page_of_the_catalogue_is_up_to_date(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PAGE.write_text(page(), encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page(), f"run: {COMMAND}"
