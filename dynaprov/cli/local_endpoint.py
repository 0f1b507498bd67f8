"""The embedded endpoint as the command line calls it; nothing of it is imported before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Stopped


class LocalEndpoint:
    """Starting, finding, emptying and stopping it."""

    def _endpoint(self) -> Any:
        from dynaprov.local import process

        return process

    def local_up(self, port: int | None) -> str:
        """Start the embedded endpoint or find it; returns its URL."""
        with _local_problems():
            return str(self._endpoint().up(port).url)

    def local_down(self) -> bool:
        """Stop it; returns whether one ran."""
        with _local_problems():
            return bool(self._endpoint().down())

    def local_reset(self) -> bool:
        """Empty it; returns whether one runs."""
        with _local_problems():
            return bool(self._endpoint().reset())

    def local_status(self) -> str | None:
        """Its URL, when it runs."""
        with _local_problems():
            endpoint = self._endpoint().status()
        return endpoint.url if endpoint else None


@contextlib.contextmanager
def _local_problems() -> Iterator[None]:
    """Tell what goes wrong with the embedded endpoint in our own words."""
    from dynaprov.local import LocalEndpointError

    try:
        yield
    except LocalEndpointError as problem:
        raise Stopped(
            Diagnostic(
                code="DP503",
                summary="the embedded endpoint cannot be used",
                detail=str(problem),
                hint=problem.hint,
            )
        ) from problem
