"""dynaprov in this process on DynamoDB Local: specs in, plans and calls out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from dynaprov import reconciler
from dynaprov.aws.gateway import Gateway, Sent
from dynaprov.aws.session import Session
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Reader
from dynaprov.model.spec import Spec
from dynaprov.planning.planner import Choices
from support.converging import differences, written

REGION = "us-east-1"

#: The environment file of every spec here.
ENVIRONMENT = {"environments/full.yaml": {"allow_destroy": True}}


class Ground:
    """An empty DynamoDB Local of one's own, and dynaprov's way to it."""

    def __init__(self, url: str, key: str, gateway: Gateway, scratch: Path) -> None:
        self.url = url
        self.key = key
        self.gateway = gateway
        self.scratch = scratch
        self.client: Any = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key="nothing",
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
        )

    def settings(self) -> dict[str, str]:
        """What leads the program here."""
        return {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": "nothing"}

    def spec(self, **tables: Mapping[str, Any]) -> Spec:
        """The environment ``full`` of the project ``shop`` with these tables and nothing else."""
        documents = {f"tables/{name}.yaml": document for name, document in tables.items()}
        return written(self.scratch, {**ENVIRONMENT, **documents})

    def plan(self, spec: Spec, *allowed: str, prune: bool = False) -> Plan:
        """Compare."""
        return reconciler.diff(spec, self.gateway, Choices((), prune, frozenset(allowed)))

    def apply(self, spec: Spec, *allowed: str, prune: bool = False) -> Run:
        """Compare, execute, compare again."""

        def again() -> Plan:
            return self.plan(spec, *allowed, prune=prune)

        return self.carry_out(again(), again)

    def destroy(self, spec: Spec, *allowed: str) -> Run:
        """Remove what the spec names."""

        def again() -> Plan:
            choices = Choices(allowed=frozenset(allowed))
            return reconciler.plan_destroy(spec, self.gateway, choices)

        return self.carry_out(again(), again)

    def carry_out(self, plan: Plan, again: Callable[[], Plan], reader: Reader | None = None) -> Run:
        """Execute a plan and compare again; ``reader`` is asked in waits."""
        journal = self.scratch / "journal.jsonl"
        return reconciler.apply(plan, reader or self.gateway, self.gateway, again, journal=journal)

    def converge(self, spec: Spec, *allowed: str, prune: bool = False) -> list[str]:
        """Apply, insist that nothing differs afterwards and that a second apply calls nothing.

        Returns what was called, without the tags that DynamoDB Local does not know.
        """
        begun = len(self.gateway.sent)
        run = self.apply(spec, *allowed, prune=prune)
        assert [(o.operation.id, o.detail, o.error) for o in run.failed] == []
        assert run.residual is not None
        assert run.residual.changes == (), differences(run.residual)
        assert {each.error.category for each in run.residual.not_compared} == {"unsupported"}
        made = self.calls(begun)
        settled = len(self.gateway.sent)
        second = self.apply(spec, *allowed, prune=prune)
        assert second.outcomes == ()
        assert self.calls(settled) == []
        return made

    def calls(self, since: int = 0) -> list[str]:
        """The mutating calls in order, each with what it is about."""
        return [_named(each) for each in self.gateway.sent[since:] if each.mutating]

    def table(self, name: str) -> dict[str, Any]:
        """What DynamoDB Local says of a table."""
        answer = self.client.describe_table(TableName=f"shop-full-{name}")
        return dict(answer["Table"])

    def indexes(self, name: str) -> dict[str, str]:
        """The global indexes of a table and their states."""
        found = self.table(name).get("GlobalSecondaryIndexes", [])
        return {each["IndexName"]: each["IndexStatus"] for each in found}


def _named(sent: Sent) -> str:
    about = [
        f"{verb} {body['IndexName']}"
        for update in sent.params.get("GlobalSecondaryIndexUpdates", ())
        for verb, body in update.items()
    ]
    about += sorted(
        name
        for name in sent.params
        if name not in ("TableName", "AttributeDefinitions", "GlobalSecondaryIndexUpdates")
        and sent.method == "update_table"
    )
    return " ".join([sent.method, *about])


@contextmanager
def ground(url: str, key: str, scratch: Path, environment: pytest.MonkeyPatch) -> Iterator[Ground]:
    """The way to a server; every key sees tables of its own."""
    environment.setenv("AWS_ACCESS_KEY_ID", key)
    environment.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    session = Session(region=REGION, endpoint_url=url)
    with Gateway(session, writing=True, pacing="off") as gateway:
        yield Ground(url, key, gateway, scratch)


def statuses(run: Run) -> Sequence[tuple[str, str]]:
    """How every operation ended."""
    return [(o.operation.id, str(o.status)) for o in run.outcomes]
