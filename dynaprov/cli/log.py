"""What modules log while a command works: a line each on stderr, its exception only for --debug.

Without a handler Python prints warnings, and whole tracebacks of defects, as they are.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator

from dynaprov.model.masking import known_credentials, masked_text
from dynaprov.model.visible import harmless_lines


class _Lines(logging.Formatter):
    """Text without credentials, and without anything that acts on a terminal."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__("%(levelname)s: %(message)s")
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        """The record; its exception only for ``--debug``."""
        if not self._debug:
            record = logging.makeLogRecord(
                {**record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None}
            )
        return harmless_lines(masked_text(super().format(record), known_credentials(os.environ)))


@contextlib.contextmanager
def told(*, debug: bool) -> Iterator[None]:
    """Write warnings and worse to stderr while the block runs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_Lines(debug=debug))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
