"""What the commands write as JSON follows the schemas that ``dynaprov schema`` publishes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaprov.cli.options import Options
from dynaprov.cli.stages import Stages
from dynaprov.local import in_process, local_environment
from support.closed_schemas import problems
from support.command_line import Runner
from support.fake_stages import FakeStages
from support.sample_checks import DRIFTED
from support.sample_plans import EVERYTHING, first_apply


class InProcess(Stages):
    """Like ``--local``, without a server; the endpoint is in this process."""

    @contextlib.contextmanager
    def surroundings(self, options: Options, region: str) -> Iterator[str | None]:
        yield None


def test_documents_of_real_runs(
    dynaprov: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in local_environment().items():
        monkeypatch.setenv(name, value)
    folder, file = str(tmp_path / "specs"), str(tmp_path / "before.json")
    assert dynaprov("init", "shop", "--specs", folder).code == 0

    def made(command: str, *words: str) -> Any:
        said = dynaprov(command, "--json", "--specs", folder, "--local", *words, stages=InProcess())
        return json.loads(said.out)

    with in_process():
        before = made("drift")
        Path(file).write_text(json.dumps(before))
        assert before["findings"]
        assert problems("drift-report", before) == []
        assert problems("diff-report", made("diff")) == []
        applied = made("apply", "--yes")
        assert applied["converged"]
        assert problems("apply-report", applied) == []
        after = made("drift", "--previous", file)
        assert after["resolved"]
        assert problems("drift-report", after) == []
        assert problems("apply-report", made("apply", "--yes")) == []


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("drift", "--json"), "drift-report"),
        (("diff", "--json", "--env", "dev", "--allow", "x"), "diff-report"),
        (("apply", "--json", "--yes"), "apply-report"),
    ],
    ids=["drift", "diff", "refused-apply"],
)
def test_documents_of_everything(dynaprov: Runner, words: tuple[str, ...], name: str) -> None:
    stages = FakeStages(EVERYTHING if name == "apply-report" else DRIFTED)

    assert problems(name, json.loads(dynaprov(*words, stages=stages).out)) == []


def test_a_run_that_is_not_approved_follows_its_schema(dynaprov: Runner) -> None:
    document = json.loads(dynaprov("apply", "--json", stages=FakeStages(first_apply())).out)

    assert document["problems"]
    assert problems("apply-report", document) == []


def test_the_command_prints_what_is_published(dynaprov: Runner) -> None:
    schema = json.loads(dynaprov("schema", "drift-report").out)

    assert schema["title"] == "dynaprov drift-report"
    assert "finding" in schema["$defs"]
