"""Errors as AWS puts them on the wire, read from ``tests/unit/aws/answers/``.

Each file holds the answers of one service (``every-service.yaml``: of the one that an entry names):
wire code, HTTP status and message; and what dynaprov must make of it: the category (``means``), and
where they matter ``not_before``, the ``missing`` action and the most ``attempts``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml
from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.session import Session

from dynaprov.model.ports import api_name

ANSWERS = Path(__file__).parents[1] / "unit" / "aws" / "answers"
#: The time of day at which every answer comes.
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class WrittenError:
    """One error of AWS and what it means."""

    service: str
    method: str
    code: str
    status: int
    message: str
    means: str
    not_before: datetime | None
    missing: str
    attempts: int

    def __str__(self) -> str:
        return f"{self.service}-{self.code}-{self.message[:40]}"

    def raised(self) -> ClientError:
        """The exception that botocore makes of the answer."""
        model = service_model(self.service)
        protocol = model.resolved_protocol
        headers, body = _wire(self, protocol, model)
        response = {"status_code": self.status, "headers": headers, "body": body.encode()}
        parsed: Any = create_parser(protocol).parse(response, None)
        return ClientError(parsed, api_name(self.method))


def written_errors() -> list[WrittenError]:
    """Every answer of every file."""
    return [
        _written(entry, entry.get("service", path.stem))
        for path in sorted(ANSWERS.glob("*.yaml"))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service."""
    model: ServiceModel = _session().get_service_model(service)
    return model


@cache
def _session() -> Session:
    return Session()


def _written(entry: Mapping[str, Any], service: str) -> WrittenError:
    said = entry.get("not_before")
    return WrittenError(
        service=service,
        method=entry["method"],
        code=entry["code"],
        status=entry["status"],
        message=entry["message"],
        means=entry["means"],
        not_before=datetime.fromisoformat(said) if said else None,
        missing=entry.get("missing", ""),
        attempts=entry.get("attempts", 0),
    )


def _wire(error: WrittenError, protocol: str, model: ServiceModel) -> tuple[dict[str, str], str]:
    code, text = escape(error.code), escape(error.message)
    if protocol == "ec2":
        return {}, (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{text}</Message></Error></Errors>"
            "<RequestID>req-1</RequestID></Response>"
        )
    if protocol == "query":
        return {"x-amzn-requestid": "req-1"}, (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{text}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>"
        )
    headers = {"x-amzn-requestid": "req-1"}
    if "awsQueryCompatible" in model.metadata:
        headers["x-amzn-query-error"] = f"{error.code};Sender"
    name = f"com.amazonaws.{error.service}#{error.code}"
    return headers, json.dumps({"__type": name, "message": error.message})
