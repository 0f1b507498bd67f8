"""What is said before anything else in every report: what cannot wait, and the way out.

Drawn from the document alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from dynaprov.report.text import BAD, NAME, STRONG, data, line, print_wrapped

Document = Mapping[str, Any]


def print_alarms(document: Document, console: Console) -> None:
    """Print the errors among the diagnostics of a plan, or of what was found after a run."""
    found = document.get("residual_diagnostics") if document.get("verified") else None
    for each in document["diagnostics"] if found is None else found:
        if each["level"] != "error":
            continue
        first = line((f"error[{each['code']}]", BAD), ": ", data(each["summary"], STRONG))
        console.print(first, soft_wrap=True)
        print_wrapped(console, data(each["detail"]), indent=2)
        if each["hint"]:
            print_wrapped(console, line(("way out: ", NAME), data(each["hint"])), indent=2)
        console.print()
