"""The page about DynamoDB Local, as far as it can be checked without it.

That each of its claims passed is checked where they run: `tox -e ddblocal`.
"""

import ast
from pathlib import Path

from support.ddblocal_page import DIFFERENCES, PAGE, page

TESTS = Path(__file__).parents[1]


def test_the_page_names_every_test_there_is() -> None:
    wanted = page()

    assert PAGE.read_text(encoding="utf-8") == wanted, "run: tox -e ddblocal -- --update-golden"


def test_every_difference_is_shown_by_a_test() -> None:
    sources = [*(TESTS / "ddblocal").glob("test_*.py"), *(TESTS / "unit").glob("test_*.py")]
    defined = {
        node.name
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }

    assert {test for _, _, test in DIFFERENCES} <= defined
