"""``--report FORM=FILE``: the result in further forms, in files and on stdout."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dynaprov.cli import reports
from dynaprov.model.plan import Plan
from dynaprov.report import forms
from support.clock import VirtualClock
from support.command_line import Finished, Runner
from support.fake_stages import FakeStages
from support.sample_checks import DRIFTED, MONDAY
from support.sample_plans import EVERYTHING, IN_SYNC


def run(dynaprov: Runner, *words: str, plan: Plan = DRIFTED) -> Finished:
    stages = FakeStages(plan)
    stages.clock = VirtualClock(MONDAY)
    return dynaprov(*words, stages=stages)


def test_the_option_knows_every_form() -> None:
    assert tuple(forms.OF_CHECK) == reports.OF_CHECK
    assert tuple(forms.OF_PLAN) == reports.OF_PLAN


def test_every_form_of_a_check_is_written_beside_what_stdout_shows(
    dynaprov: Runner, tmp_path: Path
) -> None:
    words = [f"--report={form}={tmp_path / form}" for form in forms.OF_CHECK]

    finished = run(dynaprov, "drift", *words)

    assert finished.code == 4
    assert finished.out == run(dynaprov, "drift").out
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(forms.OF_CHECK)
    document = json.loads((tmp_path / "json").read_text())
    for form, draw in forms.OF_CHECK.items():
        assert (tmp_path / form).read_text() == draw(document), form
        assert f"Wrote {form} to {tmp_path / form}" in finished.err


def test_every_form_of_a_plan_is_written(dynaprov: Runner, tmp_path: Path) -> None:
    words = [f"--report={form}={tmp_path / form}" for form in forms.OF_PLAN]
    saved = tmp_path / "plan.json"

    finished = run(dynaprov, "diff", "--out", str(saved), *words, plan=EVERYTHING)

    assert finished.out.startswith("dynaprov diff")
    assert json.loads((tmp_path / "json").read_text()) == json.loads(saved.read_text())
    assert "## Plan for" in (tmp_path / "markdown").read_text()


def test_one_report_may_take_the_place_of_stdout(dynaprov: Runner, tmp_path: Path) -> None:
    file = tmp_path / "report.md"

    finished = run(dynaprov, "drift", "--report", "junit=-", "--report", f"markdown={file}")

    assert ElementTree.fromstring(finished.out.encode()).tag == "testsuites"
    assert file.read_text().startswith("<!-- dynaprov drift ")
    assert run(dynaprov, "diff", "--report", "markdown=-").out.startswith("<!-- dynaprov plan ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("drift", "--report", "pdf=x"), "`pdf` is not a form: one of json, markdown"),
        (("diff", "--report", "junit=x"), "`junit` is not a form: one of json, markdown"),
        (("drift", "--report", "html"), "`html` names no file"),
        (("drift", "--report", "html="), "`html=` names no file"),
        (("drift", "--report", "html=-", "--report", "sarif=-"), "only one report can go to"),
        (("drift", "--report", "html=a", "--report", "sarif=./a"), "written to one file"),
        (("drift", "--report", "html=-", "--json"), "both want stdout"),
        (("diff", "--json", "--report", "markdown=-"), "both want stdout"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_done(
    dynaprov: Runner, words: tuple[str, ...], said: str
) -> None:
    finished = run(dynaprov, *words)

    assert finished.code == 64
    assert said in " ".join(finished.err.split())


def test_a_file_that_cannot_be_written_takes_nothing_away(dynaprov: Runner, tmp_path: Path) -> None:
    bad, good = tmp_path / "no" / "report.html", tmp_path / "report.xml"

    finished = run(
        dynaprov, "drift", "--report", f"html={bad}", "--report", f"junit={good}", "--json"
    )

    assert finished.code == 1
    assert json.loads(finished.out)["exit_code"] == 4
    assert "DP531" in finished.err
    assert str(bad) in "".join(finished.err.split())  # a long path is broken over lines
    assert good.exists()
    assert list(tmp_path.iterdir()) == [good]


def test_a_file_is_replaced_whole_and_keeps_its_permissions(
    dynaprov: Runner, tmp_path: Path
) -> None:
    file, link = tmp_path / "drift.prom", tmp_path / "link.prom"
    file.write_text("x" * 100_000)
    file.chmod(0o604)
    link.symlink_to(file)
    open_before = file.open()

    run(dynaprov, "drift", "--report", f"prometheus={link}", plan=IN_SYNC)

    with open_before:
        assert open_before.read() == "x" * 100_000
    assert file.read_text().startswith("# HELP dynaprov_drift_findings")
    assert file.stat().st_mode & 0o777 == 0o604
    assert link.is_symlink()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["drift.prom", "link.prom"]


def test_what_is_no_file_is_written_to_and_not_replaced(dynaprov: Runner, tmp_path: Path) -> None:
    finished = run(dynaprov, "drift", "--report", "markdown=/dev/null", plan=IN_SYNC)

    assert finished.code == 0
    assert Path("/dev/null").is_char_device()
    assert run(dynaprov, "drift", "--report", f"json={tmp_path}", plan=IN_SYNC).code == 1


def test_no_secret_is_in_any_form(dynaprov: Runner, tmp_path: Path) -> None:
    for form in forms.OF_CHECK:
        file = tmp_path / form
        run(dynaprov, "drift", "--report", f"{form}={file}")
        text = file.read_text()
        assert "hunter2" not in text, form
        assert "swordfish" not in text, form


class Gone(io.StringIO):
    """Standard output whose reader went away, as that of ``| head`` does."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("words", [("drift",), ("drift", "--json"), ("diff",), ("diff", "--json")])
def test_a_reader_of_stdout_that_goes_away_takes_no_file_along(
    words: tuple[str, ...], dynaprov: Runner, tmp_path: Path
) -> None:
    file = tmp_path / "report.md"

    with contextlib.redirect_stdout(Gone()):
        finished = run(dynaprov, *words, f"--report=markdown={file}")

    assert finished.code == 1
    assert file.read_text()


def test_the_report_for_stdout_comes_after_the_files(dynaprov: Runner, tmp_path: Path) -> None:
    file = tmp_path / "report.json"

    with contextlib.redirect_stdout(Gone()):
        run(dynaprov, "drift", "--report=markdown=-", f"--report=json={file}")

    assert json.loads(file.read_text())["command"] == "drift"
