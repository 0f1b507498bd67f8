"""The files to copy: dynaprov takes every command line in them, and each has the right form."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from dynaprov.cli.lambda_function import handler
from dynaprov.cli.main import program
from support.scheduling_files import (
    FOLDER,
    command_lines,
    container,
    crontab,
    documents,
    text,
    unit,
)

LINES = list(command_lines())
PAGE = FOLDER.parent / "schedule-a-check.md"
NAMES = sorted(p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*") if p.is_file())
#: The files that hold no command line of their own.
WITHOUT = {"dynaprov-drift.timer", "github/trust-policy.json"}


@pytest.mark.parametrize(("name", "words"), LINES, ids=[f"{n}-{w[0]}" for n, w in LINES])
def test_dynaprov_takes_every_command_line(
    name: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").write_text("{}")
    command = program.get_command(click.Context(program), words[0])

    assert command is not None, words
    with command.make_context(words[0], words[1:]) as context:
        assert context.params
        assert not context.args


def test_every_file_that_runs_dynaprov_has_a_command_line() -> None:
    assert {name for name, _ in LINES} == set(NAMES) - WITHOUT


def test_an_option_that_dynaprov_lacks_is_refused() -> None:
    command = program.get_command(click.Context(program), "drift")

    assert command is not None
    with pytest.raises(click.NoSuchOption):
        command.make_context("drift", ["--env", "prod", "--jiter", "5m"])


@pytest.mark.parametrize("name", NAMES)
def test_the_page_tells_of_every_file(name: str) -> None:
    assert f"](scheduling/{name})" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_settings_in_files_are_settings_of_a_command(name: str) -> None:
    commands = [
        program.get_command(click.Context(program), each) for each in ("drift", "diff", "apply")
    ]
    known = {"DYNAPROV_STATE_DIR"} | {
        parameter.envvar for each in commands if each for parameter in each.params
    }

    assert set(re.findall(r"\bDYNAPROV_\w+", text(name))) <= known


def test_the_crontab_has_five_fields_and_no_bare_percent_sign() -> None:
    cron = crontab()

    assert re.fullmatch(r"\d+ \d+ \* \* \*", cron.times)
    assert "%" not in text("crontab")
    assert cron.command.count("dynaprov drift") == 1


def test_the_service_runs_once_and_lets_the_timer_time_it() -> None:
    service = dict(unit("dynaprov-drift.service")["Service"])
    timer = unit("dynaprov-drift.timer")

    assert service["Type"] == "oneshot"
    assert service["SuccessExitStatus"] == "5"
    assert service["DynamicUser"] == "yes"
    assert dict(timer["Timer"])["Unit"] == "dynaprov-drift.service"
    assert dict(timer["Install"]) == {"WantedBy": "timers.target"}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
def test_systemd_takes_both_units(tmp_path: Path) -> None:
    service = tmp_path / "dynaprov-drift.service"
    program = "/opt/dynaprov/bin/dynaprov"
    service.write_text(text(service.name).replace(program, shutil.which("true") or ""))
    timer = tmp_path / "dynaprov-drift.timer"
    timer.write_text(text(timer.name))

    done = subprocess.run(
        ["systemd-analyze", "verify", str(timer), str(service)],
        capture_output=True,
        text=True,
        check=False,
    )

    said = [line for line in done.stderr.splitlines() if "dynaprov" in line]
    assert (done.returncode, said) == (0, [])


def test_the_container_is_not_root_and_hands_signals_on() -> None:
    instructions = container()
    words = dict(instructions)

    assert len([1 for word, _ in instructions if word == "FROM"]) == 2
    assert words["USER"].isdigit()
    assert int(words["USER"]) > 0
    assert json.loads(words["ENTRYPOINT"]) == ["dynaprov"]
    root = FOLDER.parents[2]
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from"):
            *sources, _ = rest.split()
            assert all((root / source).exists() for source in sources), rest


def pods(name: str) -> list[dict[str, Any]]:
    found = []
    for each in documents(name):
        spec = each.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            found.append(spec["template"]["spec"])
    return found


@pytest.mark.parametrize("name", ["kubernetes-cronjob.yaml", "kubernetes-indexed-job.yaml"])
def test_a_pod_may_write_only_where_it_has_to(name: str) -> None:
    [pod] = pods(name)
    [only] = pod["containers"]

    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert only["securityContext"]["readOnlyRootFilesystem"] is True
    assert "/tmp" in [each["mountPath"] for each in only["volumeMounts"]]
    volumes = {each["name"] for each in pod["volumes"]}
    assert {each["name"] for each in only["volumeMounts"]} == volumes


def test_two_checks_never_run_at_once_in_kubernetes_and_none_is_repeated() -> None:
    job = next(each for each in documents("kubernetes-cronjob.yaml") if each["kind"] == "CronJob")

    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert job["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0


def test_the_indexed_job_has_as_many_parts_as_the_command_line_says() -> None:
    [job] = documents("kubernetes-indexed-job.yaml")
    [words] = [words for name, words in LINES if name == "kubernetes-indexed-job.yaml"]

    assert job["spec"]["completionMode"] == "Indexed"
    assert str(job["spec"]["completions"]) == words[words.index("--shard") + 1]
    assert job["spec"]["maxFailedIndexes"] == job["spec"]["completions"]


@pytest.mark.parametrize("name", [each for each in NAMES if each.startswith("github/d")])
def test_a_scheduled_workflow_gets_its_role_by_a_token(name: str) -> None:
    [workflow] = documents(name)

    assert workflow["permissions"]["id-token"] == "write"
    assert workflow["on"]["schedule"]


@pytest.mark.parametrize("name", ["github/drift.yml", "github/plan.yml", "github/apply.yml"])
def test_no_shell_line_of_a_workflow_holds_an_expression(name: str) -> None:
    """What a pull request or a person wrote would be run as a program."""
    [workflow] = documents(name)
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


def test_what_is_applied_in_ci_was_approved() -> None:
    applies = {name: words for name, words in LINES if words[0] == "apply"}

    assert "--expect" in applies["github/apply.yml"]
    assert applies["gitlab/gitlab-ci.yml"][1] == "plan.json"
    assert all("--yes" not in words for words in applies.values())
    [workflow] = documents("github/apply.yml")
    assert workflow["jobs"]["apply"]["environment"] == "prod"


def test_the_role_is_given_to_one_environment_of_one_repository() -> None:
    policy = json.loads(text("github/trust-policy.json"))

    [statement] = policy["Statement"]
    subjects = statement["Condition"]["StringEquals"]
    assert (
        subjects["token.actions.githubusercontent.com:sub"] == "repo:acme/tables:environment:prod"
    )


def test_the_function_of_the_template_is_there() -> None:
    [template] = documents("lambda.yaml")
    function = template["Resources"]["Function"]["Properties"]

    assert function["Handler"] == f"{handler.__module__}.{handler.__name__}"
    invocations = template["Resources"]["Invocations"]["Properties"]
    assert invocations["MaximumRetryAttempts"] == 0


def test_cloudformation_would_take_the_template() -> None:
    program = "import sys; from cfnlint.runner import main; sys.exit(main())"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            "--regions",
            "us-east-1",
            "--",
            str(FOLDER / "lambda.yaml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
