"""Small texts: values, durations, outputs for other programs."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from dynaprov.model.visible import harmless
from dynaprov.report.outputs import written
from dynaprov.report.text import cut, data, duration, plural, print_line, print_wrapped, value


@pytest.mark.parametrize(
    ("encoded", "shown"),
    [
        (None, "none"),
        (True, "on"),
        (False, "off"),
        (5, "5"),
        ("text", "text"),
        ("", '""'),
        (" spaced", '" spaced"'),
        (["a", 1], "[a, 1]"),
        ({"a": {"b": None}}, "{a: {b: none}}"),
        ({"$ref": "kms-key", "output": "arn"}, "(arn of kms-key, known when it exists)"),
        ({"$band": [5, 20]}, "5..20"),
        ({"$map": {"$ref": "x"}}, "{$ref: x}"),
    ],
)
def test_values_are_short_and_unmistakable(encoded: Any, shown: str) -> None:
    assert value(encoded) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.42, "0.4 s"), (12.9, "12 s"), (200.0, "3 min 20 s"), (3900.0, "1 h 5 min")],
)
def test_durations_use_the_units_that_fit(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_counting_and_cutting() -> None:
    assert [plural(n, "index", "indexes") for n in (0, 1, 2)] == [
        "0 indexes",
        "1 index",
        "2 indexes",
    ]
    assert cut("abcdefgh", 6) == "abc..."
    assert cut("abc", 6) == "abc"


def test_control_characters_are_written_out() -> None:
    assert harmless("a\x1b[1m\nb\tc\x9b") == "a\\x1b[1m\\nb\\tc\\x9b"


leaves = st.none() | st.booleans() | st.integers() | st.text()
trees = st.dictionaries(
    st.text(min_size=1),
    st.recursive(
        leaves | st.lists(leaves),
        lambda inner: st.dictionaries(st.text(min_size=1), inner),
        max_leaves=6,
    ),
    min_size=1,
)


@given(trees)
def test_yaml_reads_back_as_what_was_written(tree: dict[str, Any]) -> None:
    assert yaml.safe_load(written(tree, "yaml")) == tree


def test_yaml_quotes_what_yaml_would_read_as_something_else() -> None:
    tree = {"a": "on", "b": "1e3", "c": "x: y", "d": {}, "e": [], "f": "2026-01-01", "g": "n"}
    assert yaml.safe_load(written(tree, "yaml")) == tree


def test_dotenv_names_are_variables_and_values_are_safe_for_a_shell() -> None:
    text = written(
        {"table_names": {"log-metadata": "a b", "x": "it's"}, "k": None, "n": [1, "$HOME"]},
        "dotenv",
    )
    assert text.splitlines() == [
        "TABLE_NAMES_LOG_METADATA='a b'",
        "TABLE_NAMES_X='it'\\''s'",
        "K=",
        "N='[1, \"$HOME\"]'",
    ]


def test_json_and_table_hold_the_same() -> None:
    tree = {"names": {"a": "x", "b": ["y", "z"]}, "one": None, "flags": {"on": True}}
    assert json.loads(written(tree, "json")) == tree
    assert written(tree, "table") == (
        "names\n  a  x\n  b  y, z\n\none\n  none\n\nflags\n  on  true\n"
    )


def _log(width: int = 40) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None, markup=False, emoji=False)


def _written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@given(st.text(max_size=60))
def test_a_line_of_a_log_is_what_rich_prints_without_colour(text: str) -> None:
    quick, slow = _log(), _log()

    print_line(quick, Text("  ") + data(text, "bold"))
    slow.print(Text("  ") + data(text, "bold"), soft_wrap=True)

    assert _written(quick) == _written(slow)


@given(st.lists(st.sampled_from(["a", "bb", "word", "x" * 30, "\u6f22\u5b57"]), max_size=12))
def test_a_paragraph_breaks_where_rich_breaks_it(words: list[str]) -> None:
    console, slow = _log(), _log()
    text = Text(" ".join(words))

    print_wrapped(console, text)
    for line in text.wrap(slow, slow.width) or [Text()]:
        line.rstrip()
        slow.print(line, soft_wrap=True)

    assert _written(console) == _written(slow)


def test_colour_stays_where_there_is_some() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard")

    print_line(console, data("x", "bold"))

    assert _written(console) == "\x1b[1mx\x1b[0m\n"
