"""Compare one resource as the core does, and carry its operations out on a live endpoint.

A small stand-in for the planner and the executor, so that a kind can be tested alone: flat states
only, no stamp, no guards.
"""

from collections.abc import Callable, Iterable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange
from dynaprov.model.kind import Desired, Kind, Presence, Reading, Situation
from dynaprov.model.operation import Operation
from dynaprov.model.ports import Answer, ErrorCategory, Read, ServiceError
from dynaprov.model.setting import Severity
from dynaprov.model.spec import Spec
from dynaprov.planning.diff import same
from support.observing import SCOPE, run

ABSENT_CODES = ("NoSuchEntity", "ResourceNotFoundException")


def change_of(desired: Desired, reading: Reading) -> Change | None:
    """What differs, or nothing."""
    live = reading.state
    settings = tuple(
        SettingChange(name, getattr(live, name, None), getattr(desired.state, name))
        for name in type(desired.state).model_fields
        if name in desired.state.model_fields_set
        and name not in reading.unreadable
        and not same(getattr(desired.state, name), getattr(live, name, None))
    )
    absent = reading.presence is Presence.ABSENT
    if not settings and not absent:
        return None
    return Change(
        desired.address,
        desired.kind,
        desired.name,
        Action.CREATE if absent else Action.UPDATE,
        Cause.UNKNOWN,
        Severity.LOW,
        settings,
    )


def situation(tags: dict[str, str] | None = None, *desired: Desired) -> Situation:
    """A situation in which each of these resources is created with the same tags."""
    return Situation(
        SCOPE,
        {each.address: each for each in desired},
        {},
        {each.address: tags or {} for each in desired},
    )


def operations(
    kind: Kind, desired: Desired, reading: Reading, tags: dict[str, str] | None = None
) -> list[Operation]:
    """What the kind does about the difference; nothing when there is none."""
    change = change_of(desired, reading)
    if change is None:
        return []
    return kind.operations([change], desired, reading, situation(tags, desired))


def _client(service: Any, region: str) -> Any:
    return boto3.client(service, region_name=region)


def live(region: str = SCOPE.region) -> Callable[[Read], Answer]:
    """Answers of the endpoint that boto3 reaches."""

    def answer(read: Read) -> Answer:
        client = _client(read.service, region)
        try:
            return Answer(getattr(client, read.method)(**read.params))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            category = ErrorCategory.ABSENT if code in ABSENT_CODES else ErrorCategory.UNKNOWN
            return Answer(error=ServiceError(category, read.service, read.method, code, str(error)))

    return answer


def carry_out(made: Iterable[Operation], region: str = SCOPE.region) -> None:
    """Send the calls in order."""
    for operation in made:
        client = _client(operation.call.service, region)
        getattr(client, operation.call.method)(**operation.call.params)


def differences(kind: Kind, spec: Spec) -> dict[Address, tuple[Change, Desired, Reading]]:
    """What differs on the live endpoint, by address."""
    wanted = list(kind.declare(spec, SCOPE))
    readings = {each.address: each for each in run(kind, wanted, spec, SCOPE, live())}
    found = {}
    for each in wanted:
        change = change_of(each, readings[each.address])
        if change is not None:
            found[each.address] = (change, each, readings[each.address])
    return found


def converge(kind: Kind, spec: Spec) -> int:
    """Carry out what all differences call for; how many calls that were."""
    made: list[Operation] = []
    for change, desired, reading in differences(kind, spec).values():
        made += kind.operations([change], desired, reading, situation({"team": "a"}, desired))
    carry_out(made)
    return len(made)
