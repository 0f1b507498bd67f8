"""What one drift check hands on to the next, as JSON and back.

Kept small: it has to fit where histories are kept.  It holds no value of a setting, only digests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dynaprov.model.finding import Memory, Remembered, Verdict
from dynaprov.model.plan import Identity
from dynaprov.model.setting import Severity

#: Raised when a member is removed or changes its meaning.
FORMAT = 1


def memory_document(memory: Memory, identity: Identity) -> dict[str, Any]:
    """The document of a memory; whose it is stands in it."""
    return {
        "format": FORMAT,
        **_place(identity),
        "checked_at": memory.checked_at.isoformat(),
        "findings": [_remembered(memory.findings[id]) for id in sorted(memory.findings)],
        "present": sorted(memory.present),
        "resolved": [_remembered(each) for each in memory.resolved],
    }


def memory_from_document(document: Mapping[str, Any], identity: Identity) -> Memory | None:
    """The memory in a document; ``None`` where it is of another environment, account or region.

    Raises:
        ValueError: when the document is none of a memory, or of a later format.
    """
    try:
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}, and this version reads 1")
        if any(document[name] != value for name, value in _place(identity).items()):
            return None
        found = [_read(each) for each in document["findings"]]
        return Memory(
            datetime.fromisoformat(document["checked_at"]),
            {each.id: each for each in found},
            frozenset(map(str, document["present"])),
            tuple(_read(each) for each in document["resolved"]),
        )
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"it is not what a drift check hands on: {problem}") from problem


def _place(identity: Identity) -> dict[str, str]:
    return {
        "project": identity.project,
        "environment": identity.environment,
        "account": identity.account,
        "region": identity.region,
    }


def _remembered(each: Remembered) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": each.id,
        "digest": each.digest,
        "verdict": each.verdict.value,
        "severity": each.severity.value,
        "since": each.since.isoformat(),
    }
    if each.told is not None:
        document["told"] = each.told.isoformat()
    if each.ignored:
        document["ignored"] = True
    return document


def _read(document: Mapping[str, Any]) -> Remembered:
    told = document.get("told")
    return Remembered(
        str(document["id"]),
        str(document["digest"]),
        Verdict(document["verdict"]),
        Severity(document["severity"]),
        datetime.fromisoformat(document["since"]),
        datetime.fromisoformat(told) if told else None,
        bool(document.get("ignored", False)),
    )
