"""dynaprov in this process on a ministack that enforces IAM, as a user with generated policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from dynaprov import reconciler
from dynaprov.access.derivation import Verb, Wish, derive
from dynaprov.access.documents import documents
from dynaprov.aws.gateway import Gateway
from dynaprov.aws.session import Session
from dynaprov.model.kind import Scope
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import iam_action
from dynaprov.model.spec import Spec
from dynaprov.planning.planner import Choices
from support.converging import written
from support.iam.evaluation import Document
from support.iam.grounds import BLIND
from support.ministack import Server

ACCOUNT, REGION, USER = "000000000000", "us-east-1", "tester"
ALLOWED = (
    "delete",
    "delete-index",
    "pitr-off",
    "protection-off",
    "retire-key",
    "stream-off",
    "too-much-change",
    "ttl-off",
)


def seen_by_ministack(policies: Sequence[Document]) -> list[Document]:
    """The policies, and on everything the actions whose resource it does not see."""
    blind = sorted(
        {
            action
            for document in policies
            for statement in document["Statement"]
            for action in statement["Action"]
            if action in BLIND
        }
    )
    more = {"Sid": "Blind", "Effect": "Allow", "Action": blind, "Resource": ["*"]}
    added = [{"Version": "2012-10-17", "Statement": [more]}] if blind else []
    return [*policies, *added]


class Ground:
    """A ministack with root, and a user who has no rights but those that are granted."""

    def __init__(self, server: Server, scratch: Path, environment: pytest.MonkeyPatch) -> None:
        self.url = server.url
        self.scratch = scratch
        self._server = server
        self._environment = environment
        self.gateway = self._entered()

    def empty(self) -> None:
        """Begin again with an empty account."""
        self.gateway.close()
        self.gateway = self._entered()

    def _entered(self) -> Gateway:
        self._server.reset()
        iam = self.root("iam")
        iam.create_user(UserName=USER)
        key = iam.create_access_key(UserName=USER)["AccessKey"]
        self._environment.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        self._environment.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        session = Session(region=REGION, endpoint_url=self.url)
        return Gateway(session, writing=True, pacing="off")

    def root(self, service: str) -> Any:
        """A client that may do everything."""
        session = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
        )
        made: Any = session.client(service, endpoint_url=self.url)  # type: ignore[call-overload]
        return made

    def client(self, service: str) -> Any:
        """A client of the user."""
        made: Any = boto3.Session(region_name=REGION).client(  # type: ignore[call-overload]
            service, endpoint_url=self.url
        )
        return made

    def grant(self, policies: Sequence[Document]) -> None:
        """Let the user have these policies and no others."""
        iam = self.root("iam")
        for name in iam.list_user_policies(UserName=USER)["PolicyNames"]:
            iam.delete_user_policy(UserName=USER, PolicyName=name)
        for number, document in enumerate(seen_by_ministack(policies)):
            iam.put_user_policy(
                UserName=USER, PolicyName=f"p{number}", PolicyDocument=json.dumps(document)
            )

    def spec(self, documents: Mapping[str, Any]) -> Spec:
        """The environment ``full`` of the project ``shop``."""
        return written(self.scratch, documents)

    def policies(self, spec: Spec, verb: Verb, **wished: Any) -> Sequence[Document]:
        """What is generated for a command."""
        where = Scope(spec.project, spec.environment, ACCOUNT, REGION)
        return documents(derive(spec, where, Wish(verb, **wished)))

    def diff(self, spec: Spec, *, prune: bool = False) -> Plan:
        """Compare, as the user."""
        return reconciler.diff(spec, self.gateway, Choices((), prune, frozenset(ALLOWED)))

    def apply(self, spec: Spec, *, prune: bool = False) -> Run | Plan:
        """Compare, execute, compare again, as the user; the plan where a guard refuses it."""
        return self._carried_out(lambda: self.diff(spec, prune=prune))

    def destroy(self, spec: Spec) -> Run | Plan:
        """Remove what the spec names, as the user; the plan where a guard refuses it."""
        choices = Choices(allowed=frozenset(ALLOWED))
        return self._carried_out(lambda: reconciler.plan_destroy(spec, self.gateway, choices))

    def sent(self, since: int = 0) -> set[str]:
        """The IAM actions of what was sent."""
        return {iam_action(each.service, each.method) for each in self.gateway.sent[since:]}

    def _carried_out(self, look: Callable[[], Plan]) -> Run | Plan:
        plan = look()
        if plan.refusals:
            return plan
        journal = self.scratch / "journal.jsonl"
        return reconciler.apply(plan, self.gateway, self.gateway, look, journal=journal)


@contextmanager
def ground(server: Server, scratch: Path, environment: pytest.MonkeyPatch) -> Iterator[Ground]:
    """An empty account there, and a user in it."""
    made = Ground(server, scratch, environment)
    try:
        yield made
    finally:
        made.gateway.close()
