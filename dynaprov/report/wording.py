"""The words of the human views: one place for what each value of a document is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaprov.model.address import Address
from dynaprov.report.text import BAD, FAINT, GOOD, NAME, STRONG, WARNING, plural

#: How the group of everything that belongs to no table is called.
ENVIRONMENT = "(environment)"

#: Sign and colour of an action.
SIGNS: Mapping[str, tuple[str, str]] = {
    "none": ("=", FAINT),
    "create": ("+", GOOD),
    "update": ("~", WARNING),
    "replace": ("!", BAD),
    "delete": ("-", BAD),
}

CAUSES: Mapping[str, str] = {
    "new": "new",
    "drift": "drift: changed in AWS since the last apply",
    "pending": "pending: changed in the spec, not applied yet",
    "conflict": "conflict: changed in AWS and in the spec",
    "unknown": "cause unknown: no record of a last apply",
}

CAUSE_STYLES: Mapping[str, str] = {
    "new": GOOD,
    "drift": WARNING,
    "pending": NAME,
    "conflict": BAD,
    "unknown": FAINT,
}

RISK_STYLES: Mapping[str, str] = {"none": FAINT, "low": GOOD, "medium": WARNING, "high": BAD}
RISKS = tuple(RISK_STYLES)

STATUSES: Mapping[str, tuple[str, str]] = {
    "succeeded": ("done", GOOD),
    "settled": ("already so", GOOD),
    "submitted": ("under way", WARNING),
    "deferred": ("deferred", WARNING),
    "failed": ("failed", BAD),
    "skipped": ("skipped", WARNING),
    "cancelled": ("not started", WARNING),
    "unknown": ("unknown", BAD),
}

#: What a person does about an error that AWS answered with.
ADVICE: Mapping[str, str] = {
    "denied": "give this identity the permission {action}",
    "credentials": "renew the credentials (for example: aws sso login) and run it again",
    "quota": "ask AWS to raise the quota, or remove something",
    "lagging": "look whether the name that it refers to is right; if it is new, run it again",
    "throttled": "run it again later, or with a smaller --parallelism",
    "unreachable": "check the network and the endpoint, then run it again",
    "transient": "run it again: what is live is looked at first",
    "conflict": "somebody else changed it at the same time: look at `dynaprov diff`",
}


def group_of(address: str) -> str:
    """The table that an address belongs to, or the environment."""
    return Address.parse(address).table or ENVIRONMENT


def short(address: str) -> str:
    """An address inside of its group: ``index/ServiceIndex``; the table itself is ``table``."""
    parsed = Address.parse(address)
    if not parsed.table:
        return address
    return "/".join(filter(None, [parsed.part, parsed.name])) or "table"


def kind_of(document: Mapping[str, Any]) -> str:
    """What a change or an operation is about: its kind, and of a table's part the part."""
    part = Address.parse(document["address"]).part
    return part if part and document["kind"] == "table" else str(document["kind"])


def api(document: Mapping[str, Any]) -> str:
    """A call as AWS names it: ``dynamodb UpdateTable``."""
    words = str(document["method"]).split("_")
    return f"{document['service']} {''.join(word.capitalize() for word in words)}"


def worst(risks: list[str]) -> str:
    """The worst of some risks."""
    return max(risks, key=RISKS.index, default="none")


def counted(actions: list[str]) -> str:
    """``2 to create, 1 to change``."""
    verbs = {"create": "create", "update": "change", "replace": "replace", "delete": "delete"}
    found = [f"{actions.count(a)} to {verb}" for a, verb in verbs.items() if a in actions]
    return ", ".join(found)


def removal(summary: Mapping[str, Any]) -> tuple[str, str]:
    """The sentence about what will be gone, in so many words, and its colour."""
    tables, indexes = summary["tables_removed"], summary["indexes_removed"]
    counts = f"{plural(tables, 'table')} and {plural(indexes, 'index', 'indexes')}"
    return f"{counts} will be removed.", BAD if tables or indexes else STRONG


def unread(entry: Mapping[str, Any]) -> str:
    """Why something was not compared, and what would make it readable."""
    error = entry["error"]
    if error["category"] == "denied":
        return f"needs {entry['action']}"
    if error["code"] == "NotKept":
        return "the endpoint does not keep this setting"
    if error["category"] == "unsupported":
        return f"the endpoint lacks {api(error)}"
    text = f"{api(error)}: {error['code']}: {error['message']}"
    return f"{text} (request {error['request_id']})" if error["request_id"] else text
