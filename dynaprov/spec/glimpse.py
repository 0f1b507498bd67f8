"""A glimpse of the spec files, before anything that can read them properly is loaded.

Only for guesses that may be wrong without harm: what holds is what ``resolve`` says later.
"""

from __future__ import annotations

import re
from pathlib import Path

from dynaprov.spec.contents import contents

_LINE = "(?m)^{}:[ \t]*[\"']?([\\w-]+)"


def region(specs: Path | str, environment: str | None) -> str:
    """The region that the environment's file, else the project's, seems to name; else empty."""
    directory = Path(specs)
    project = _text(directory / "project.yaml")
    name = environment or _word(project, "default_environment") or "dev"
    return _word(_text(directory / "environments" / f"{name}.yaml"), "region") or _word(
        project, "region"
    )


def _text(file: Path) -> str:
    try:
        return contents(file).decode()
    except (OSError, ValueError):
        return ""


def _word(text: str, key: str) -> str:
    found = re.search(_LINE.format(key), text)
    return found.group(1) if found else ""
