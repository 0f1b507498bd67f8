"""The fingerprint: one line that stands for what a person approved.

Two plans have the same fingerprint when they would do the same calls in the same account, for the
same differences, against the same refusals.  What may differ between looking and applying without
anybody minding is left out: times, budgets, sizes, estimates, request ids, wording, places in spec
files and their revision.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from dynaprov.model.change import Change
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Plan
from dynaprov.report.values import encoded

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def fingerprint(plan: Plan) -> str:
    """The SHA-256 of what is approved, in hexadecimal."""
    identity = plan.identity
    where = [identity.account, identity.region, identity.project, identity.environment]
    # Piece by piece: of a thousand tables the whole is as large as all else in memory.
    approved: dict[str, Iterable[Any]] = {
        "changes": map(_change, plan.changes),
        "identity": where,
        "operations": map(_operation, plan.operations),
        "refusals": ([each.code, str(each.address), each.allowed_by] for each in plan.refusals),
    }
    digest = hashlib.sha256()
    for before, (name, members) in zip("{,,,", approved.items(), strict=True):
        digest.update(f'{before}"{name}":['.encode())
        for position, member in enumerate(members):
            digest.update(f"{',' if position else ''}{_ENCODER.encode(member)}".encode())
        digest.update(b"]")
    digest.update(b"}")
    return digest.hexdigest()


def _change(change: Change) -> list[Any]:
    return [
        str(change.address),
        change.kind,
        change.resource,
        change.action.value,
        change.cause.value,
        [
            [each.path, encoded(each.before), encoded(each.after), each.effect.value]
            for each in change.settings
        ],
    ]


def _operation(operation: Operation) -> list[Any]:
    stamp, concession = operation.stamp, operation.concession
    back = concession.withdraw if concession else None
    return [
        operation.id,
        operation.call.service,
        operation.call.method,
        encoded(operation.call.params),
        list(operation.needs),
        list(operation.after),
        operation.lock,
        [[wait.kind, wait.until] for wait in operation.waits],
        [operation.creates, operation.deletes, operation.repeatable],
        operation.risk.value,
        [encoded(stamp.kept), encoded(stamp.earned)] if stamp else None,
        *([[back.service, back.method, encoded(back.params)]] if back else ()),
    ]
