"""``iam-policy``: what it prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command_line import Runner

SPECS = str(Path(__file__).parents[2] / "specs")
ACCOUNT = ("--account", "111111111111")
HERE = ("iam-policy", "--specs", SPECS, *ACCOUNT)


@pytest.mark.parametrize("verb", ["diff", "drift", "apply", "destroy"])
def test_the_document_of_each_command_is_printed_as_iam_takes_it(
    verb: str, dynaprov: Runner
) -> None:
    finished = dynaprov(*HERE, "--for", verb)

    assert (finished.code, finished.err) == (0, "")
    document = json.loads(finished.out)
    assert set(document) == {"Version", "Statement"}
    assert {"Observe1"} <= {each["Sid"] for each in document["Statement"]}
    assert "*" not in {each["Action"][0] for each in document["Statement"]}


def test_only_what_knows_no_resource_is_on_everything(dynaprov: Runner) -> None:
    document = json.loads(dynaprov(*HERE, "--for", "apply").out)

    everywhere = [
        action
        for each in document["Statement"]
        if each["Resource"] == ["*"]
        for action in each["Action"]
    ]
    assert sorted(everywhere) == [
        "cloudwatch:GetMetricStatistics",
        "kms:CreateKey",
        "kms:ListAliases",
        "kms:ListKeys",
        "tag:GetResources",
    ]


def test_in_words_it_tells_what_each_part_is_for(dynaprov: Runner) -> None:
    finished = dynaprov(*HERE, "--for", "drift", "--who", "--format", "text")

    assert finished.code == 0
    assert "To look\n" in finished.out
    assert "To find out who did it\n  cloudtrail:LookupEvents\n    on everything" in finished.out
    assert finished.out.endswith("sts:GetCallerIdentity needs no permission.\n")


def test_as_json_it_names_the_policies(dynaprov: Runner) -> None:
    document = json.loads(dynaprov(*HERE, "--for", "apply", "--env", "prod", "--json").out)

    assert (document["format"], document["command"], document["for"]) == (1, "iam-policy", "apply")
    names = [each["name"] for each in document["policies"]]
    assert names == ["streaming-logs-prod-apply"] or names[0] == "streaming-logs-prod-apply-1"


def test_a_long_policy_is_written_as_numbered_files(dynaprov: Runner, tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    (specs / "tables").mkdir(parents=True)
    (specs / "environments").mkdir()
    (specs / "project.yaml").write_text("project_name: shop\nregion: eu-west-1\n")
    (specs / "environments" / "dev.yaml").write_text("{}\n")
    for number in range(80):
        (specs / "tables" / f"t{number}.yaml").write_text("partition_key: id\n")

    finished = dynaprov(
        *("iam-policy", "--specs", str(specs), "--for", "apply", *ACCOUNT),
        *("--write", str(tmp_path / "out")),
    )

    assert (finished.code, finished.out) == (0, "")
    assert "longer than IAM takes" in finished.err
    written = sorted(each.name for each in (tmp_path / "out").iterdir())
    assert written[0] == "shop-dev-apply-1.json"
    assert len(written) > 1


def test_a_folder_that_cannot_be_written_is_named(dynaprov: Runner, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder is to be")

    finished = dynaprov(*HERE, "--for", "diff", "--write", str(tmp_path / "out"))

    assert (finished.code, finished.out) == (1, "")
    assert "DP517" in finished.err
    assert "--write" in finished.err


def test_without_an_account_it_says_that_any_is_meant(dynaprov: Runner) -> None:
    finished = dynaprov("iam-policy", "--specs", SPECS, "--for", "diff")

    assert finished.code == 0
    assert "pins no account" in finished.err
    assert "arn:aws:dynamodb:us-east-1:*:table/" in finished.out


def test_there_is_no_policy_for_commands_that_do_not_exist(dynaprov: Runner) -> None:
    finished = dynaprov(*HERE, "--for", "recovery")

    assert (finished.code, finished.out) == (64, "")
    assert "error[DP540]: there is no command for recovery yet" in finished.err


@pytest.mark.parametrize(
    "words",
    [
        ("--for", "diff", "--heal"),
        ("--for", "apply", "--sns", "arn:aws:sns:us-east-1:111111111111:x"),
        ("--for", "destroy", "--prune"),
        ("--for", "drift", "--lease"),
    ],
)
def test_an_option_that_the_command_does_not_have_is_refused(
    words: tuple[str, ...], dynaprov: Runner
) -> None:
    finished = dynaprov(*HERE, *words)

    assert finished.code == 64
    assert "error[DP541]" in finished.err


def test_a_target_that_is_no_place_is_refused(dynaprov: Runner) -> None:
    finished = dynaprov(*HERE, "--for", "drift", "--history", "s3://")

    assert finished.code == 64
    assert "error[DP542]" in finished.err


def test_a_lease_needs_a_table(dynaprov: Runner) -> None:
    finished = dynaprov(*HERE, "--for", "apply", "--lease")

    assert finished.code == 64
    assert "error[DP403]" in finished.err
