"""Any bytes at all as spec files: a resolved spec, or reasons at their places; nothing else."""

import resource
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dynaprov.model.errors import SpecInvalid
from dynaprov.model.source import Layer
from dynaprov.spec.nodes import Source
from dynaprov.spec.parsing import parse
from support.hostile import SHIPPED, emptied, judged, specs

PROFILE = settings(settings.get_profile("properties"), max_examples=60)
NAMES = ("project.yaml", "tables/orders.yaml", "environments/dev.yaml")

names = st.sampled_from(NAMES)
shipped = st.sampled_from(sorted(SHIPPED.glob("**/*.yaml"))).map(lambda path: path.read_text())
#: Pieces of YAML that have gone wrong somewhere, in some program.
pieces = st.sampled_from(
    [
        *("a: ", "- ", "? ", ": ", "[", "]", "{", "}", ", ", "#", "|\n", ">-\n", "---\n", "...\n"),
        *("&a ", "*a", "<<: *a\n", "!!python/object/apply:os.system ['id']", "!!binary x", "! "),
        *("~", "null", "none", "true", ".nan", ".inf", "1e999", "9" * 40, "0x1f", "1:30", "010"),
        *("2026-01-31", "\t", " ", "\n", "\r\n", "\r", "\x85", "\u2028", "\u2029", "\ufeff", "\0"),
        *("\x1b[31m", "\x9b", "\u202e", "\u200b", "\U000e0001", "[red]", "[/]", "'", '"', "%YAML"),
        *("partition_key: ", "indexes:\n  ByA:\n    ", "tags: ", "ttl: ", "alarms: ", "tables: "),
    ]
)
# fmt: off
KEYS = [
    "partition_key", "sort_key", "indexes", "capacity", "ttl", "pitr", "alarms", "scaling",
    "insights", "tags", "kms_key", "topic", "dashboard", "defaults", "tables", "orders",
    "limits", "accounts", "projection", "policy", "statements", "subscriptions",
    "access_policies", "vpc_endpoint", "table",
]
# fmt: on
documents: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["none", "ALL", "kms-key", "PROVISIONED", "id"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=6) | st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def judge(workplace: Path, **files: bytes) -> Any:
    return judged(specs(emptied(workplace / "specs"), files))


@given(name=names, content=st.binary(max_size=200))
@example(name=NAMES[1], content="partition_key: id".encode("utf-16"))
@example(name=NAMES[1], content=b"\xff\xfe\0\0")
@example(name=NAMES[1], content=b"\xed\xa0\x80: 1")
@PROFILE
def test_any_bytes_are_a_spec_or_refused(name: str, content: bytes, workplace: Path) -> None:
    judge(workplace, **{name: content})


@given(name=names, parts=st.lists(pieces | st.text(max_size=5), max_size=25))
@PROFILE
def test_any_pieces_of_yaml_are_a_spec_or_refused(
    name: str, parts: list[str], workplace: Path
) -> None:
    judge(workplace, **{name: "".join(parts).encode("utf-8", "surrogatepass")})


@given(name=names, document=documents)
@PROFILE
def test_any_document_is_a_spec_or_refused(name: str, document: Any, workplace: Path) -> None:
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    judge(workplace, **{name: text.encode("utf-8", "surrogatepass")})


@given(name=names, text=shipped, cuts=st.lists(st.integers(0, 3000), max_size=3), part=pieces)
@PROFILE
def test_a_damaged_shipped_spec_is_a_spec_or_refused(
    name: str, text: str, cuts: list[int], part: str, workplace: Path
) -> None:
    for cut in cuts:
        at = cut % (len(text) + 1)
        text = text[:at] + part + text[at + cut % 3 :]
    judge(workplace, **{name: text.encode("utf-8", "surrogatepass")})


@given(word=st.text(max_size=30) | st.lists(pieces, max_size=8).map("".join))
@example(word=".".join("a" * 5000) + "=1")
@example(word="a=" + "[" * 500)
@PROFILE
def test_any_word_of_set_is_read_or_refused(word: str, workplace: Path) -> None:
    judged(specs(emptied(workplace / "specs"), {}), word)


@given(text=st.text(max_size=60) | st.lists(pieces, max_size=15).map("".join))
@example(text='a: "\\UFFFFFFFF"')
@example(text='a: "\\ud800"')
@PROFILE
def test_python_s_own_parser_raises_nothing_either(text: str) -> None:
    parse(Source("a.yaml", Layer.TABLE, text), yaml.SafeLoader)


LARGE = {
    "brackets": b"[" * 900_000,
    "braces": b"{a: " * 200_000,
    "question marks": b"? " * 400_000,
    "dashes": b"- " * 400_000,
    "deeper and deeper": b"".join(b" " * depth + b"a:\n" for depth in range(1000)),
    "empty values": b"a:\n" * 330_000,
    "unknown keys": b"".join(b"k%d: 1\n" % number for number in range(45_000)),
    "one long list": b"a: [" + b"1," * 90_000 + b"]",
    "too many values": b"a: [" + b"1," * 400_000 + b"]",
    "wrong indexes": b"indexes: {" + b",".join(b"k%d: {x: 1}" % n for n in range(20_000)) + b"}",
    "many indexes": b"partition_key: id\nindexes: {"
    + b",".join(b"k%d: {partition_key: a, projection: ALL}" % n for n in range(9000))
    + b"}",
    "many tags": b"partition_key: id\ntags: {"
    + b",".join(b"k%d: x" % n for n in range(45_000))
    + b"}",
    "a long key": b"a" * 900_000 + b": 1",
    "a long text": b"partition_key: " + b"a" * 900_000,
    "tabs": b"\ta: 1\n" * 150_000,
    "aliases that multiply": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"k%d: *a\n" % number for number in range(9000)),
    "quotes": b"'" * 900_000,
    "lines with carriage returns": b"a: 1\r" * 180_000,
    "a whole megabyte more": b"# " * 1_000_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_costs_little(name: str, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()

    judged(specs(tmp_path, {NAMES[1]: LARGE[name]}))

    assert time.process_time() - begun < 60  # seconds; some two on an idle machine
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


def test_of_many_problems_the_first_hundred_are_told(tmp_path: Path) -> None:
    found = judged(specs(tmp_path, {NAMES[1]: b"a:\n" * 130}))

    assert isinstance(found, SpecInvalid)
    assert [len(found.diagnostics), found.diagnostics[-1].code] == [101, "DP126"]
    assert found.diagnostics[-1].detail == "and 31 more"
