"""Reading a spec file as far as it is worth reading, whatever it turns out to be.

Of its own, since a first glimpse at the files must not load what can parse them.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

LARGEST_FILE = 1_000_000  # bytes


def contents(path: Path) -> bytes:
    """The file; of one that is too large, one byte more than is read of any.

    Nothing is awaited from a pipe, and nothing read from a device, which may have no end.

    Raises:
        OSError: when it cannot be read.
        ValueError: when the path can be none.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is not a file")
        found = bytearray()
        while part := os.read(handle, LARGEST_FILE + 1 - len(found)):
            found += part
        return bytes(found)
    finally:
        os.close(handle)
