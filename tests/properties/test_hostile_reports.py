"""Whatever names and messages hold, a report shows it and the terminal does nothing."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.source import Position
from dynaprov.model.visible import json_text
from dynaprov.report.diagnostics import print_diagnostics
from dynaprov.report.document import plan_document, run_document
from dynaprov.report.outputs import FORMATS, written
from dynaprov.report.terminal import print_plan, print_run
from support.hostile import ACTING
from support.sample_plans import EVERYTHING, went_wrong

EVIL = (
    "[red]x[/] [link=http://evil]y[/link] [/]",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b]8;;http://evil\x1b\\",
    "\x9b31m\x9d0;x\x9c",
    "a\r\nerror[DP999]: forged\n\x08\x08",
    "\u202egnp.exe\u2066\u200b\u2060\ufeff",
    "表" * 40,
    "n" * 3000,
    "e" + "\u0301" * 500,
    "\udcff\ud800",
)
evils = st.sampled_from(EVIL) | st.text(min_size=1, max_size=20)
#: Members that dynaprov itself fills with one of a few words, and identities that join members.
# fmt: off
OWN = frozenset({
    "format", "command", "action", "cause", "severity", "effect", "owner", "status", "risk",
    "category", "level", "fingerprint", "id", "operation", "needs", "after", "blocked_by",
    "not_before", "position", "layer", "address", "part_of", "covers", "path", "kind",
    "service", "method",
})
# fmt: on


def poisoned(value: Any, evil: str, name: str = "") -> Any:
    """The document with hostile text in every place that comes from elsewhere."""
    if isinstance(value, dict):
        return {key: poisoned(each, evil, key) for key, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each, evil, name) for each in value]
    return evil + value if isinstance(value, str) and value and name not in OWN else value


def page(draw: Callable[[Console], None], width: int) -> str:
    text = io.StringIO()
    draw(Console(file=text, width=width, color_system=None, markup=False, highlight=False))
    return text.getvalue()


def judge(text: str, evil: str) -> None:
    assert not ACTING.search(text)
    assert "error[DP999]: forged\n" not in text
    if evil == EVIL[0]:
        assert "[red]x[/]" in " ".join(text.split())


@given(evil=evils, width=st.sampled_from([40, 80, 160]))
@settings(settings.get_profile("properties"), max_examples=40)
def test_a_plan_of_hostile_names_is_plain_text(evil: str, width: int) -> None:
    document = poisoned(plan_document(EVERYTHING, command="diff"), evil)

    judge(page(lambda console: print_plan(document, console, explain=True), width), evil)
    assert not ACTING.search(json_text(document))
    assert json.loads(json_text(document)) == document


@given(evil=evils)
@settings(settings.get_profile("properties"), max_examples=20)
def test_a_run_of_hostile_names_is_plain_text(evil: str) -> None:
    document = poisoned(run_document(went_wrong()), evil)

    judge(page(lambda console: print_run(document, console), 80), evil)


@given(evil=evils)
@settings(settings.get_profile("properties"), max_examples=40)
def test_outputs_of_hostile_names_are_plain_text(evil: str) -> None:
    outputs = {"table_names": {evil: evil}, "list": [evil], "nested": {"a": {evil: None}}}

    for form in FORMATS:
        assert not ACTING.search(written(outputs, form))


@given(evil=evils, column=st.integers(1, 3100), width=st.sampled_from([40, 80]))
@settings(settings.get_profile("properties"), max_examples=60)
def test_a_diagnostic_of_hostile_text_is_plain_and_in_its_width(
    evil: str, column: int, width: int
) -> None:
    found = Diagnostic("DP110", "unknown key", evil, evil, Position(evil, 3, column), evil * 3)

    text = page(lambda console: print_diagnostics([found], console), width)

    assert not ACTING.search(text)
    assert all(cell_len(each) <= width for each in text.splitlines())


@pytest.mark.parametrize(
    ("line", "column", "caret"),
    [("a: b", 4, 3), ("表: b", 4, 4), ("\x1b: b", 4, 6), ("\ta: b", 5, 4), ("e\u0301: b", 5, 3)],
)
def test_the_caret_stands_under_its_character(line: str, column: int, caret: int) -> None:
    found = Diagnostic("DP110", "unknown key", "x", position=Position("f", 3, column), text=line)

    lines = page(lambda console: print_diagnostics([found], console), 80).splitlines()

    assert lines[3].index("^") - lines[3].index("|") - 2 == caret
