"""The file of exceptions: read with places, refused with hints, written so that it reads back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaprov.model.errors import SpecInvalid
from dynaprov.model.finding import ExceptionRule
from dynaprov.spec.exceptions import load_exceptions, written_exceptions
from dynaprov.spec.load import load

WHOLE = """\
exceptions:
- address: log-metadata/*
  path: tags.Team
  environments: [prod, stag*]
  reason: "renaming: see #12"
  owner: team-logs
  expires: 2027-01-31
  digest: 0123456789ab
- {address: "*", reason: r, owner: o, expires: "2027-02-01"}
"""

TEXTS = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=40
).filter(str.strip)


def file_of(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "exceptions.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_key_is_read(tmp_path: Path) -> None:
    first, second = load_exceptions(file_of(tmp_path, WHOLE))

    assert replace(first, position=None) == ExceptionRule(
        "log-metadata/*",
        "tags.Team",
        "renaming: see #12",
        "team-logs",
        date(2027, 1, 31),
        ("prod", "stag*"),
        "0123456789ab",
    )
    assert first.position is not None
    assert (first.position.line, second.path) == (2, "*")


@pytest.mark.parametrize("text", ["", "# nothing\n", "exceptions: []\n"])
def test_an_empty_file_and_none_at_all_have_no_rules(tmp_path: Path, text: str) -> None:
    assert load_exceptions(file_of(tmp_path, text)) == ()
    assert load_exceptions(tmp_path / "absent.yaml") == ()


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("- a\n", "DP111", 1),
        ("exceptions: {}\n", "DP111", 1),
        ("exceptions: []\nexception: []\n", "DP110", 2),
        (WHOLE.replace("owner: team-logs", "owner: 7"), "DP111", 6),
        (WHOLE.replace("2027-01-31", "2027-02-30"), "DP115", 7),
        (WHOLE.replace("2027-01-31", "20270131"), "DP111", 7),
        (WHOLE.replace("0123456789ab", "xyz"), "DP115", 8),
        (WHOLE.replace('  reason: "renaming: see #12"\n', ""), "DP114", 2),
        (WHOLE + "- {address: '*', reason: s, owner: p, expires: 2027-02-01}\n", "DP103", 10),
        ("exceptions: [\n", "DP101", 2),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    with pytest.raises(SpecInvalid) as refused:
        load_exceptions(file_of(tmp_path, text))

    first = refused.value.diagnostics[0]
    assert first.position is not None
    assert (first.code, first.position.line) == (code, line)


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecInvalid, match="it is not a file"):
        load_exceptions(tmp_path)


@given(
    st.lists(
        st.builds(
            ExceptionRule,
            address=TEXTS,
            path=TEXTS | st.just("*") | st.just(""),
            reason=TEXTS,
            owner=TEXTS,
            expires=st.dates(date(1000, 1, 1), date(9999, 1, 1)),
            environments=st.lists(TEXTS, max_size=2).map(tuple),
            digest=st.sampled_from(["", "0123456789ab"]),
        ),
        max_size=4,
        unique_by=lambda rule: (rule.address, rule.path, rule.environments, rule.digest),
    )
)
def test_what_is_written_reads_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rules: list[ExceptionRule]
) -> None:
    file = tmp_path_factory.mktemp("written") / "exceptions.yaml"
    file.write_text(written_exceptions(rules), encoding="utf-8")

    read = load_exceptions(file)

    assert [replace(each, position=None) for each in read] == rules


def test_beside_the_spec_files_it_is_no_stranger(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text("project_name: shop\n")
    file_of(tmp_path, WHOLE).rename(tmp_path / "drift-exceptions.yaml")
    (tmp_path / "drift-exception.yaml").write_text("exceptions: []\n")

    codes = [each.code for each in load(tmp_path).problems]

    assert codes.count("DP116") == 1
