"""A rule of AWS: its name, who says so, which APIs it watches, and what it does to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from support.rules.request import AwsError, Request
from support.rules.world import World

Before = Callable[[Request, World], Mapping[str, Any] | None]
After = Callable[[Request, dict[str, Any], World], None]
Failed = Callable[[Request, AwsError, World], AwsError]


@dataclass(frozen=True, slots=True)
class Rule:
    """See the docstring of the package.

    ``apis`` are written ``dynamodb:UpdateTable``; ``dynamodb:*`` is every API of a service and
    ``*`` every one there is.  ``before`` may raise an ``AwsError`` or return an answer; ``after``
    edits the members of a good answer; ``failed`` returns the error to give instead of moto's.
    """

    name: str
    source: str
    apis: tuple[str, ...]
    before: Before | None = None
    after: After | None = None
    failed: Failed | None = None

    def watches(self, request: Request) -> bool:
        """Whether the rule has a word on this API."""
        return any(api in ("*", f"{request.service}:*", request.api) for api in self.apis)
