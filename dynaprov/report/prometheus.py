"""Drift checks as a file for the textfile collector of Prometheus' node_exporter.

Drawn from documents alone.  Every series is there in every file, with 0 where nothing was found,
so that an alert can tell "none" from "the check is dead" (``last_check_timestamp_seconds``).
Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dynaprov.model.visible import harmless
from dynaprov.report.drift_words import COUNTED, SEVERITIES

Document = Mapping[str, Any]
Sample = tuple[dict[str, str], float]


def prometheus(documents: Sequence[Document]) -> str:
    """The metrics of all checks, each with its HELP and TYPE once."""
    lines = []
    for name, text, samples in METRICS:
        found = [
            (labels, number) for each in documents for labels, number in _placed(each, samples)
        ]
        if found:
            lines += [f"# HELP dynaprov_drift_{name} {text}", f"# TYPE dynaprov_drift_{name} gauge"]
            lines += [f"dynaprov_drift_{name}{{{_written(of)}}} {n:.15g}" for of, n in found]
    return "\n".join(lines) + "\n"


def _placed(
    document: Document, samples: Callable[[Document], Iterator[Sample]]
) -> Iterator[Sample]:
    place = {each: str(document[each]) for each in ("project", "environment", "account", "region")}
    for labels, number in samples(document):
        yield {**place, **labels}, number


def _written(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())


def _escaped(text: str) -> str:
    """A label's value: backslash, quote and line feed are escaped in the format itself."""
    return harmless(text).replace("\\", "\\\\").replace('"', '\\"')


def _findings(document: Document) -> Iterator[Sample]:
    counts = Counter(
        (each["verdict"], each["severity"])
        for each in document["findings"]
        if not each["listed_only"]
    )
    for verdict in COUNTED:
        for severity in SEVERITIES:
            yield {"verdict": verdict, "severity": severity}, counts[verdict, severity]


def _one(number: Callable[[Document], float | None]) -> Callable[[Document], Iterator[Sample]]:
    def samples(document: Document) -> Iterator[Sample]:
        found = number(document)
        if found is not None:
            yield {}, found

    return samples


def _checked(document: Document) -> float:
    return datetime.fromisoformat(document["checked_at"]).timestamp()


def _tables(name: str) -> Callable[[Document], float | None]:
    def number(document: Document) -> float | None:
        coverage = document["coverage"]
        return None if coverage is None or coverage["problem"] else float(coverage[name])

    return number


METRICS: tuple[tuple[str, str, Callable[[Document], Iterator[Sample]]], ...] = (
    ("findings", "What was found and no exception covers.", _findings),
    ("failing", "Findings for which the check fails.", _one(lambda d: len(d["failing"]))),
    (
        "not_compared",
        "Things that could not be compared, which is never success.",
        _one(lambda d: d["verdicts"]["not-compared"]),
    ),
    ("ignored", "Findings that exceptions cover.", _one(lambda d: len(d["ignored"]))),
    (
        "expired_exceptions",
        "Exceptions whose day is over; each fails the check.",
        _one(lambda d: len(d["expired_exceptions"])),
    ),
    ("last_check_timestamp_seconds", "When the last check was made (Unix time).", _one(_checked)),
    ("tables_managed", "Live tables that the spec names.", _one(_tables("managed"))),
    ("tables_live", "All live tables of this account and region.", _one(_tables("live"))),
)
