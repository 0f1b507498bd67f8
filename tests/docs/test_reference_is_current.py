"""The pages of the reference that follow from kinds, specs and guards say what the code says."""

from pathlib import Path

import pytest

from support.kind_pages import pages

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_the_generated_page_is_up_to_date(name: str, request: pytest.FixtureRequest) -> None:
    page = REFERENCE / f"{name}.md"
    if request.config.getoption("--update-golden"):
        page.parent.mkdir(exist_ok=True)
        page.write_text(PAGES[name], encoding="utf-8")

    assert page.exists(), "run: pytest tests/docs --update-golden"
    assert page.read_text(encoding="utf-8") == PAGES[name], "run: pytest tests/docs --update-golden"


def test_every_page_of_a_kind_is_one_of_a_kind_that_there_is() -> None:
    found = {f"kinds/{page.stem}" for page in (REFERENCE / "kinds").glob("*.md")}

    assert found == {name for name in PAGES if name.startswith("kinds/")}
