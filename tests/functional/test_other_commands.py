"""The commands that change nothing in AWS, and the boundary around all of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.errors import Refused, SpecInvalid, Stopped
from dynaprov.model.source import Position
from support.command_line import Runner
from support.fake_stages import FakeStages
from support.sample_plans import IN_SYNC

BAD_KEY = Diagnostic(
    code="DP112",
    summary="unknown key",
    detail="`projektion` is no key of an index",
    hint="did you mean `projection`?",
    position=Position("specs/tables/log-metadata.yaml", 31, 7),
    text="      projektion: ALL",
)
WARNING = Diagnostic(code="DP140", summary="odd", detail="but fine", level=Level.WARNING)


def stages() -> FakeStages:
    return FakeStages(IN_SYNC)


def test_validate_says_how_much_was_checked(dynaprov: Runner) -> None:
    finished = dynaprov("validate", stages=stages())
    assert (finished.code, finished.out) == (0, "dev: 3 files, 2 tables: valid\n")


def test_validate_tells_warnings_on_stderr(dynaprov: Runner) -> None:
    fake = stages()
    fake.warnings = (WARNING,)
    finished = dynaprov("validate", stages=fake)
    assert finished.code == 0
    assert finished.err == "warning[DP140]: odd\n  but fine\n"


def test_validate_as_json(dynaprov: Runner) -> None:
    document = json.loads(dynaprov("validate", "--json", stages=stages()).out)
    assert document["environments"] == [
        {"environment": "dev", "tables": ["audit-trail", "log-metadata"]}
    ]


def test_an_invalid_spec_exits_65_with_the_line_and_a_caret(dynaprov: Runner) -> None:
    fake = stages()
    fake.problem = SpecInvalid((BAD_KEY, BAD_KEY))
    finished = dynaprov("diff", stages=fake)
    assert (finished.code, finished.out) == (65, "")
    assert finished.err == (
        "error[DP112]: unknown key\n"
        "  --> specs/tables/log-metadata.yaml:31:7\n"
        "  31 |       projektion: ALL\n"
        "     |       ^\n"
        "  `projektion` is no key of an index\n"
        "  hint: did you mean `projection`?\n"
        "\n"
        "error[DP112]: unknown key\n"
        "  --> specs/tables/log-metadata.yaml:31:7\n"
        "  31 |       projektion: ALL\n"
        "     |       ^\n"
        "  `projektion` is no key of an index\n"
        "  hint: did you mean `projection`?\n"
        "\n"
        "2 errors\n"
    )


def test_with_json_a_problem_is_a_document_too(dynaprov: Runner) -> None:
    fake = stages()
    fake.problem = SpecInvalid(BAD_KEY)
    document = json.loads(dynaprov("diff", "--json", stages=fake).out)
    assert (document["command"], document["exit_code"]) == ("diff", 65)
    assert document["problems"][0]["position"]["line"] == 31


@pytest.mark.parametrize(("problem", "code"), [(Stopped, 1), (Refused, 3)])
def test_what_stops_a_command_decides_its_exit_code(
    dynaprov: Runner, problem: type[Stopped], code: int
) -> None:
    fake = stages()
    fake.problem = problem(Diagnostic("DP201", "cannot tell which account this is", hint="log in"))
    finished = dynaprov("diff", stages=fake)
    assert (finished.code, finished.out) == (code, "")
    assert "hint: log in" in finished.err


def test_a_defect_is_told_without_a_traceback(dynaprov: Runner) -> None:
    fake = stages()
    fake.problem = ZeroDivisionError("oops")
    finished = dynaprov("diff", stages=fake)
    assert finished.code == 1
    assert "DP900" in finished.err
    assert "ZeroDivisionError: oops" in finished.err
    assert "Traceback" not in finished.err
    assert "Traceback" in dynaprov("diff", "--debug", stages=fake).err


def test_a_reader_that_went_away_is_no_defect(dynaprov: Runner) -> None:
    fake = stages()
    fake.problem = BrokenPipeError()
    assert dynaprov("diff", stages=fake).code == 1


def test_ctrl_c_before_anything_was_executed_exits_130(dynaprov: Runner) -> None:
    class Interrupting(FakeStages):
        def check(self, options: object) -> object:  # type: ignore[override]
            raise KeyboardInterrupt

    finished = dynaprov("validate", stages=Interrupting(IN_SYNC))
    assert (finished.code, finished.err) == (130, "\nInterrupted.\n")


@pytest.mark.parametrize(
    "argv",
    [("nonsense",), ("diff", "--nonsense"), ("diff", "--env"), ("kinds", "tll"), ("--nonsense",)],
)
def test_usage_errors_exit_64(dynaprov: Runner, argv: tuple[str, ...]) -> None:
    finished = dynaprov(*argv, stages=stages())
    assert (finished.code, finished.out) == (64, "")
    assert finished.err.startswith("error[DP50")


def test_a_misspelt_command_names_the_nearest(dynaprov: Runner) -> None:
    assert "Did you mean 'apply'?" in dynaprov("aply").err


def test_without_a_command_the_help_is_shown(dynaprov: Runner) -> None:
    finished = dynaprov()
    assert finished.code == 0
    assert "Usage: dynaprov" in finished.out


def test_show_prints_yaml_and_explains_with_places(dynaprov: Runner) -> None:
    assert dynaprov("show", stages=stages()).out == (
        "environment: dev\ntables:\n  log-metadata:\n    ttl:\n      attribute: ttl\n"
    )
    assert dynaprov("show", "--explain", stages=stages()).out == (
        "region: us-east-1  # specs/project.yaml:3:9 (project)\n"
        "stamp: true        # specs/project.yaml:4:8 (project)\n"
    )


def test_show_as_json(dynaprov: Runner) -> None:
    assert json.loads(dynaprov("show", "--json", stages=stages()).out)["spec"]["environment"]
    explained = json.loads(dynaprov("show", "--json", "--explain", stages=stages()).out)
    assert explained["values"][0] == {
        "path": "region",
        "value": "us-east-1",
        "source": "specs/project.yaml:3:9 (project)",
    }


def test_schema_prints_one_or_all_and_writes_files(dynaprov: Runner, tmp_path: Path) -> None:
    assert json.loads(dynaprov("schema", "table", stages=stages()).out) == {"title": "table"}
    assert list(json.loads(dynaprov("schema", stages=stages()).out)) == [
        "project",
        "table",
        "environment",
        "spec",
        "diff-report",
        "apply-report",
        "drift-report",
        "fleet-report",
    ]
    folder = tmp_path / "schemas"
    finished = dynaprov("schema", "table", "--write", str(folder), stages=stages())
    assert finished.err == f"wrote {folder}/table.json\n"
    assert json.loads((folder / "table.json").read_text()) == {"title": "table"}


def test_init_writes_starter_specs_and_overwrites_nothing(dynaprov: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    finished = dynaprov("init", "shop", "--specs", str(folder), stages=stages())
    assert finished.out == f"{folder}/project.yaml\n{folder}/tables/things.yaml\n"
    assert "dynaprov apply --local --specs" in finished.err
    (folder / "project.yaml").write_text("mine")
    again = dynaprov("init", "shop", "--specs", str(folder), stages=stages())
    assert (again.code, (folder / "project.yaml").read_text()) == (3, "mine")
    assert "DP501" in again.err


@pytest.mark.parametrize(
    "command", [("init", "shop", "--specs"), ("schema", "--write")], ids=["init", "schema"]
)
@pytest.mark.parametrize("folder", ["taken/specs", "zero\0byte"], ids=["below-a-file", "no-name"])
def test_a_folder_that_cannot_be_written_is_told(
    command: tuple[str, ...], folder: str, dynaprov: Runner, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")

    finished = dynaprov(*command, str(tmp_path / folder), stages=stages())

    assert finished.code == 1
    assert "DP517" in finished.err
    assert f"name another folder with {command[-1]}" in finished.err


def test_init_as_json(dynaprov: Runner, tmp_path: Path) -> None:
    finished = dynaprov("init", "x", "--json", "--specs", str(tmp_path), stages=stages())
    assert len(json.loads(finished.out)["written"]) == 2


def test_outputs_come_in_four_forms_and_as_a_document(dynaprov: Runner) -> None:
    def out(*argv: str) -> str:
        return dynaprov("outputs", *argv, stages=stages()).out

    assert "table_names\n  log-metadata  streaming-logs-dev-log-metadata\n" in out()
    assert json.loads(out("--format", "json"))["kms_key_arn"].endswith("key/k")
    assert "TABLE_NAMES_LOG_METADATA=streaming-logs-dev-log-metadata\n" in out("--format", "dotenv")
    assert "  log-metadata:\n    ttl: true\n    stream: null\n" in out("--format", "yaml")
    document = json.loads(out("--json"))
    assert list(document["outputs"]) == [
        "table_names",
        "table_arns",
        "kms_key_arn",
        "table_configurations",
        "dynamodb_endpoints",
    ]


def test_kinds_lists_all_and_every_setting_of_one(dynaprov: Runner) -> None:
    assert "time to live" in dynaprov("kinds").out
    finished = dynaprov("kinds", "pitr")
    assert "recovery_period_days" in finished.out
    assert "dynamodb:UpdateContinuousBackups" in finished.out
    document = json.loads(dynaprov("kinds", "--json").out)
    assert {"ttl", "pitr"} <= {kind["name"] for kind in document["kinds"]}


def test_a_misspelt_kind_names_the_nearest(dynaprov: Runner) -> None:
    assert "did you mean ttl?" in dynaprov("kinds", "tll").err
