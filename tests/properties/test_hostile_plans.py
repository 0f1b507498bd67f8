"""A saved plan counts as it was saved, or not at all."""

import contextlib
import copy
import json
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dynaprov.cli.saved_plan import read_plan, save_plan, sealed
from dynaprov.model.errors import Stopped, UsageProblem
from dynaprov.report.document import plan_document, plan_from_document
from support.odd import changed
from support.sample_plans import EVERYTHING

PROFILE = settings(settings.get_profile("properties"), max_examples=150)
SAVED = sealed({**plan_document(EVERYTHING, command="diff"), "options": {"env": "dev"}})


def refusal(path: Path) -> str:
    with pytest.raises(UsageProblem) as refused:
        read_plan(str(path))
    [found] = refused.value.diagnostics
    assert found.code == "DP505"
    return found.detail.removeprefix(f"{path}: ")


@given(seed=st.integers(0, 10**6), times=st.integers(1, 3))
@PROFILE
def test_a_changed_plan_is_refused_or_equals_the_original(
    seed: int, times: int, workplace: Path
) -> None:
    document = changed(SAVED, random.Random(seed), times)
    path = workplace / "plan.json"
    path.write_text(json.dumps(document))

    if json.dumps(document, sort_keys=True) == json.dumps(SAVED, sort_keys=True):
        assert read_plan(str(path)) == SAVED
    else:
        assert refusal(path)


@given(at=st.integers(0, 10**6), part=st.binary(max_size=6), gone=st.integers(0, 6))
@example(at=0, part=b"[" * 200_000, gone=0)
@example(at=0, part=b"\xff\xfe", gone=0)
@example(at=1, part=b'"a": ' + b"9" * 5000 + b",", gone=0)
@example(at=1, part=b'"a": NaN,', gone=0)
@example(at=1, part=b'"format": 1,', gone=0)
@PROFILE
def test_a_damaged_file_is_refused_or_equals_the_original(
    at: int, part: bytes, gone: int, workplace: Path
) -> None:
    data = json.dumps(SAVED, indent=2).encode()
    place = at % len(data)
    path = workplace / "plan.json"
    path.write_bytes(data[:place] + part + data[place + gone :])

    try:
        found = read_plan(str(path))
    except UsageProblem:
        assert refusal(path)
    else:
        assert found == SAVED


@given(seed=st.integers(0, 10**6), times=st.integers(1, 4))
@PROFILE
def test_a_document_is_decoded_or_refused_with_one_kind_of_error(seed: int, times: int) -> None:
    document = changed(SAVED, random.Random(seed), times)

    with contextlib.suppress(ValueError):
        plan_from_document(document)


def test_the_layout_of_a_saved_plan_means_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(dict(reversed(SAVED.items()))))

    assert read_plan(str(path)) == SAVED


@pytest.mark.parametrize("fingerprint", ["", "a", "A" * 64, "g" * 64, "a" * 65])
def test_a_fingerprint_that_would_fit_many_plans_is_refused(
    fingerprint: str, tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(sealed({**SAVED, "fingerprint": fingerprint})))

    assert refusal(path) == "it was changed after it was saved"


def test_another_option_than_approved_is_refused(tmp_path: Path) -> None:
    document = copy.deepcopy(SAVED)
    document["options"]["prune"] = True
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))

    assert refusal(path) == "it was changed after it was saved"


def test_a_plan_that_cannot_be_saved_is_told(tmp_path: Path) -> None:
    with pytest.raises(Stopped) as stopped:
        save_plan(str(tmp_path / "no" / "plan.json"), SAVED)

    assert [each.code for each in stopped.value.diagnostics] == ["DP515"]
