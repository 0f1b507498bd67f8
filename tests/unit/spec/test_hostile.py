"""What a specs directory may hold that no spec is, each with its one reason."""

import os
from pathlib import Path

import pytest
import yaml

from dynaprov.model.errors import SpecInvalid, UsageProblem
from dynaprov.model.source import Layer
from dynaprov.spec.glimpse import region
from dynaprov.spec.load import load
from dynaprov.spec.nodes import Source
from dynaprov.spec.parsing import MOST_VALUES, parse
from dynaprov.spec.resolve import load_specs
from dynaprov.spec.starter import starter_files
from support.spec_files import PROJECT, brief, problems, resolved, write

ORDERS = "tables/orders.yaml"


def only(tmp_path: Path, text: str) -> tuple[str, str]:
    """Place and detail of the one problem of a table's file."""
    [found] = problems(tmp_path, {ORDERS: text})
    return brief((found,))[0], found.detail


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    root = write(tmp_path, {})
    os.mkfifo(root / "tables" / "pipe.yaml")

    [found] = load(root).problems

    assert (found.code, found.detail) == ("DP123", "it is not a file")


def test_a_device_without_end_is_not_read(tmp_path: Path) -> None:
    root = write(tmp_path, {})
    (root / "tables" / "zeros.yaml").symlink_to("/dev/zero")

    [found] = load(root).problems

    assert (found.code, found.detail) == ("DP123", "it is not a file")


def test_a_folder_with_the_name_of_a_file_is_told(tmp_path: Path) -> None:
    root = write(tmp_path, {})
    (root / "tables" / "folder.yaml").mkdir()

    [found] = load(root).problems

    assert (found.code, found.detail) == ("DP123", "it is not a file")


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    root = write(tmp_path, {})
    (root / "tables" / "loop.yaml").symlink_to("loop.yaml")

    assert [found.code for found in load(root).problems] == ["DP123"]


def test_a_directory_whose_name_is_too_long_is_told() -> None:
    with pytest.raises(SpecInvalid) as invalid:
        load("d" * 5000)

    assert [each.code for each in invalid.value.diagnostics] == ["DP123"]


def test_a_file_that_cannot_be_read_misses_nothing(tmp_path: Path) -> None:
    found = problems(tmp_path, {"project.yaml": "a: [", ORDERS: "\0"})

    assert brief(found) == ["DP101 project.yaml:2:1", "DP101 tables/orders.yaml:1:1"]


def test_a_name_that_is_no_utf_8_is_written_out(tmp_path: Path) -> None:
    root = write(tmp_path, {})
    (root / "tables" / os.fsdecode(b"\xff\x1b[1m.yaml")).write_text("partition_key: id\n")

    with pytest.raises(SpecInvalid) as invalid:
        load_specs(root, "dev")

    assert "the table's name is `\\udcff\\x1b[1m`" in [d.detail for d in invalid.value.diagnostics]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_lines_are_counted_as_yaml_counts_them(end: str, tmp_path: Path) -> None:
    [found] = problems(tmp_path, {ORDERS: end.join(["partition_key: id", "# \v \f", "ttll: x"])})

    assert brief((found,)) == ["DP101 tables/orders.yaml:2:3"]

    [found] = problems(tmp_path, {ORDERS: end.join(["partition_key: id", "# more", "ttll: x"])})

    assert (brief((found,)), found.text) == (["DP110 tables/orders.yaml:3:1"], "ttll: x")


@pytest.mark.parametrize("number", ["1e999", "-1e999", ".inf", ".nan"])
def test_what_no_number_can_hold_is_text(number: str, tmp_path: Path) -> None:
    text = f"partition_key: id\nretention_days: {number}\n"

    place, detail = only(tmp_path, text)

    assert place == "DP111 tables/orders.yaml:2:17"
    assert detail == f'`retention_days` must be a whole number; it is the text "{number}"'


def test_values_are_counted(tmp_path: Path) -> None:
    place, detail = only(tmp_path, "a: [" + "1," * MOST_VALUES + "]")

    assert (place[:5], detail) == ("DP105", "the file holds more than 100,000 values")


@pytest.mark.parametrize("escape", ["\\U00110000", "\\UFFFFFFFF"])
def test_an_escape_of_no_character_is_told_by_either_parser(escape: str) -> None:
    source = Source("a.yaml", Layer.TABLE, f'a: "{escape}"')

    for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        node, [found] = parse(source, loader)
        assert (node, found.code) == (None, "DP101")


def test_a_detail_is_one_short_line(tmp_path: Path) -> None:
    forged = '"x\\nerror[DP999]: all is well \\e[31m' + "a" * 900 + '"'
    [found] = problems(tmp_path, {ORDERS: f"partition_key: id\n{forged}: 1\n"})

    assert found.detail.startswith("nothing is called `x\\nerror[DP999]: all is well \\x1b[31maaa")
    assert found.detail.endswith("...")
    assert len(found.detail) < 600


def test_a_path_of_set_may_be_as_deep_as_a_file(tmp_path: Path) -> None:
    deep = ".".join("a" * 5000) + "=1"

    assert [found.code for found in problems(tmp_path, {}, deep)] == ["DP122"]


def test_a_byte_order_mark_inside_a_name_is_visible(tmp_path: Path) -> None:
    [found] = problems(tmp_path, {ORDERS: 'partition_key: id\n"\ufeffttl": none\n'})

    assert found.detail == "nothing is called `\\ufeffttl`"
    assert found.hint == "did you mean `ttl`?"


def test_what_a_person_wrote_stays_as_it_is(tmp_path: Path) -> None:
    text = 'partition_key: id\ndescription: "Größe \\e[31m 表"\n'

    assert resolved(tmp_path, {"project.yaml": PROJECT, ORDERS: text}).spec.tables[
        "orders"
    ].description == ("Größe \x1b[31m 表")


def test_a_glimpse_reads_no_more_than_the_real_reading(tmp_path: Path) -> None:
    root = write(tmp_path, {})
    (root / "environments" / "dev.yaml").unlink()
    os.mkfifo(root / "environments" / "dev.yaml")

    assert region(root, None) == "eu-west-1"
    assert region(root, "../../../../../dev/zero\0") == "eu-west-1"


@pytest.mark.parametrize("name", ["", "x: [", "a\nb: c", "{project}", "\x1b[31m"])
def test_starter_specs_are_written_for_names_only(name: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        starter_files(name)

    assert [each.code for each in refused.value.diagnostics] == ["DP119"]
