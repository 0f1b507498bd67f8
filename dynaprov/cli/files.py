"""Files that a command writes into a folder that a person named."""

from __future__ import annotations

from pathlib import Path

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Stopped


def write_file(path: Path, text: str, *, option: str) -> None:
    """Write a file, and the folders above it that are not there yet.

    Args:
        path: the file.
        text: what it is to hold.
        option: the option that names the folder.

    Raises:
        Stopped: when that cannot be done.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as problem:  # a name with a zero byte is a ValueError
        why = getattr(problem, "strerror", None) or str(problem)
        hint = f"name another folder with {option}, or make this one writable"
        raise Stopped(
            Diagnostic("DP517", "a file cannot be written", f"{path}: {why}", hint)
        ) from problem
