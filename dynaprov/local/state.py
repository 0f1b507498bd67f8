"""What the embedded endpoint keeps on disk: where it listens, its log, and a lock.

Lives here: the state directory and its files. Must not live here: any belief in them; the file that
says where the endpoint listens is a hint, which ``process`` verifies.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


class LocalEndpointError(Exception):
    """The embedded endpoint could not be started, reached or stopped.

    Attributes:
        hint: What can be done about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Record:
    """What the file holds.

    Attributes:
        port: Where the endpoint listens on 127.0.0.1.
        token: What it has to know, and who stops it.
    """

    port: int
    token: str


def state_directory() -> Path:
    """Return the directory of the file, the lock and the log; it may not exist yet."""
    if own := os.environ.get("DYNAPROV_STATE_DIR"):
        return Path(own)
    if shared := os.environ.get("XDG_STATE_HOME"):
        return Path(shared) / "dynaprov"
    return Path.home() / ".local" / "state" / "dynaprov"


def log_file() -> Path:
    """Return the file to which the endpoint writes what goes wrong."""
    return state_directory() / "local.log"


def record_file() -> Path:
    """Return the file that says where the endpoint listens."""
    return state_directory() / "local.json"


def read_record() -> Record | None:
    """Return what the file says, or None."""
    try:
        document = json.loads(record_file().read_text())
        return Record(port=int(document["port"]), token=str(document["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # there is none, or it is not one of ours


def write_record(record: Record) -> None:
    """Replace the file in one step; nobody else may read the token in it."""
    document = {
        "url": f"http://{HOST}:{record.port}",
        "port": record.port,
        "token": record.token,
        "log": str(log_file()),
    }
    beside = record_file().with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(document, indent=2) + "\n")
    beside.replace(record_file())


_LOCK_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def _make_private(directory: Path) -> None:
    """Make the directory, and what is missing above it, for its user alone."""
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Make other commands wait which start or stop the endpoint."""
    directory = state_directory()
    try:
        _make_private(directory)
        file = os.fdopen(os.open(directory / "local.lock", _LOCK_FLAGS, 0o600), "w")
    except OSError as error:
        raise LocalEndpointError(
            f"{directory} cannot be written: {error.strerror}",
            hint="set DYNAPROV_STATE_DIR to a directory that can",
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)  # let go when the file is closed
        yield
