"""The words of a drift check that every form of its report has in common.

Plain text drawn from the document: verdicts, the check in one sentence, the groups of its
findings.  Nothing here knows where it is shown, so nothing here is escaped.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dynaprov.report.text import moment, plural
from dynaprov.report.wording import ENVIRONMENT, short

Document = Mapping[str, Any]

#: Worst first.
SEVERITIES = ("critical", "high", "medium", "low")

#: What each verdict says to somebody who has to decide.
VERDICTS = {
    "drift": "drift: changed in AWS since the last apply",
    "pending": "pending: changed in the spec, not applied yet",
    "conflict": "conflict: changed in the spec and in AWS",
    "unknown": "unknown: it differs, and no record tells since when",
    "missing": "missing: never applied, or deleted",
    "unmanaged": "unmanaged: live, in no spec",
    "not-compared": "not compared",
    "in-progress": "under way in AWS",
    "tolerated": "tolerated: somebody else owns this value",
}

#: The same for several findings at once.
COUNTED = {
    "drift": "drifted",
    "pending": "pending",
    "conflict": "in conflict",
    "unknown": "of unknown cause",
    "missing": "missing",
    "unmanaged": "unmanaged",
    "not-compared": "not compared",
    "in-progress": "under way",
    "tolerated": "tolerated",
}

#: Verdicts that say nothing of two values.
_UNSEEN = ("not-compared", "in-progress")


def differs(finding: Document) -> bool:
    """Whether the finding is a difference, and not only told."""
    told_only = (*_UNSEEN, "tolerated")
    return finding["verdict"] not in told_only and not finding["listed_only"]


def has_values(finding: Document) -> bool:
    """Whether the finding is about a setting that was read, so that both sides can be shown."""
    return bool(finding["path"]) and finding["verdict"] not in _UNSEEN


def shown_as(finding: Document) -> str:
    """Its severity; ``unread`` where nothing is known, ``calm`` where it is only told."""
    if finding["verdict"] == "not-compared":
        return "unread"
    return str(finding["severity"]) if differs(finding) else "calm"


def subject(finding: Document) -> str:
    """What a finding is about, inside of its table: ``index/ByUser projection``."""
    return " ".join(filter(None, [short(finding["address"]), finding["path"]]))


def state(document: Document) -> str:
    """How the check ended: ``drift``, ``unknown`` (something was not compared) or ``in-sync``.

    ``expired``: nothing differs, but the day of an exception is over.
    """
    if any(differs(each) for each in document["findings"]):
        return "drift"
    if document["verdicts"]["not-compared"]:
        return "unknown"
    return "expired" if document["expired_exceptions"] else "in-sync"


#: The word before the sentence.
LEADS = {
    "drift": "Drift",
    "unknown": "Not known",
    "expired": "Exceptions expired",
    "in-sync": "In sync",
}


def sentence(document: Document) -> str:
    """The check in one sentence, without its leading word.

    ``2 drifted, 1 missing (1 critical, 2 low); 2 of them new or changed.``
    """
    found = state(document)
    unread = document["verdicts"]["not-compared"]
    if found == "unknown":
        return f"{plural(unread, 'thing')} could not be compared; nothing else differs."
    if found != "drift":
        looked = plural(len(document["resources"]), "resource")
        ignored = len(document["ignored"])
        but = f" but for {plural(ignored, 'finding')} under exceptions" if ignored else ""
        return f"{looked} as the spec says{but}."
    differing = [each for each in document["findings"] if differs(each)]
    counts = Counter(each["verdict"] for each in differing)
    said = ", ".join(f"{counts[each]} {COUNTED[each]}" for each in COUNTED if counts[each])
    severities = document["severities"]
    bad = ", ".join(f"{severities[each]} {each}" for each in SEVERITIES if severities[each])
    new = sum(1 for each in differing if each["phase"] != "ongoing")
    since = "" if document["previous_at"] is None else f"; {new} of them new or changed"
    more = f"; {plural(unread, 'thing')} not compared." if unread else "."
    return f"{said} ({bad}){since}{more}"


def when(document: Document) -> str:
    """When it was checked, and what it was held against."""
    before = document["previous_at"]
    known = f", held against the one of {moment(before)}" if before else ""
    return f"Checked {moment(document['checked_at'])}{known}"


def by_table(findings: Iterable[Document]) -> dict[str, list[Document]]:
    """The findings by table; since they come worst first, so do the tables."""
    groups: dict[str, list[Document]] = {}
    for finding in findings:
        groups.setdefault(finding["table"] or ENVIRONMENT, []).append(finding)
    return groups


def place(source: Document | None) -> str:
    """Where something is written: ``specs/tables/orders.yaml:12``; empty for nowhere."""
    if not source:
        return ""
    return f"{source['file']}:{source['line']}" if source["line"] else str(source["file"])


def known(finding: Document) -> list[tuple[str, str]]:
    """What is known of a finding beside both sides, each with its label; all of it is data."""
    ongoing = finding["phase"] == "ongoing" and finding["since"]
    rows = [
        ("note", finding["detail"]),
        ("resource", finding["resource"] if not finding["path"] else ""),
        ("since", moment(finding["since"]) if ongoing else ""),
        ("who", _text(finding.get("who"))),
        ("commit", _text(finding.get("commit"))),
        ("spec", place(finding["source"])),
    ]
    return [(label, text) for label, text in rows if text]


def _text(member: Document | None) -> str:
    return str(member.get("text") or "") if member else ""


def pattern(rule: Document) -> str:
    """What an exception is about: ``orders``, ``orders/tags#tags.Team``."""
    any_path = rule["path"] in ("*", "")
    return str(rule["address"]) if any_path else f"{rule['address']}#{rule['path']}"


def reason(rule: Document) -> str:
    """Why an exception is there, who answers for it, and until when."""
    return f"{rule['reason']} ({rule['owner']}, until {rule['expires']})"


def title(document: Document) -> str:
    """The environment that a check is about: ``shop dev``."""
    return f"{document['project']} {document['environment']}"


def environment_id(document: Document) -> str:
    """Sixteen characters that are the same for every check of one environment."""
    place = [document[name] for name in ("project", "environment", "account", "region")]
    text = "\x00".join(map(str, place))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def coverage(document: Document) -> str:
    """How much of what is live a spec names, in one sentence; empty when that was not asked."""
    found = document["coverage"]
    if found is None:
        return ""
    if found["problem"]:
        return f"Coverage not known: {found['problem']}"
    return f"Coverage: {found['managed']} of {plural(found['live'], 'table')} managed."


def worst(findings: Sequence[Document]) -> str:
    """How the worst of some findings is shown (see ``shown_as``)."""
    order = (*SEVERITIES, "unread", "calm")
    return min((shown_as(each) for each in findings), key=order.index, default="calm")
