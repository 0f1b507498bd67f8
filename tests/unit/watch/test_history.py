"""Where checks keep what they hand on: three places that behave the same."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dynaprov.watch.history import (
    LARGEST_PARAMETER,
    Directory,
    HistoryProblem,
    Place,
    name_of,
    place_of,
)
from support.deliveries import FakeDeliverer
from support.sample_checks import document
from support.sample_plans import HERE

ELSEWHERE = replace(HERE, region="eu-west-1")
DOCUMENT = document()


@pytest.fixture(params=["directory", "s3", "ssm"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[FakeDeliverer], Place]:
    place = {
        "directory": str(tmp_path / "kept"),
        "s3": "s3://reports/drift/",
        "ssm": "ssm:/dynaprov/drift",
    }[request.param]
    return lambda deliverer: place_of(place, deliverer)


def test_what_is_kept_is_recalled_and_of_another_place_there_is_nothing(
    make: Callable[[FakeDeliverer], Place],
) -> None:
    place = make(FakeDeliverer())
    assert place.recall(HERE) is None

    place.keep(HERE, DOCUMENT)

    assert place.recall(HERE) == DOCUMENT["memory"]
    assert place.recall(ELSEWHERE) is None


def test_the_last_check_is_the_one_that_is_recalled(
    make: Callable[[FakeDeliverer], Place],
) -> None:
    place = make(FakeDeliverer())
    later = {**DOCUMENT, "checked_at": "2026-05-05T06:00:00+00:00", "memory": {"format": 1}}

    place.keep(HERE, DOCUMENT)
    place.keep(HERE, later)

    assert place.recall(HERE) == {"format": 1}


@pytest.mark.parametrize("place", ["s3://reports", "ssm:/dynaprov"])
def test_what_cannot_be_read_or_kept_is_told_with_its_permission(place: str) -> None:
    kept = place_of(place, FakeDeliverer("s3", "ssm"))

    with pytest.raises(HistoryProblem, match=r"needs s3:GetObject|needs ssm:GetParameter"):
        kept.recall(HERE)
    with pytest.raises(HistoryProblem, match=r"needs s3:PutObject|needs ssm:PutParameter"):
        kept.keep(HERE, DOCUMENT)


def test_a_directory_and_a_bucket_keep_every_report(tmp_path: Path) -> None:
    deliverer = FakeDeliverer()
    for place in (Directory(tmp_path), place_of("s3://reports/drift", deliverer)):
        place.keep(HERE, DOCUMENT)
    name = name_of(HERE)

    assert {each.name for each in (tmp_path / name).iterdir()} == {
        "20260504T060000.json",
        "latest.json",
    }
    assert set(deliverer.kept) == {
        f"reports/drift/{name}/20260504T060000.json",
        f"reports/drift/{name}/latest.json",
    }
    assert json.loads((tmp_path / name / "latest.json").read_bytes()) == DOCUMENT


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"memory": 1}', b"\xff", b"[" * 99_999])
def test_a_file_that_holds_no_report_is_told(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / name_of(HERE) / "latest.json"
    file.parent.mkdir()
    file.write_bytes(data)

    with pytest.raises(HistoryProblem, match="no report"):
        Directory(tmp_path).recall(HERE)


@pytest.mark.parametrize(
    "value", ["", "!", "bm90IGd6aXA=", base64.b64encode(gzip.compress(b"[]", mtime=0)).decode()]
)
def test_a_parameter_that_holds_nothing_of_ours_is_told(value: str) -> None:
    deliverer = FakeDeliverer()
    deliverer.kept[f"/dynaprov/{name_of(HERE)}"] = value

    with pytest.raises(HistoryProblem, match="not what a drift check has kept"):
        place_of("ssm:/dynaprov", deliverer).recall(HERE)


def scattered(number: int) -> int:
    """A number that cannot be packed with its neighbours."""
    return number * 2_654_435_761 * 2_246_822_519 % 2**61


def many(count: int) -> dict[str, Any]:
    memory = DOCUMENT["memory"]
    present = [f"table-{number:05}/index/{scattered(number):x}" for number in range(count)]
    return {**DOCUMENT, "memory": {**memory, "present": present}}


def test_a_parameter_leaves_out_first_what_is_needed_least() -> None:
    deliverer = FakeDeliverer()
    place = place_of("ssm:/dynaprov", deliverer)

    place.keep(HERE, many(2_000))

    assert place.recall(HERE) == {**DOCUMENT["memory"], "present": []}
    [call] = deliverer.sent("put_parameter")
    assert len(call["Value"]) <= LARGEST_PARAMETER


def test_a_memory_that_does_not_fit_into_a_parameter_is_told() -> None:
    finding = DOCUMENT["memory"]["findings"][0]
    found = [{**finding, "id": f"{scattered(n):x}", "digest": f"{n:x}"} for n in range(5_000)]
    large = {**DOCUMENT, "memory": {**DOCUMENT["memory"], "findings": found}}

    with pytest.raises(HistoryProblem, match="keep it in a bucket"):
        place_of("ssm:/dynaprov", FakeDeliverer()).keep(HERE, large)


@pytest.mark.parametrize(
    "text", ["s3://", "s3://A_b/c", "ssm:", "ssm:name", "ssm:/a//b", "ssm:/a/"]
)
def test_what_can_be_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        place_of(text, FakeDeliverer())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(HistoryProblem):
        Directory(tmp_path / "file").keep(HERE, DOCUMENT)
    with pytest.raises(HistoryProblem):
        Directory(tmp_path / "file").recall(HERE)


def test_the_name_of_an_entry_has_no_letter_that_a_path_could_stumble_over() -> None:
    assert name_of(replace(HERE, project="../..//x y")) == (".._..__x_y-dev-123456789012-us-east-1")
