"""The canonical form of policy documents."""

import json
from typing import Any

import pytest

from dynaprov.kinds import policies
from dynaprov.kinds.policies import PolicyStatement, canonical
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.model.spec import Spec

STATEMENT = {
    "Sid": "One",
    "Effect": "Allow",
    "Principal": {"AWS": ["arn:aws:iam::123456789012:root"], "Service": ["sns.amazonaws.com"]},
    "Action": ["sns:Publish", "sns:Subscribe"],
    "Resource": ["arn:aws:sns:eu-west-1:123456789012:a"],
    "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012", "210987654321"]}},
}
OTHER = {"Sid": "Two", "Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": "*"}


def document(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


def changed(**members: Any) -> dict[str, Any]:
    return {**STATEMENT, **members}


@pytest.mark.parametrize(
    "same",
    [
        document(changed(Resource="arn:aws:sns:eu-west-1:123456789012:a")),
        document(changed(Action=["sns:Subscribe", "sns:Publish"])),
        document(changed(Action=["sns:Subscribe", "sns:Publish", "sns:Publish"])),
        document(changed(Action=["SNS:Subscribe", "SNS:Publish"])),
        document(changed(Principal={"Service": "sns.amazonaws.com", "AWS": "123456789012"})),
        document(
            changed(
                Condition={"StringEquals": {"AWS:SourceAccount": ["210987654321", "123456789012"]}}
            )
        ),
        document(STATEMENT, STATEMENT),
        {"Version": "2012-10-17", "Statement": STATEMENT},
        json.dumps(document(STATEMENT)),
    ],
)
def test_spellings_of_one_policy_are_equal(same: Any) -> None:
    assert canonical(same) == canonical(document(STATEMENT))


@pytest.mark.parametrize(
    "other",
    [
        document(changed(Effect="Deny")),
        document(changed(Action=["sns:Publish"])),
        document(changed(Sid="Three")),
        document(STATEMENT, OTHER),
        document(STATEMENT, Id="name"),
        {"Statement": [STATEMENT]},
        "no json",
        "[]",
        {},
    ],
)
def test_another_policy_is_not_equal(other: Any) -> None:
    assert canonical(other) != canonical(document(STATEMENT))


def test_the_order_of_statements_does_not_count() -> None:
    assert canonical(document(STATEMENT, OTHER)) == canonical(document(OTHER, STATEMENT))


def test_a_missing_version_means_the_oldest() -> None:
    old = {"Version": "2008-10-17", "Statement": [STATEMENT]}
    assert canonical({"Statement": [STATEMENT]}) == canonical(old)


def test_everybody_is_every_aws_principal() -> None:
    named = {**OTHER, "Principal": {"AWS": "*"}}
    assert canonical(document(OTHER)) == canonical(document(named))


def test_an_account_id_stands_for_the_root_of_its_partition() -> None:
    short = document(changed(Principal={"AWS": "123456789012"}))
    long = document(changed(Principal={"AWS": "arn:aws-cn:iam::123456789012:root"}))
    assert canonical(short, "aws-cn") == canonical(long, "aws-cn")


def test_a_principal_that_was_deleted_differs() -> None:
    gone = document(changed(Principal={"AWS": "AROAEXAMPLE"}))
    assert canonical(gone) != canonical(document(STATEMENT))


def test_booleans_and_numbers_of_conditions_are_strings() -> None:
    plain = {**OTHER, "Condition": {"Bool": {"aws:SecureTransport": False}, "X": {"a:b": 3}}}
    text = {**OTHER, "Condition": {"Bool": {"aws:SecureTransport": "false"}, "X": {"a:b": "3"}}}
    assert canonical(document(plain)) == canonical(document(text))


def test_an_empty_name_and_an_empty_condition_are_none() -> None:
    empty = {**OTHER, "Sid": "", "Condition": {}}
    bare = {name: value for name, value in OTHER.items() if name != "Sid"}
    assert canonical(document(empty)) == canonical(document(bare))


def test_not_action_and_not_resource_are_lists_too() -> None:
    one = {"Effect": "Deny", "NotAction": "s3:Get", "NotResource": "a", "NotPrincipal": "*"}
    many = {
        "Effect": "Deny",
        "NotAction": ["s3:Get"],
        "NotResource": ["a"],
        "NotPrincipal": {"AWS": ["*"]},
    }
    assert canonical(document(one)) == canonical(document(many))


def test_the_canonical_form_is_its_own() -> None:
    once = canonical(document(STATEMENT, OTHER, Id="x"))
    assert canonical(once) == once
    assert canonical(policies.text(once)) == once


def statement(**members: Any) -> PolicyStatement:
    return PolicyStatement.model_validate(
        {"Sid": "More", "Effect": "Allow", "Principal": "*", "Action": "a:b", **members}
    )


def test_a_statement_without_a_resource_means_the_one_it_stands_on() -> None:
    assert policies.as_statement(statement(), "here")["Resource"] == "here"
    assert policies.as_statement(statement(Resource="there"), "here")["Resource"] == "there"


def spec() -> Spec:
    origin = Origin(Position("specs/project.yaml", 4), Layer.PROJECT)
    return Spec("shop", "dev", "eu-west-1", origins={"topic": origin})


def test_a_statement_name_used_twice_is_found() -> None:
    [problem] = policies.check(
        [statement(Sid="One")], document(STATEMENT), 9999, spec(), "topic.statements", "topic"
    )
    assert (problem.code, problem.address) == ("DP174", "topic")
    assert problem.position == Position("specs/project.yaml", 4)


def test_a_policy_that_is_too_long_is_found() -> None:
    [problem] = policies.check(
        [statement(Resource="r" * 500)], document(STATEMENT), 800, spec(), "x.y", "x"
    )
    assert problem.code == "DP175"
    assert problem.position is None


def test_good_statements_have_no_problem() -> None:
    found = policies.check([statement()], document(STATEMENT), 9999, spec(), "x.y", "x")
    assert list(found) == []
