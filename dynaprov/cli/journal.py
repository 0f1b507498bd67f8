"""Where the journal of a run goes when nobody says where."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from dynaprov.cli.options import Options


def state_folder() -> Path:
    """Where dynaprov keeps what it writes for people to read later; it never decides by it."""
    if own := os.environ.get("DYNAPROV_STATE_DIR"):
        return Path(own)
    if shared := os.environ.get("XDG_STATE_HOME"):
        return Path(shared) / "dynaprov"
    return Path.home() / ".local" / "state" / "dynaprov"


def journal_file(options: Options, project: str, environment: str) -> Path:
    """The file of ``--journal``, else a new one per run in the state folder."""
    if options.journal:
        return Path(options.journal)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{project}-{environment}-{moment}-{os.getpid()}.jsonl"
    return state_folder() / "journal" / name
