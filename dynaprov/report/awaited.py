"""How waiting ended: the document of ``dynaprov wait``, and its lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from dynaprov.model.awaited import Awaited
from dynaprov.report.document import FORMAT, error_document
from dynaprov.report.readiness import readiness_document
from dynaprov.report.text import (
    BAD,
    GOOD,
    STRONG,
    WARNING,
    data,
    duration,
    line,
    plural,
    print_labelled,
    print_wrapped,
)
from dynaprov.report.wording import unread

Document = Mapping[str, Any]


def awaited_document(awaited: Awaited) -> dict[str, Any]:
    """The document; its members are described in docs/reference/document.md."""
    identity = awaited.identity
    return {
        "format": FORMAT,
        "command": "wait",
        "project": identity.project,
        "environment": identity.environment,
        "account": identity.account,
        "region": identity.region,
        "until": awaited.until.value,
        "reached": awaited.reached,
        "hopeless": awaited.hopeless,
        "interrupted": awaited.interrupted,
        "seconds": round(awaited.seconds, 3),
        **readiness_document(awaited.readiness),
        "in_progress": [
            {"address": str(each.address), "detail": each.detail} for each in awaited.in_progress
        ],
        "not_compared": [
            {
                "address": str(each.address),
                "path": each.path,
                "action": each.error.action,
                "error": error_document(each.error),
            }
            for each in awaited.unreadable
        ],
    }


def print_awaited(document: Document, console: Console) -> None:
    """What cannot be read yet or ever, and in the last line how it ended."""
    rows = list(_causes(document["readiness"]))
    if rows:
        console.print(Text("Not safe to deploy", style=WARNING))
        texts = [(row["address"], _why(row)) for row in rows]
        print_labelled(console, texts, indent=2)
        console.print()
    if document["in_progress"]:
        console.print(Text("Under way in AWS", style=STRONG))
        busy = [(each["address"], data(each["detail"])) for each in document["in_progress"]]
        print_labelled(console, busy, indent=2)
        console.print()
    denied = [(e["address"], data(unread(e), WARNING)) for e in document["not_compared"]]
    if denied:
        console.print(Text("Cannot be looked at", style=BAD))
        print_labelled(console, denied, indent=2)
        console.print()
    print_wrapped(console, _verdict(document))


def _causes(rows: Sequence[Document]) -> Iterator[Document]:
    """What is not safe; of a table that is not, its indexes are not told too."""
    unsafe = {row["address"] for row in rows if not row["safe_to_deploy"]}
    for row in rows:
        if row["address"] in unsafe and row["address"].partition("/index/")[0] not in (
            unsafe - {row["address"]}
        ):
            yield row


def _why(row: Document) -> Text:
    tail = "" if row["in_time"] else "; waiting does not help"
    return data(f"{row['reason']}{tail}", WARNING if row["in_time"] else BAD)


def _verdict(document: Document) -> Text:
    took = f"after {duration(document['seconds'])}"
    if document["reached"]:
        if document["until"] == "settled":
            return line(("Settled: ", GOOD), f"AWS is at work on none of it, {took}.")
        count = plural(len(document["readiness"]), "table or index", "tables and indexes")
        return line(("Readable: ", GOOD), f"{count} safe to deploy, {took}.")
    if document["hopeless"]:
        return line(("Never: ", BAD), "waiting does not help; look at `dynaprov diff`.")
    why = "interrupted" if document["interrupted"] else "the time is up"
    return line(("Not yet: ", WARNING), f"{why} {took}; AWS goes on.")
