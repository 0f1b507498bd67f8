"""Deliveries: where the results of a check go besides the terminal, and what became of each.

Values and ports only.  The delivery calls of AWS are sent by ``aws/deliveries.py``, HTTP by
``watch/webhook.py``; what is sent is written by ``report``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from dynaprov.model.ports import Answer, Call, Read

#: The only calls that a delivery may make.
DELIVERING = frozenset(
    {
        ("sns", "publish"),
        ("cloudwatch", "put_metric_data"),
        ("s3", "put_object"),
        ("ssm", "put_parameter"),
    }
)
#: The only reads: what an earlier check has left.
RECALLING = frozenset({("s3", "get_object"), ("ssm", "get_parameter")})


@dataclass(frozen=True, slots=True)
class Targets:
    """All that a check was told to deliver to; nothing else can be reached by a delivery.

    Attributes:
        topics: ARNs of topics.
        namespaces: of metrics.
        objects: bucket and the beginning of the key, as ``bucket/prefix``.
        parameters: the beginnings of names of parameters.
    """

    topics: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()


class Deliverer(Protocol):
    """Sends the delivery calls, and reads what an earlier check has left; nothing else."""

    def deliver(self, call: Call, *, region: str = "") -> Answer:
        """Send one call, repeated where that is safe.

        Raises:
            InternalProblem: when it is no delivery, or not to one of the targets.
        """
        ...

    def recall(self, read: Read, *, region: str = "") -> Answer:
        """Read what an earlier check has left; a body comes as ``bytes``.

        Raises:
            InternalProblem: when it is another read, or not of one of the targets.
        """
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of an HTTP request; ``error`` is empty when it was accepted."""

    status: int = 0
    error: str = ""


class Poster(Protocol):
    """Posts JSON by HTTP."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post once, without following redirects."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: to what (no secret in it), what was sent, and why it failed."""

    to: str
    what: str
    error: str = ""
