"""The journal: one JSON line for every mutating call before it is sent, and one for its answer.

It is for people, and only ever written; dynaprov never reads it, since the live account is the
state.  A line that says ``sent`` without an ``answered`` one after it is a call whose end nobody
saw.  The file belongs to its user alone (mode 0600), and what must not stand in a file does not:
policies appear as a digest, secrets not at all.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum, auto
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Stopped
from dynaprov.model.masking import masked_params, masked_text, masked_url
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Identity
from dynaprov.model.ports import Answer, Call, Caller, Clock
from dynaprov.version import __version__

FORMAT = 1
_LOG = logging.getLogger(__name__)
_SECRET = re.compile(r"secret|password|credential|accesskey|authtoken|sessiontoken", re.IGNORECASE)
_DOCUMENT = re.compile(r"^(policy|.*policydocument|policytext|dashboardbody)$", re.IGNORECASE)


def journal_directory() -> Path:
    """Where journals go when nobody says: below the user's state directory."""
    if own := os.environ.get("DYNAPROV_STATE_DIR"):
        return Path(own) / "journals"
    base = os.environ.get("XDG_STATE_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".local" / "state"
    return root / "dynaprov" / "journals"


def _private(directory: Path) -> None:
    """Make a directory, and all above it that are missing, for its user alone.

    ``Path.mkdir(parents=True)`` gives its mode to the last one only.
    """
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


class Journal:
    """An open journal; safe to use from several threads."""

    def __init__(self, path: Path, file: TextIO, clock: Clock) -> None:
        self.path = path
        self._file = file
        self._clock = clock
        self._lock = Lock()
        self._broken = False

    @classmethod
    def open(
        cls,
        identity: Identity,
        clock: Clock,
        *,
        path: Path | None = None,
        fingerprint: str = "",
    ) -> Journal:
        """Start a journal with its header line.

        Args:
            identity: where the plan holds.
            clock: gives the times.
            path: the file, appended to when it exists; by default a new one in
                ``journal_directory()``.
            fingerprint: of the plan that is executed.

        Raises:
            Stopped: when the file cannot be written: what nobody could look up later is not begun.
        """
        now = clock.now()
        if path is None:
            where = f"{identity.project}-{identity.environment}"
            name = f"{now:%Y%m%dT%H%M%S}-{where}-{os.getpid()}.jsonl"
            path = journal_directory() / name
        try:
            _private(path.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            file = os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8")
        except OSError as exc:
            raise Stopped(
                Diagnostic(
                    code="DP401",
                    summary="the journal cannot be written",
                    detail=f"{path}: {exc.strerror}",
                    hint="name another file with `--journal FILE`",
                )
            ) from exc
        journal = cls(path, file, clock)
        journal._write(
            "begin",
            now,
            format=FORMAT,
            version=__version__,
            project=identity.project,
            environment=identity.environment,
            account=identity.account,
            region=identity.region,
            caller=identity.caller,
            endpoint=masked_url(identity.endpoint),
            revision=identity.revision,
            fingerprint=fingerprint,
            process=os.getpid(),
        )
        return journal

    def sent(self, operation: Operation, call: Call, attempt: int) -> None:
        """Note a call that is about to be sent."""
        self._sent(operation.id, str(operation.address), call, attempt)

    def answered(self, operation: Operation, attempt: int, answer: Answer, seconds: float) -> None:
        """Note what came back."""
        self._answered(operation.id, attempt, answer, seconds)

    def noted(self, name: str, address: str, attempt: int, call: Call, caller: Caller) -> Answer:
        """Send a call that is no operation of a plan, with a line before it and one after.

        Args:
            name: stands in the place of the operation.
            address: what it is about.
            attempt: number of the call among those of this name, from 1.
            call: what is sent.
            caller: sends it.
        """
        self._sent(name, address, call, attempt)
        began = self._clock.monotonic()
        answer = caller.call(call)
        self._answered(name, attempt, answer, self._clock.monotonic() - began)
        return answer

    def _sent(self, name: str, address: str, call: Call, attempt: int) -> None:
        self._write(
            "sent",
            self._clock.now(),
            operation=name,
            address=address,
            service=call.service,
            method=call.method,
            params=redacted(call.params),
            attempt=attempt,
        )

    def _answered(self, name: str, attempt: int, answer: Answer, seconds: float) -> None:
        error = answer.error
        about = answer.value.get("ResponseMetadata", {})
        self._write(
            "answered",
            self._clock.now(),
            operation=name,
            attempt=attempt,
            status="error" if error else "ok",
            error=error.code if error else "",
            message=masked_text(error.message) if error else "",
            request_id=error.request_id if error else about.get("RequestId", ""),
            seconds=round(seconds, 3),
        )

    def close(self) -> None:
        """Write nothing more."""
        self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _write(self, event: str, time: datetime, **fields: Any) -> None:
        line = json.dumps({"event": event, "time": time.isoformat(), **fields}, default=str)
        with self._lock:
            if self._broken:
                return
            try:
                self._file.write(line + "\n")
                self._file.flush()
            except (OSError, ValueError):
                # A disk that is full in the middle of a run must not leave the run half done.
                self._broken = True
                _LOG.warning("the journal %s could not be written any further", self.path)


class Journaled:
    """Implements ``Caller`` for calls that are no operations of a plan; a journal has every one.

    The journal is opened with the first call, so that who sends nothing leaves no file.  The
    calls must come one after the other.

    Args:
        caller: sends the calls.
        opened: opens the journal; it raises ``Stopped`` when that fails, and nothing is sent then.
        name: stands in the place of the operation.
        address: what the calls are about.
    """

    def __init__(
        self, caller: Caller, opened: Callable[[], Journal], name: str, address: str
    ) -> None:
        self._caller, self._opened = caller, opened
        self._name, self._address = name, address
        self._journal: Journal | None = None
        self._number = 0

    def call(self, call: Call) -> Answer:
        """Send a call.

        Raises:
            Stopped: when the journal cannot be opened; nothing was sent.
        """
        if self._journal is None:
            self._journal = self._opened()
        self._number += 1
        return self._journal.noted(self._name, self._address, self._number, call, self._caller)


def redacted(params: Any, name: str = "") -> Any:
    """Parameters as they may stand in a file; ``name`` is what they are the value of."""
    if isinstance(params, dict | Mapping):
        # SetTopicAttributes names what it sets beside the value.
        named = str(params.get("AttributeName", "")) if "AttributeValue" in params else ""
        return {
            key: _redacted(named if key == "AttributeValue" and named else key, value)
            for key, value in params.items()
        }
    if isinstance(params, list | tuple):
        return [redacted(each, name) for each in params]
    return masked_params(params, name)


def _redacted(name: str, value: Any) -> Any:
    kept = _kept(name)
    if kept is _Kept.NOT:
        return "(secret)"
    if kept is _Kept.DIGEST:
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return redacted(value, name)


class _Kept(Enum):
    """What of a parameter stands in a journal."""

    WHOLE = auto()
    DIGEST = auto()
    NOT = auto()


@lru_cache(maxsize=1024)
def _kept(name: str) -> _Kept:
    if _SECRET.search(name):
        return _Kept.NOT
    return _Kept.DIGEST if _DOCUMENT.match(name) else _Kept.WHOLE
