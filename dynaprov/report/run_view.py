"""A run for a person: what happened per table, what went wrong and why, what is left, what next.

Causes only: what was skipped is counted under the operation that it waited for, not told again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from dynaprov.model.ports import iam_action
from dynaprov.report.alarms import print_alarms
from dynaprov.report.plan_view import print_missing, print_next
from dynaprov.report.text import (
    BAD,
    FAINT,
    GOOD,
    NAME,
    STRONG,
    WARNING,
    data,
    line,
    moment,
    plural,
    print_labelled,
    print_wrapped,
    value,
)
from dynaprov.report.wording import (
    ADVICE,
    CAUSES,
    ENVIRONMENT,
    SIGNS,
    STATUSES,
    api,
    group_of,
    unread,
)

Document = Mapping[str, Any]


def print_run(document: Document, console: Console) -> None:
    """Print what became of a plan; the most important line is the last one."""
    print_alarms(document, console)
    operations = {each["id"]: each for each in document["operations"]}
    _print_tables(document, operations, console)
    _print_status(document, operations, "failed", console)
    _print_status(document, operations, "skipped", console)
    _print_status(document, operations, "unknown", console)
    _print_later(document, operations, "submitted", console)
    _print_later(document, operations, "deferred", console)
    _print_left(document, console)
    print_missing(document, console)
    if document["journal"]:
        console.print(line(("Journal ", FAINT), data(document["journal"], FAINT)), soft_wrap=True)
    _print_verdict(document, console)
    print_next(document, console)


def _print_tables(document: Document, operations: Mapping[str, Document], console: Console) -> None:
    groups: dict[str, dict[str, int]] = {}
    for outcome in document["outcomes"]:
        name = group_of(operations[outcome["operation"]]["address"])
        counts = groups.setdefault(name, dict.fromkeys(STATUSES, 0))
        counts[outcome["status"]] += 1
    rows = []
    for name in sorted(groups, key=lambda name: (name != ENVIRONMENT, name)):
        words: list[str | Text | tuple[str, str]] = []
        for status, (word, style) in STATUSES.items():
            if count := groups[name][status]:
                words += [", "] if words else []
                words.append((f"{count} {word}", style))
        rows.append((name, line(*words)))
    if rows:
        print_labelled(console, rows, indent=2)
        console.print()


def _print_status(
    document: Document, operations: Mapping[str, Document], status: str, console: Console
) -> None:
    # What was skipped because of another operation is told there.
    found = [e for e in _with_status(document, status) if not e["blocked_by"]]
    if not found:
        return
    titles = {
        "failed": "Failed",
        "skipped": "Skipped: the endpoint lacks the operation",
        "unknown": "Unknown: sent, and no answer came; the next run looks at what is live",
    }
    console.print(Text(titles[status], style=BAD))
    for outcome in found:
        operation = operations[outcome["operation"]]
        _print_name(operation, console)
        for text in _why(outcome, operation):
            print_wrapped(console, text, indent=6, hanging=2)
        skipped = _skipped_because_of(outcome["operation"], document)
        if skipped:
            text = line(f"skipped because of it: {', '.join(skipped)}")
            print_wrapped(console, text, indent=6, hanging=2)
    console.print()


def _print_name(operation: Document, console: Console) -> None:
    first = line(("  x ", BAD), data(operation["address"], STRONG), "  ", data(operation["title"]))
    print_wrapped(console, first, hanging=6)


def _why(outcome: Document, operation: Document) -> list[Text]:
    lines = []
    error = outcome["error"]
    if error:
        request = f" (request {error['request_id']})" if error["request_id"] else ""
        lines.append(data(f"{api(error)}: {error['code']}: {error['message']}{request}"))
    if outcome["detail"]:
        lines.append(data(outcome["detail"]))
    if outcome["attempts"] > 1:
        lines.append(line(f"after {outcome['attempts']} attempts"))
    if error and (advice := ADVICE.get(error["category"])):
        action = error["missing"] or iam_action(error["service"], error["method"])
        lines.append(line(("hint: ", NAME), data(advice.format(action=action))))
    return lines


def _skipped_because_of(cause: str, document: Document) -> list[str]:
    """Every operation that was skipped because of one, directly or through others."""
    found: list[str] = []
    causes = {cause}
    for _ in document["outcomes"]:
        more = [
            each["operation"]
            for each in document["outcomes"]
            if each["status"] == "skipped"
            and each["blocked_by"] in causes
            and each["operation"] not in causes
        ]
        if not more:
            break
        found += more
        causes.update(more)
    return found


def _with_status(document: Document, status: str) -> list[Any]:
    return [each for each in document["outcomes"] if each["status"] == status]


def _print_later(
    document: Document, operations: Mapping[str, Document], status: str, console: Console
) -> None:
    found = _with_status(document, status)
    if not found:
        return
    titles = {
        "submitted": "Under way: AWS took these and is at work on them",
        "deferred": "Deferred: a later run finishes these",
    }
    console.print(Text(titles[status], style=WARNING))
    for outcome in found:
        operation = operations[outcome["operation"]]
        text = line(data(operation["address"], STRONG), "  ", data(operation["title"]))
        print_wrapped(console, text, indent=4, hanging=2)
        if outcome["not_before"]:
            print_wrapped(console, line("not before ", moment(outcome["not_before"])), indent=6)
        reason = outcome["detail"] or (outcome["error"] or {}).get("message", "")
        if reason:
            print_wrapped(console, data(reason), indent=6)
        if skipped := _skipped_because_of(outcome["operation"], document):
            print_wrapped(console, line(f"waiting with it: {', '.join(skipped)}"), indent=6)
    console.print()


def _print_left(document: Document, console: Console) -> None:
    if document["residual"]:
        console.print(Text("Left over: the check after the run still found this", style=WARNING))
        for change in document["residual"]:
            sign, style = SIGNS[change["action"]]
            why = "" if change["action"] == "delete" else CAUSES[change["cause"]]
            name = data(change["address"], STRONG)
            text = line((f"  {sign} ", style), name, "  ", why)
            print_wrapped(console, text, hanging=6)
            rows = [
                (s["path"] or "(all)", data(f"{value(s['before'])} -> {value(s['after'])}"))
                for s in change["settings"]
            ]
            print_labelled(console, rows, indent=6)
        console.print()
    rows = [
        ("  ".join(filter(None, [each["address"], each["path"]])), data(unread(each), WARNING))
        for each in document["residual_not_compared"]
    ]
    if rows:
        console.print(Text("Not compared after the run", style=WARNING))
        print_labelled(console, rows, indent=2)
        console.print()
    rows = [(each["address"], data(each["detail"])) for each in document["residual_in_progress"]]
    if rows:
        console.print(Text("Under way in AWS", style=STRONG))
        print_labelled(console, rows, indent=2)
        console.print()


def _print_verdict(document: Document, console: Console) -> None:
    if stopped := document.get("stopped"):
        first = line(("Stopped: ", BAD), data(stopped["summary"], STRONG))
        print_wrapped(console, first, hanging=2)
        if stopped["detail"]:
            print_wrapped(console, data(stopped["detail"]), indent=2)
        if stopped["hint"]:
            print_wrapped(console, line(("hint: ", NAME), data(stopped["hint"])), indent=2)
        console.print()
    print_wrapped(console, verdict(document))
    if document["interrupted"]:
        text = "Interrupted. Running the same command again is safe: it looks first, then goes on."
        print_wrapped(console, Text(text, style=WARNING))


def verdict(document: Document) -> Text:
    """The one line that says how it ended."""
    counts = document["summary"]["outcomes"]
    done = counts["succeeded"] + counts["settled"]
    later = counts["deferred"] + counts["submitted"]
    if document["converged"] and not later and not document["residual_in_progress"]:
        made = f"{plural(done, 'call')} made" if done else "nothing had to be called"
        kept = document["residual_unmanaged_parts"]
        more = f" {plural(kept, 'unmanaged part')} kept." if kept else ""
        found = f"{made}; a fresh comparison found nothing left.{more}"
        return line(("Converged: ", GOOD), found)
    if document["converged"]:
        begun = {e["operation"].partition(":")[0] for e in _with_status(document, "submitted")}
        tables = {group_of(address) for address in begun}
        others = [
            each
            for each in document["residual_in_progress"]
            if group_of(each["address"]) not in tables
        ]
        waiting = later + len(others)
        return line(
            ("Under way: ", WARNING),
            f"{plural(done, 'call')} made; {plural(waiting, 'step')} not finished yet. "
            "Run it again later.",
        )
    words = [f"{counts[s]} {STATUSES[s][0]}" for s in STATUSES if counts[s] and s != "settled"]
    if document["residual"]:
        words.append(f"{len(document['residual'])} left over")
    if document["residual_not_compared"]:
        words.append(f"{len(document['residual_not_compared'])} not compared")
    if not document["verified"]:
        words.append("not verified")
    return line(("Not converged: ", BAD), ", ".join(words), ".")
