"""Reading DynamoDB streams, as far as it breaks once a stream was disabled.

Lives here: the list of streams, in which moto describes the last stream of a table by the settings
of a running one. Must not live here: enabling and disabling (``updates``).
"""

from typing import Any

from moto.dynamodb.exceptions import ResourceNotFoundException
from moto.dynamodbstreams.models import DynamoDBStreamsBackend

from dynaprov.local.corrections.patches import Patches

PATCHES = Patches()


@PATCHES.around(DynamoDBStreamsBackend, "describe_stream")
def _describe_stream(original: Any, backend: Any, arn: str) -> dict[str, Any]:
    # moto looks for the view type and the shard of a stream that is off, and crashes.
    table = backend._get_table_from_arn(arn)
    if not table.stream_specification["StreamEnabled"] or table.stream_shard is None:
        raise ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")
    found: dict[str, Any] = original(backend, arn)
    return found
