from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaprov.model.source import Layer
from dynaprov.spec import parsing
from dynaprov.spec.nodes import Source, plain
from dynaprov.spec.parsing import decoded, parse


def read(text: str, loader: Any = parsing.QUICKEST) -> tuple[Any, list[str]]:
    node, found = parse(Source("a.yaml", Layer.TABLE, text), loader)
    return node and plain(node), [f"{p.code} {p.position} {p.text}" for p in found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("True", "True"),
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("010", "010"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        (".inf", ".inf"),
        ("1" * 30, "1" * 30),
        ("2026-01-31", "2026-01-31"),
        ("'7'", "7"),
        ('""', ""),
        ("none", "none"),
        ("[1, a]", [1, "a"]),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
        ("|\n  x\n  y\n", "x\ny\n"),
    ],
)
def test_a_plain_value_means_what_it_says(text: str, value: object) -> None:
    assert read(f"key: {text}") == ({"key": value}, [])


def test_an_empty_file_is_an_empty_mapping() -> None:
    for text in ("", "# only this\n", "---\n", "~"):
        assert read(text) == ({}, [])


def test_keys_and_values_know_their_places() -> None:
    node, _ = parse(Source("a.yaml", Layer.TABLE, "a:\n  b: 1\nc: [x,\n  y]\n"))
    assert node is not None
    inner = node.get("a")
    assert inner is not None
    b = inner.get("b")
    assert b is not None
    assert str(inner.origin) == "a.yaml:1:1 (table)"
    assert str(b.key_position) == "a.yaml:2:3"
    assert str(b.origin) == "a.yaml:2:6 (table)"
    c = node.get("c")
    assert c is not None
    assert isinstance(c.value, list)
    assert str(c.value[1].position) == "a.yaml:4:3"
    assert str(c.value[1].key_position) == "a.yaml:4:3"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: b: c", ["DP101 a.yaml:1:5 a: b: c"]),
        ("a: 1\nb: [1, 2\n", ["DP101 a.yaml:3:1 "]),
        ("a: \x07", ["DP101 a.yaml:1:4 a: \x07"]),
        ("a: 1\n\tb: 1\n", ["DP102 a.yaml:2:1 \tb: 1"]),
        ("a:\n\tb: 1\n \tc: 2\n", ["DP102 a.yaml:2:1 \tb: 1", "DP102 a.yaml:3:2  \tc: 2"]),
        ("a: 1\nb: 2\na: 3", ["DP103 a.yaml:3:1 a: 3"]),
        ("a: *x", ["DP104 a.yaml:1:4 a: *x"]),
        ("a: &x [*x]", ["DP104 a.yaml:1:8 a: &x [*x]"]),
        ("- &x ~\n- *x", ["DP109 a.yaml:1:3 - &x ~", "DP104 a.yaml:2:3 - *x"]),
        ("1: a", ["DP106 a.yaml:1:1 1: a"]),
        ("true: a", ["DP106 a.yaml:1:1 true: a"]),
        ("? [a]\n: 1", ["DP106 a.yaml:1:3 ? [a]"]),
        ("? {a: 1}\n: 1\n? b\n: 2", ["DP106 a.yaml:1:3 ? {a: 1}"]),
        ("a: &x b\n*x : 1", ["DP106 a.yaml:2:1 *x : 1"]),
        ("~: 1", ["DP106 a.yaml:1:1 ~: 1"]),
        ("a: 1\n---\nb: 2", ["DP107 a.yaml:2:1 ---"]),
        ("a: !x 1", ["DP107 a.yaml:1:4 a: !x 1"]),
        ("a: !!str 1", ["DP107 a.yaml:1:4 a: !!str 1"]),
        ("b: &b {c: 1}\na:\n  <<: *b", ["DP107 a.yaml:3:3   <<: *b"]),
        ("a:\nb: 1", ["DP109 a.yaml:1:1 a:"]),
        ("a: null", ["DP109 a.yaml:1:1 a: null"]),
        ("a: [1, ~]", ["DP109 a.yaml:1:8 a: [1, ~]"]),
    ],
)
def test_each_deviation_is_reported_at_its_place(text: str, found: list[str]) -> None:
    assert read(text)[1] == found


def test_an_empty_value_comes_with_the_two_ways_out() -> None:
    _, [problem] = parse(Source("a.yaml", Layer.TABLE, "ttl:"))
    assert problem.hint == "write `none` to switch it off, or remove the line to leave it untouched"


def test_a_small_alias_is_read() -> None:
    assert read("a: &x {c: [1]}\nb: *x")[0] == {"a": {"c": [1]}, "b": {"c": [1]}}


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    value, found = read("\n".join(lines))
    assert value is None
    assert [each.split()[0] for each in found] == ["DP104"]


def test_nesting_ends_at_a_depth() -> None:
    value, found = read("[" * 500)
    assert value is None
    assert [each[:18] for each in found] == [f"DP105 a.yaml:1:{parsing.DEEPEST + 1} "]


def test_nesting_ends_where_the_parser_gives_up_by_itself() -> None:
    value, found = read("[" * 100_000)
    assert value is None
    assert [each[:15] for each in found] == ["DP105 a.yaml:1:"]


def test_a_file_that_is_too_large_is_not_parsed() -> None:
    text, found = decoded(Source("a.yaml", Layer.TABLE), b"#" * (parsing.LARGEST_FILE + 1))
    assert text == ""
    assert [p.code for p in found] == ["DP105"]


def test_a_file_in_another_encoding_names_the_byte() -> None:
    text, [problem] = decoded(Source("a.yaml", Layer.TABLE), "a: 1\nb: é".encode("latin-1"))
    assert text == ""
    assert (problem.code, str(problem.position)) == ("DP108", "a.yaml:2:4")


def test_text_that_is_no_text_is_reported() -> None:
    assert read("a: \udc80")[1] == ["DP108 a.yaml "]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decoded(Source("a.yaml", Layer.TABLE), b"\xef\xbb\xbfa: 1") == ("a: 1", [])


def test_python_s_own_parser_gives_the_same_tree() -> None:
    text = "a: &x {b: 1}\nc: [*x, 'yes']\nd: 1:30\n"
    assert read(text, yaml.SafeLoader) == read(text)
    assert [each.split()[0] for each in read("a: \x07", yaml.SafeLoader)[1]] == ["DP101"]
    assert [each.split()[0] for each in read("a:\n\tb: 1", yaml.SafeLoader)[1]] == ["DP102"]


PIECES = [": ", "\n", "  ", "- ", "&a ", "*a", "? ", "!x ", "|\n", "---\n", "<<", "true", "\x00"]
FRAGMENTS = st.sampled_from([*PIECES, *"a[]{}'\"\t~#,1é%"])


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENTS, max_size=25).map("".join) | st.text(max_size=60))
def test_any_text_gives_a_tree_or_problems(text: str) -> None:
    node, found = parse(Source("a.yaml", Layer.TABLE, text))
    assert node is not None or found
