"""The message about a check: one for all channels, grouped, and no longer than each of them takes.

Drawn from the document of a check that has a ``notice``.  Data is plain text here; each channel's
form escapes it for itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dynaprov.model.finding import Remembered
from dynaprov.model.visible import harmless
from dynaprov.report.drift_words import COUNTED, SEVERITIES
from dynaprov.report.text import moment, plural, value
from dynaprov.report.wording import ENVIRONMENT, short

Document = Mapping[str, Any]

#: SNS: a subject has at most 100 characters of ASCII, a message at most 262,144 bytes (Publish).
MOST_SUBJECT = 100
MOST_MESSAGE_BYTES = 256_000
#: Slack: a section has at most 3,000 characters, a message at most 50 blocks (Block Kit).
MOST_SECTION = 2_900
MOST_BLOCKS = 40
#: More than this of one table is counted.
LISTED = 20
#: Longer values are cut.
WIDEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Group:
    """What is told of one table, or of the environment: its name, and a line for each thing."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One message: a title, where it holds, and the groups, worst first."""

    title: str
    place: str
    groups: tuple[Group, ...]

    @property
    def text(self) -> str:
        """The whole as plain text."""
        blocks = [
            f"{each.name}\n" + "\n".join(f"  {line}" for line in each.lines) for each in self.groups
        ]
        return "\n\n".join([self.title, self.place, *blocks]) + "\n"


def notice_document(
    news: Iterable[str], resolved: Iterable[Remembered], reminders: Iterable[str], held: int
) -> dict[str, Any]:
    """What people are told, as a member of the document: ids of findings."""
    return {
        "news": list(news),
        "resolved": [
            {"id": each.id, "verdict": each.verdict.value, "severity": each.severity.value}
            for each in resolved
        ],
        "reminders": list(reminders),
        "held": held,
    }


def message(documents: Sequence[Document]) -> Message:
    """The message of the notices of checks; of several, each group says where it is."""
    several = len(documents) > 1
    parts = [_Part(each) for each in documents]
    groups = [
        Group(f"{_where(each.document)}: {group.name}" if several else group.name, group.lines)
        for each in parts
        for group in each.groups()
    ]
    place = f"{len(documents)} environments" if several else _place(documents[0])
    return Message(_title(parts), place, tuple(groups))


class _Part:
    """What one check has to tell."""

    def __init__(self, document: Document) -> None:
        self.document = document
        notice = document["notice"]
        by_id = {each["id"]: each for each in document["findings"]}
        self.news = [by_id[id] for id in notice["news"]]
        self.reminders = [by_id[id] for id in notice["reminders"]]
        self.resolved: Sequence[Document] = notice["resolved"]
        heal = document.get("heal") or {}
        self.healed: Sequence[Document] = heal.get("healed", ())
        self.failed: Sequence[Document] = heal.get("failed", ())

    def groups(self) -> Iterable[Group]:
        """What was put right first, as loudly as the drift itself; then by table."""
        lines: dict[str, list[str]] = {
            "Could not be put right": [
                harmless(f"{each['id']}: {each['reason']}") for each in self.failed
            ],
            "Put right by this check": [
                harmless(f"{each['id']}: {each['severity']}, had drifted") for each in self.healed
            ],
        }
        for finding in self.news:
            lines.setdefault(_group(finding), []).append(_line(finding))
        for finding in self.reminders:
            lines.setdefault(_group(finding), []).append(_line(finding, still=True))
        lines["Resolved"] = [harmless(each["id"]) for each in self.resolved]
        return [Group(name, tuple(_listed(found))) for name, found in lines.items() if found]


def _group(finding: Document) -> str:
    return harmless(finding["table"] or ENVIRONMENT)


def _title(parts: Sequence[_Part]) -> str:
    document = parts[0].document
    where = f"{document['project']} {document['environment']}"
    if len(parts) > 1:
        where = f"{document['project']}, {len(parts)} environments"
    news = [each for part in parts for each in part.news]
    counts = Counter(each["verdict"] for each in news)
    said = [f"{counts[each]} {COUNTED[each]}" for each in COUNTED if counts[each]]
    worst = next((s for s in SEVERITIES if any(_is(each, s) for each in news)), "")
    if worst:
        said[-1] += f" ({sum(1 for each in news if _is(each, worst))} {worst})"
    before = [
        (sum(len(part.failed) for part in parts), "could not be put right"),
        (sum(len(part.healed) for part in parts), "put right"),
    ]
    behind = [
        (sum(len(part.reminders) for part in parts), "still open"),
        (sum(len(part.resolved) for part in parts), "resolved"),
    ]
    said = [f"{n} {word}" for n, word in before if n] + said
    said += [f"{n} {word}" for n, word in behind if n]
    return f"dynaprov drift: {harmless(where)}: {', '.join(said)}"


def _is(finding: Document, severity: str) -> bool:
    return bool(finding["severity"] == severity and finding["verdict"] != "not-compared")


def _where(document: Document) -> str:
    words = (document["environment"], document["account"], document["region"])
    return harmless(" ".join(words))


def _place(document: Document) -> str:
    place = f"account {document['account']}, {document['region']}"
    revision = f", specs {document['revision']}" if document["revision"] else ""
    return harmless(f"{place}{revision}, checked {moment(document['checked_at'])}")


def _line(finding: Document, *, still: bool = False) -> str:
    what = " ".join(filter(None, [short(finding["address"]), finding["path"]]))
    words = [finding["severity"], finding["verdict"]]
    if finding["verdict"] in ("not-compared", "in-progress"):
        words = [finding["verdict"]]
    text = f"{what}: {', '.join(words)}"
    if finding["path"] and finding["verdict"] != "not-compared":
        live, declared = (_cut(value(finding[side])) for side in ("live", "declared"))
        text += f": {live}, declared {declared}"
    elif finding["detail"]:
        text += f": {finding['detail']}"
    if who := finding.get("who"):
        text += f"; {who['text']}"
    if still:
        text += f"; still open, since {moment(finding['since'])}"
    return harmless(text)


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST_VALUE else text[: WIDEST_VALUE - 3] + "..."


def _listed(lines: Sequence[str]) -> list[str]:
    more = len(lines) - LISTED
    return [*lines[:LISTED], *([f"and {plural(more, 'more', 'more')}"] if more > 0 else [])]


def sns_parameters(message: Message, topic: str) -> dict[str, Any]:
    """The parameters of ``sns:Publish``."""
    subject = message.title.encode("ascii", "replace").decode()
    text = message.text.encode()[:MOST_MESSAGE_BYTES].decode("utf-8", "ignore")
    return {"TopicArn": topic, "Subject": subject[:MOST_SUBJECT], "Message": text}


def slack_body(message: Message) -> bytes:
    """The JSON that a Slack-compatible webhook takes: a text, and the same in blocks."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut_to(message.title, 150)}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": _slack(message.place)}]},
    ]
    for group in message.groups[: MOST_BLOCKS - len(blocks) - 1]:
        lines = "\n".join(f"• {_slack(line)}" for line in group.lines)
        text = _cut_to(f"*{_slack(group.name)}*\n{lines}", MOST_SECTION)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    left = len(message.groups) - (len(blocks) - 2)
    if left > 0:
        text = f"and {plural(left, 'more table')}"
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": text}]})
    return json.dumps({"text": _slack(message.title), "blocks": blocks}).encode()


def _slack(text: str) -> str:
    """Text that Slack shows as it is: no mention, no link, no channel (its three characters)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut_to(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def webhook_body(message: Message, documents: Sequence[Document]) -> bytes:
    """The JSON that a webhook of one's own takes: title, text, and the documents of the checks."""
    left_out = ("memory", "operations", "changes", "options")
    checks = [
        {name: each for name, each in document.items() if name not in left_out}
        for document in documents
    ]
    body = {"format": 1, "title": message.title, "text": message.text, "checks": checks}
    return json.dumps(body).encode()


def metric_parameters(document: Document, namespace: str) -> dict[str, Any]:
    """The parameters of ``cloudwatch:PutMetricData``: drifted settings by severity, zeros too.

    The metric without a severity is there after every check, so that an alarm which treats missing
    data as breaching notices when the check is dead.
    """
    place = [
        {"Name": "Project", "Value": document["project"]},
        {"Name": "Environment", "Value": document["environment"]},
    ]

    def datum(name: str, count: int, more: Sequence[dict[str, str]] = ()) -> dict[str, Any]:
        return {
            "MetricName": name,
            "Dimensions": [*place, *more],
            "Value": float(count),
            "Unit": "Count",
        }

    severities = document["severities"]
    return {
        "Namespace": namespace,
        "MetricData": [
            datum("DriftedSettings", sum(severities.values())),
            *(
                datum("DriftedSettings", severities[each], [{"Name": "Severity", "Value": each}])
                for each in SEVERITIES
            ),
            datum("NotCompared", document["verdicts"]["not-compared"]),
        ],
    }
