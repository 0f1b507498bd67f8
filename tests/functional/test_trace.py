"""``--trace``: what a command did when, written however it ends."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dynaprov.cli.door import Door
from dynaprov.cli.options import Options
from dynaprov.cli.stages import Stages
from dynaprov.local import in_process, local_environment
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Stopped
from dynaprov.model.events import Listener
from dynaprov.model.plan import Plan
from dynaprov.model.spec import Spec
from dynaprov.spec.resolve import load_specs
from support.command_line import Runner
from support.converging import SHIPPED
from support.fake_stages import FakeStages
from support.recording import Requests, requests
from support.sample_plans import IN_SYNC, first_apply


def events(file: Path, phase: str) -> list[dict[str, Any]]:
    found = json.loads(file.read_text(encoding="utf-8"))["traceEvents"]
    return [each for each in found if each["ph"] == phase]


def stages_in(file: Path) -> list[str]:
    return [each["name"] for each in events(file, "X") if each["cat"] == "stages"]


class InProcess(Stages):
    """Like ``--local``, without a server; the endpoint is in this process."""

    @contextlib.contextmanager
    def surroundings(self, options: Options, region: str) -> Iterator[str | None]:
        yield None


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Requests]:
    """An empty account in this process, and what is sent to it."""
    for name, value in local_environment().items():
        monkeypatch.setenv(name, value)
    with in_process():
        seen = requests()
        seen.clear()
        yield seen


def test_a_first_apply_is_traced_from_the_specs_to_the_verification(
    sent: Requests, dynaprov: Runner, tmp_path: Path
) -> None:
    file = tmp_path / "trace.json"
    options = ("--specs", str(SHIPPED), "--local", "--trace", str(file))

    finished = dynaprov("apply", "--yes", *options, stages=InProcess())

    assert finished.code == 0
    assert stages_in(file) == ["loading", "observing", "planning", "executing", "verifying"]
    slices = events(file, "X")
    requests = [each for each in slices if each["cat"] == "requests to AWS"]
    assert len(requests) == len(sent)
    operations = {each["name"]: each for each in slices if each["cat"] == "operations"}
    assert operations["kms-key:create"]["args"]["call"] == "kms:CreateKey"
    links = {(each["ph"], each["id"]): each for each in events(file, "s") + events(file, "f")}
    needs = [need for each in operations.values() for need in each["args"].get("needs", ())]
    assert len(links) == 2 * len(needs) > 0
    for name, each in operations.items():
        for need in each["args"].get("needs", ()):
            first = operations[need]
            assert first["ts"] + first["dur"] <= each["ts"], (need, name)
    assert "123456789012" not in file.read_text(encoding="utf-8")


def test_a_diff_is_traced(dynaprov: Runner, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"

    assert dynaprov("diff", "--trace", str(file), stages=FakeStages(IN_SYNC)).code == 0

    assert stages_in(file) == ["loading"]


class Failing(FakeStages):
    """Stages whose comparison does not get through."""

    def __init__(self, problem: BaseException) -> None:
        super().__init__(IN_SYNC)
        self.why = problem

    def diff(self, spec: Spec, door: Door, options: Options, listener: Listener) -> Plan:
        raise self.why


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (Stopped(Diagnostic("DP201", "no credentials", "none")), 1),
        (KeyboardInterrupt(), 130),
        (RuntimeError("a defect"), 1),
    ],
)
def test_the_trace_is_written_when_the_command_fails_or_is_interrupted(
    dynaprov: Runner, tmp_path: Path, problem: BaseException, code: int
) -> None:
    file = tmp_path / "trace.json"

    finished = dynaprov("apply", "--yes", "--trace", str(file), stages=Failing(problem))

    assert finished.code == code
    assert stages_in(file) == ["loading"]


def test_a_trace_that_cannot_be_written_stops_the_command_before_it_does_anything(
    dynaprov: Runner, tmp_path: Path
) -> None:
    stages = FakeStages(first_apply(), IN_SYNC)

    finished = dynaprov("apply", "--yes", "--trace", str(tmp_path / "no" / "t.json"), stages=stages)

    assert (finished.code, stages.applied) == (1, [])
    assert "DP509" in finished.err


def test_a_trace_that_fails_at_the_end_does_not_change_the_result(
    dynaprov: Runner, tmp_path: Path
) -> None:
    file = tmp_path / "trace.json"
    stages = FakeStages(first_apply(), IN_SYNC)

    def replace_the_file() -> None:
        file.unlink()
        file.mkdir()

    stages.on_apply = replace_the_file

    finished = dynaprov("apply", "--yes", "--trace", str(file), stages=stages)

    assert finished.code == 0
    assert "The trace was not written" in finished.err


def test_a_destroy_is_traced(sent: Requests, tmp_path: Path) -> None:
    spec = replace(load_specs(SHIPPED, "dev").spec, allow_destroy=True)
    file = tmp_path / "trace.json"
    stages = InProcess()
    options = Options(local=True, trace=str(file))
    stages.begin_trace(str(file))

    with stages.door(options, spec, writes=True) as door:
        plan = stages.plan_destroy(spec, door, options, lambda event: None, keep_data=False)
    stages.end_trace(str(file))
    stages.end_trace(str(file))  # nothing more to write

    assert plan.is_empty
    assert stages_in(file) == ["loading", "observing", "planning"]
