"""Text from elsewhere: nothing in it acts on a terminal, and nothing in it hides."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaprov.model.visible import harmless, harmless_lines, json_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("orders", "orders"),
        ("Größe 表 é", "Größe 表 é"),
        ("[red]x[/] [link=https://x]y[/link]", "[red]x[/] [link=https://x]y[/link]"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]8;;http://x\x07y\x1b]8;;\x07", "\\x1b]8;;http://x\\x07y\\x1b]8;;\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("a\u200bb\u2060c\ufeff", "a\\u200bb\\u2060c\\ufeff"),
        ("\U000e0041\U000e007f", "\\U000e0041\\U000e007f"),
        ("a\xa0b\u3000c", "a\\xa0b\\u3000c"),
        ("\udcff\ud800", "\\udcff\\ud800"),
        ("\u3164\u115f\u2800", "\\u3164\\u115f\\u2800"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 6, "e" + "\u0301" * 3 + "\\u0301" * 3),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_every_character_without_a_shape_of_its_own_is_written_out() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or (category == "Zs" and code != 32):
            assert harmless(character) != character, hex(code)


def test_the_lines_of_a_text_of_several_lines_stay() -> None:
    assert harmless_lines("a\x1b\nb\r\n") == "a\\x1b\nb\\r\n"


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_says_the_same_and_shows_everything(document: object) -> None:
    text = json_text(document)

    assert json.loads(text) == document
    assert harmless_lines(text) == text


def test_json_escapes_what_a_terminal_would_read() -> None:
    assert json_text("\x7f\x9b\u202e\U000e0001\udc80é") == (
        '"\\u007f\\u009b\\u202e\\udb40\\udc01\\udc80é"'
    )
