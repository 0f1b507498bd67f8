"""Service models from a cache: half of a client's start is the decoding of its model.

botocore reads gzipped JSON with ordered dictionaries (13 ms for DynamoDB's model, 60 ms over six
services).  Here the same data is kept, decoded, in Python's own ``marshal`` format, which loads
about nine times faster.  Only the files that botocore itself ships are cached; models that a user
put into ``~/.aws/models`` or ``AWS_DATA_PATH`` are always read as they are.

Why loading ``marshal`` data is safe here: the format can only produce plain values (no objects, no
code runs), yet forged bytes could crash the interpreter.  So a cached file is used only when it
is a regular file (not a link), belongs to the user who runs dynaprov, is readable and writable by
nobody else (mode 0600), and carries the checksum of its content.  Whoever could forge such a file
could as well change the program.  Everything else falls back to botocore's own loader, and a cache
that cannot be written is simply not used.
"""

from __future__ import annotations

import gzip
import json
import logging
import marshal
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore import __version__ as botocore_version
from botocore.loaders import JSONFileLoader, Loader

_LOG = logging.getLogger(__name__)
_MAGIC = b"dynaprov-model-1\n"
_CHECKSUM_BYTES = 4
_READERS: dict[str, Callable[[Path], bytes]] = {
    ".json": Path.read_bytes,
    ".json.gz": lambda path: gzip.decompress(path.read_bytes()),
}


def cache_directory() -> Path:
    """Where decoded models are kept: below ``$XDG_CACHE_HOME``, else ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    tag = f"{sys.implementation.cache_tag}-m{marshal.version}"
    return root / "dynaprov" / f"botocore-{botocore_version}-{tag}"


class Models(Loader):
    """botocore's loader of models, quicker in two ways: the cache, and the list of services.

    botocore looks into all 400 directories of services to learn which exist; here the name of the
    directory is enough (25 ms for each type of file).
    """

    def __init__(self, data_path: str | None = None, cache: Path | None = None) -> None:
        extra = [path for path in os.path.expandvars(data_path or "").split(os.pathsep) if path]
        super().__init__(
            extra_search_paths=[str(Path(path).expanduser()) for path in extra],
            file_loader=CachedFiles(cache),
        )

    def list_available_services(self, type_name: str) -> list[str]:
        """The services that have any model, whatever its type."""
        found: set[str] = set()
        for path in map(Path, self.search_paths):
            if path.is_dir():
                found.update(entry.name for entry in path.iterdir())
        return sorted(found)


class CachedFiles(JSONFileLoader):
    """botocore's reader of model files with the cache in front of it."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory if directory is not None else cache_directory()
        self._shipped = str(Loader.BUILTIN_DATA_PATH) + os.sep

    def load_file(self, file_path: str) -> Any:
        """The decoded file at this path (without extension), or ``None`` when there is none."""
        if not file_path.startswith(self._shipped):
            return super().load_file(file_path)
        for ending, read in _READERS.items():
            source = Path(file_path + ending)
            try:
                seen = source.stat()
            except OSError:
                continue
            return self._cached(source, seen, read)
        return None

    def _cached(self, source: Path, seen: os.stat_result, read: Callable[[Path], bytes]) -> Any:
        name = str(source)[len(self._shipped) :].replace(os.sep, "~")
        cached = self._directory / f"{name}-{seen.st_size:x}-{seen.st_mtime_ns:x}"
        found = _load(cached)
        if found is None:
            found = json.loads(read(source))
            _save(cached, found)
        return found


def _load(path: Path) -> Any:
    try:
        # A link would show the owner and mode of another file; a pipe would block for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    about = os.fstat(handle)
    private = stat.S_ISREG(about.st_mode) and stat.S_IMODE(about.st_mode) == 0o600
    if not private or about.st_uid != os.getuid():
        os.close(handle)
        _LOG.debug("not using %s: it is not a private file of this user", path)
        return None
    with os.fdopen(handle, "rb") as file:
        content = file.read()
    head = len(_MAGIC) + _CHECKSUM_BYTES
    payload = memoryview(content)[head:]
    checksum = zlib.crc32(payload).to_bytes(_CHECKSUM_BYTES, "big")
    if content[:head] != _MAGIC + checksum:
        return None
    try:
        return marshal.loads(payload)
    except (EOFError, ValueError, TypeError):
        return None


def _save(path: Path, value: Any) -> None:
    payload = marshal.dumps(value)
    checksum = zlib.crc32(payload).to_bytes(_CHECKSUM_BYTES, "big")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # mkstemp gives mode 0600; the rename is atomic, so that a reader sees all or nothing.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + checksum + payload)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
