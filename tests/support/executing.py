"""Run reads and operations against moto in this process, with plain boto3.

For round trips of one kind: no waits, no retries, no planner.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from dynaprov.model.operation import Operation
from dynaprov.model.ports import Answer, ErrorCategory, Read, ServiceError
from dynaprov.model.setting import Ref

ABSENT = frozenset({"NotFoundException", "NotFound", "ResourceNotFoundException"})


def moto_answers(region: str) -> Callable[[Read], Answer]:
    """Answers from moto; a paged read is one call, as moto's first page is enough here."""

    def answer(read: Read) -> Answer:
        client = _client(read.service, region)
        try:
            return Answer(getattr(client, read.method)(**read.params))
        except ClientError as problem:
            code = problem.response["Error"]["Code"]
            category = ErrorCategory.ABSENT if code in ABSENT else ErrorCategory.UNKNOWN
            return Answer(
                error=ServiceError(category, read.service, read.method, code, str(problem))
            )

    return answer


def execute(
    operations: Iterable[Operation], region: str, known: Mapping[tuple[str, str], str] | None = None
) -> list[str]:
    """Send the calls in order, with references resolved; gives back the methods."""
    outputs = dict(known or {})
    sent = []
    for operation in operations:
        call = operation.call
        client = _client(call.service, region)
        result = getattr(client, call.method)(**_resolved(call.params, outputs))
        sent.append(call.method)
        for name, path in operation.outputs:
            value: Any = result
            for word in path.split("."):
                value = value[word]
            outputs[str(operation.address), name] = value
    return sent


def _client(service: str, region: str) -> Any:
    # The stubs of boto3 know a client only by a literal name.
    return boto3.Session(region_name=region).client(service)  # type: ignore[call-overload]


def _resolved(value: Any, outputs: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(value, Ref):
        return outputs[value.address, value.output]
    if isinstance(value, Mapping):
        return {key: _resolved(each, outputs) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, outputs) for each in value]
    return value
