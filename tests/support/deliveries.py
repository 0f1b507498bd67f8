"""A door of deliveries that keeps what it is given, and posters with answers of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaprov.model.delivery import Posted
from dynaprov.model.ports import Answer, Call, ErrorCategory, Read, ServiceError


class FakeDeliverer:
    """Keeps objects and parameters, and every call; ``failing`` services answer with an error."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.regions: list[str] = []
        self.kept: dict[str, Any] = {}

    def deliver(self, call: Call, *, region: str = "") -> Answer:
        if call.service in self.failing:
            return Answer(error=_denied(call))
        self.calls.append((call.method, dict(call.params)))
        self.regions.append(region)
        if call.method == "put_object":
            self.kept[f"{call.params['Bucket']}/{call.params['Key']}"] = call.params["Body"]
        if call.method == "put_parameter":
            self.kept[call.params["Name"]] = call.params["Value"]
        return Answer()

    def recall(self, read: Read, *, region: str = "") -> Answer:
        if read.service in self.failing:
            return Answer(error=_denied(read))
        params = read.params
        name = params.get("Name") or f"{params['Bucket']}/{params['Key']}"
        if name not in self.kept:
            code = "NoSuchKey" if read.service == "s3" else "ParameterNotFound"
            return Answer(
                error=ServiceError(ErrorCategory.ABSENT, read.service, read.method, code, "none")
            )
        value = self.kept[name]
        return Answer({"Body": value} if read.service == "s3" else {"Parameter": {"Value": value}})

    def sent(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every call of a method."""
        return [params for name, params in self.calls if name == method]


def _denied(request: Call | Read) -> ServiceError:
    return ServiceError(
        ErrorCategory.DENIED, request.service, request.method, "AccessDenied", "not you"
    )


class FakePoster:
    """Gives its answers in this order, the last one again and again; keeps what was posted."""

    def __init__(self, *answers: Posted) -> None:
        self.answers = list(answers) or [Posted(200)]
        self.posted: list[tuple[str, bytes, Mapping[str, str]]] = []

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        self.posted.append((url, body, headers))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
