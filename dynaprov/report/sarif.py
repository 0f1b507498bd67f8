"""Drift checks as SARIF 2.1.0, for code scanning: findings at the lines of the specs.

Drawn from documents alone; one run per environment.  A rule per kind and setting, levels by
severity, fingerprints from the id of a finding, so that one finding is one alert from check to
check wherever its line moves; what exceptions cover is suppressed with its reason.
Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from dynaprov.model.visible import harmless, json_text
from dynaprov.report.drift_words import (
    VERDICTS,
    differs,
    environment_id,
    has_values,
    known,
    reason,
    subject,
    title,
)
from dynaprov.report.text import value
from dynaprov.report.wording import ENVIRONMENT, group_of
from dynaprov.version import __version__

Document = Mapping[str, Any]

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
#: Out of ten; GitHub shows 9 and more as critical, 7 as high, 4 as medium.
SECURITY = {"critical": "9.5", "high": "8.0", "medium": "5.0", "low": "2.0"}

#: GitHub takes at most 25,000 results of a run.
MOST_RESULTS = 25_000


def sarif(documents: Sequence[Document], most: int = MOST_RESULTS) -> str:
    """The log of all checks, each a run of at most ``most`` results, the worst."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(each, most) for each in documents]}
    return json_text(log) + "\n"


def _run(document: Document, most: int) -> dict[str, Any]:
    findings = [*document["findings"], *document["ignored"]]
    shown = findings[:most]
    rules: dict[str, dict[str, Any]] = {}
    for each in shown:
        rules.setdefault(rule_id(each), _rule(each))
    numbers = {name: number for number, name in enumerate(rules)}
    places = _places(document)
    place = [document[name] for name in ("project", "environment", "account", "region")]
    invocation: dict[str, Any] = {
        "executionSuccessful": not document["verdicts"]["not-compared"],
        "endTimeUtc": document["checked_at"].replace("+00:00", "Z"),
    }
    if len(findings) > len(shown):
        text = f"{len(findings) - len(shown)} more findings are left out."
        invocation["toolExecutionNotifications"] = [{"message": {"text": text}}]
    return {
        "tool": {
            "driver": {"name": "dynaprov", "version": __version__, "rules": list(rules.values())}
        },
        "automationDetails": {"id": harmless("/".join(["dynaprov-drift", *map(str, place), ""]))},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(document, each, numbers[rule_id(each)], places) for each in shown],
    }


def rule_id(finding: Document) -> str:
    """The rule of a finding: kind and setting, ``table/deletion_protection``."""
    kind = finding["kind"] or finding["verdict"]
    setting = re.split(r"[.\[(]", finding["path"], maxsplit=1)[0].strip() or "itself"
    return harmless(f"{kind}/{setting}")


def _rule(finding: Document) -> dict[str, Any]:
    name = rule_id(finding)
    text = f"What the spec declares and what is live differ: {name}"
    return {
        "id": name,
        "shortDescription": {"text": _plain(text)},
        "defaultConfiguration": {"level": LEVELS[finding["severity"]]},
        "properties": {"tags": ["drift"], "security-severity": SECURITY[finding["severity"]]},
    }


def _result(
    document: Document, finding: Document, index: int, places: Mapping[str, Document]
) -> dict[str, Any]:
    result = {
        "ruleId": rule_id(finding),
        "ruleIndex": index,
        "level": _level(finding),
        "message": {"text": _plain(_message(document, finding))},
        "locations": [_location(finding, places)],
        "partialFingerprints": _fingerprints(document, finding),
        "properties": {
            "verdict": finding["verdict"],
            "severity": finding["severity"],
            "phase": finding["phase"],
        },
    }
    if rule := finding["exception"]:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": _plain(reason(rule))}
        ]
    return result


def _level(finding: Document) -> str:
    told = finding["verdict"] != "not-compared" and not differs(finding)
    return "note" if told else LEVELS[finding["severity"]]


def _message(document: Document, finding: Document) -> str:
    where = " ".join([finding["table"] or ENVIRONMENT, subject(finding)])
    lines = [f"{title(document)}: {where}: {VERDICTS[finding['verdict']]}"]
    if has_values(finding):
        both = f"live {value(finding['live'])}, declared {value(finding['declared'])}"
        lines.append(both)
    lines += [f"{label}: {text}" for label, text in known(finding) if label != "spec"]
    return ". ".join(lines)


def _plain(text: str) -> str:
    """Text in which nothing is read as a link or a placeholder (sections 3.11.5 and 3.11.6)."""
    linkless = re.sub(r"([\\\[\]])", r"\\\1", harmless(text))
    return re.sub(r"\{(?=\d)", "{{", linkless)


def _fingerprints(document: Document, finding: Document) -> dict[str, str]:
    text = json.dumps([environment_id(document), finding["id"]])
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    # The first name is the one that GitHub compares; the second is this tool's own.
    return {"primaryLocationLineHash": digest, "dynaprovFinding/v1": digest}


def _location(finding: Document, places: Mapping[str, Document]) -> dict[str, Any]:
    source = finding["source"] or places.get(finding["table"]) or places.get("")
    location: dict[str, Any] = {
        "logicalLocations": [
            {"fullyQualifiedName": harmless(finding["id"]), "kind": "resource"},
        ]
    }
    if source:
        region = {"startLine": max(source["line"], 1), "startColumn": max(source["column"], 1)}
        location["physicalLocation"] = {
            "artifactLocation": _artifact(source["file"]),
            "region": region,
        }
    return location


def _artifact(file: str) -> dict[str, str]:
    name = quote(PurePosixPath(file).as_posix().encode("utf-8", "backslashreplace"))
    if file.startswith("/"):
        return {"uri": f"file://{name}"}
    # A colon in the first part would be a scheme, which `quote` has written out.
    return {"uri": name, "uriBaseId": "%SRCROOT%"}


def _places(document: Document) -> dict[str, Document]:
    """Where each table is declared; under no name the first file of all.

    What has no line of its own (unmanaged, unread) is shown there: GitHub refuses results
    without a file.
    """
    places: dict[str, Document] = {}
    for each in (*document["changes"], *document["findings"]):
        if source := each["source"]:
            beginning = {**source, "line": 1, "column": 1}
            for name in (group_of(each["address"]), ""):
                places.setdefault(name, beginning)
    return places
