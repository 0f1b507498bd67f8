"""Roles are assumed as seldom as can be, also where they may not be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from dynaprov.aws.assuming import assume
from dynaprov.model.fleet import Role


class Sts:
    """A session of botocore and its client of STS in one; answers what it is given, in turn."""

    def __init__(self, *answers: Mapping[str, Any] | str) -> None:
        self.answers = list(answers)
        self.asked = 0
        self._credentials: Any = None

    def get_credentials(self) -> Credentials:
        return Credentials("AKIA", "secret")

    def create_client(self, *_: Any, **__: Any) -> Sts:
        return self

    def assume_role(self, **_: Any) -> Mapping[str, Any]:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            raise ClientError({"Error": {"Code": answer, "Message": "no"}}, "AssumeRole")
        return answer

    def signed(self) -> str:
        """What signs a request."""
        key: str = self._credentials.get_frozen_credentials().access_key
        return key


GOOD: Mapping[str, Any] = {
    "Credentials": {
        "AccessKeyId": "ASIA",
        "SecretAccessKey": "secret",
        "SessionToken": "token",
        "Expiration": datetime.now(UTC) + timedelta(hours=1),
    }
}


def session(name: str, *answers: Mapping[str, Any] | str) -> Sts:
    made = Sts(*answers)
    assume(made, Role(f"arn:aws:iam::111111111111:role/{name}"), {})
    return made


def test_a_role_is_assumed_once_for_many_requests() -> None:
    sts = session("good", GOOD)

    assert {sts.signed() for _ in range(5)} == {"ASIA"}
    assert sts.asked == 1


def test_a_role_that_may_not_be_assumed_is_asked_for_once() -> None:
    sts = session("refused", "AccessDenied")

    for _ in range(5):
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.signed()

    assert sts.asked == 1


def test_any_other_failure_is_tried_again() -> None:
    sts = session("slow", "Throttling", GOOD)

    with pytest.raises(ClientError, match="Throttling"):
        sts.signed()

    assert sts.signed() == "ASIA"
