"""The page of the fault matrix, as far as it can be checked without the runs.

That its cells are what happens is checked by tests/rules/test_fault_matrix.py.
"""

import re

from support.matrix.cells import FAULTS, Verdict
from support.matrix.page import COMMAND, MEANINGS, PAGE, UNKNOWN, VERDICTS, page, rows_in


def test_all_of_the_page_but_its_cells_is_written_by_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert page(rows_in(text)) == text, f"run: {COMMAND}"


def test_every_fault_and_every_verdict_is_explained() -> None:
    assert set(MEANINGS) == set(FAULTS)
    assert set(VERDICTS) == set(Verdict)


def test_every_cell_is_a_verdict() -> None:
    texts = {
        text for row in rows_in(PAGE.read_text(encoding="utf-8")).values() for text in row.values()
    }

    assert {re.sub(r", \d+$", "", text) for text in texts} - {UNKNOWN} <= set(VERDICTS)
