"""A drift check for a person: the verdict first, then what was found, worst first.

Drawn from the document alone.  Order: where we are, the verdict in one line, one block per table
(worst first), what could not be compared, what was excepted, what is resolved, the next command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from dynaprov.report.drift_words import (
    LEADS,
    VERDICTS,
    by_table,
    differs,
    has_values,
    known,
    pattern,
    reason,
    sentence,
    state,
    subject,
    when,
)
from dynaprov.report.plan_view import print_header, print_missing, print_next
from dynaprov.report.text import (
    BAD,
    FAINT,
    GOOD,
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

Document = Mapping[str, Any]

SEVERITY_STYLES = {"critical": BAD, "high": BAD, "medium": WARNING, "low": FAINT}

STATE_STYLES = {"drift": BAD, "unknown": WARNING, "expired": BAD, "in-sync": GOOD}

#: More exceptions or resolved findings than this are counted instead of listed.
LISTED = 10


def print_drift(document: Document, console: Console) -> None:
    """Print a check."""
    print_header(document, console)
    print_wrapped(console, verdict_line(document))
    _print_when(document, console)
    console.print()
    _print_heal(document, console)
    print_findings(document, console)
    print_missing(document, console)
    _print_expired(document, console)
    _print_exceptions(document, console)
    _print_resolved(document, console)
    _print_coverage(document, console)
    _print_deliveries(document, console)
    print_next(document, console)


def verdict_line(document: Document) -> Text:
    """The check in one line: ``Drift: 2 drifted, 1 missing (1 critical, 2 low); 2 of them new``."""
    found = state(document)
    return line((f"{LEADS[found]}: ", STATE_STYLES[found]), sentence(document))


def _print_when(document: Document, console: Console) -> None:
    console.print(line((when(document), FAINT)))


def _print_heal(document: Document, console: Console) -> None:
    """What the check put right by itself, could not, and left alone though its class is safe."""
    heal = document.get("heal")
    if not heal:
        return
    for title, style, name, of in (
        ("Could not be put right", BAD, "failed", "reason"),
        ("Put right: it had drifted", WARNING, "healed", "severity"),
        ("Not put right now", STRONG, "left", "reason"),
    ):
        rows = [(each["id"], data(each[of])) for each in heal[name]]
        if rows:
            console.print(Text(title, style=style))
            print_labelled(console, rows, indent=2)
            console.print()


def print_findings(document: Document, console: Console) -> None:
    """Print every finding, table by table, the worst first."""
    for name, found in by_table(document["findings"]).items():
        console.print(data(name, STRONG))
        for finding in found:
            print_finding(finding, console)
        console.print()


def print_finding(finding: Document, console: Console) -> None:
    """Print one finding: what it is about, both sides, and what is known of it."""
    severity = finding["severity"]
    what = subject(finding)
    calm = finding["listed_only"] or finding["verdict"] in ("in-progress", "tolerated")
    sign, style = ("-", FAINT) if calm else ("!", SEVERITY_STYLES[severity])
    first = line((f"  {sign} ", style), data(what, STRONG))
    if finding["verdict"] not in ("not-compared", "in-progress") and not calm:
        first += line("  ", (severity, style))
    if finding["phase"] != "ongoing" and not calm:
        first += line("  ", (finding["phase"], WARNING))
    print_wrapped(console, first, hanging=6)
    print_labelled(console, _rows(finding), indent=6, least=8)


def _rows(finding: Document) -> list[tuple[str, Text]]:
    rows = [("what", line(VERDICTS[finding["verdict"]]))]
    if has_values(finding):
        live = data(value(finding["live"]), BAD if differs(finding) else "")
        rows.append(("live", live))
        rows.append(("declared", data(value(finding["declared"]))))
    rows += [
        (label, data(text, FAINT if label == "spec" else "")) for label, text in known(finding)
    ]
    return rows


def _print_expired(document: Document, console: Console) -> None:
    expired = document["expired_exceptions"]
    if not expired:
        return
    console.print(Text("Expired exceptions: renew them, or put right what they cover", style=BAD))
    print_labelled(console, [(pattern(each), data(reason(each))) for each in expired], indent=2)
    console.print()


def _print_exceptions(document: Document, console: Console) -> None:
    ignored, unused = document["ignored"], document["unused_exceptions"]
    if ignored:
        title = f"Ignored by exceptions: {plural(len(ignored), 'finding')}"
        console.print(Text(title, style=STRONG))
        rows = [
            (each["id"], line(f"{each['verdict']}, ") + data(reason(each["exception"])))
            for each in ignored[:LISTED]
        ]
        print_labelled(console, rows, indent=2)
        _print_more(len(ignored) - LISTED, console)
        console.print()
    if unused:
        console.print(Text("Exceptions that cover nothing and can go", style=STRONG))
        rows = [(pattern(each), data(reason(each))) for each in unused[:LISTED]]
        print_labelled(console, rows, indent=2)
        _print_more(len(unused) - LISTED, console)
        console.print()


def _print_resolved(document: Document, console: Console) -> None:
    resolved: Sequence[Document] = document["resolved"]
    if not resolved:
        return
    title = f"Resolved since the check before: {plural(len(resolved), 'finding')}"
    console.print(Text(title, style=GOOD))
    rows = [
        (each["id"], line(f"{each['verdict']} since {moment(each['since'])}"))
        for each in resolved[:LISTED]
    ]
    print_labelled(console, rows, indent=2)
    _print_more(len(resolved) - LISTED, console)
    console.print()


def _print_more(count: int, console: Console) -> None:
    if count > 0:
        console.print(line((f"  and {count} more (--json lists all)", FAINT)))


def _print_coverage(document: Document, console: Console) -> None:
    coverage = document["coverage"]
    if coverage is None:
        return
    if coverage["problem"]:
        console.print(line(("Coverage not known: ", WARNING), data(coverage["problem"])))
        return
    managed, live = coverage["managed"], plural(coverage["live"], "table")
    print_wrapped(console, line(("Coverage: ", STRONG), f"{managed} of {live} managed."))
    rows = [("in no spec", data(name)) for name in coverage["unnamed"][:LISTED]]
    if rows:
        print_labelled(console, rows, indent=2)
        _print_more(len(coverage["unnamed"]) - LISTED, console)
    left = [(each["resource"], data(each["detail"])) for each in coverage["leftovers"][:LISTED]]
    if left:
        console.print(Text("Left over of this environment, in no spec", style=STRONG))
        print_labelled(console, left, indent=2)
        _print_more(len(coverage["leftovers"]) - LISTED, console)


def _print_deliveries(document: Document, console: Console) -> None:
    """Whom the notice reached; what failed is told with its reason."""
    notice = document.get("notice")
    for each in document.get("deliveries", ()):
        if each["error"]:
            text = line(("Not delivered: ", BAD), data(f"{each['what']} to {each['to']}: "))
            print_wrapped(console, text + data(each["error"]), hanging=2)
        elif each["what"] == "message":
            console.print(line(("Told ", FAINT), data(each["to"], FAINT)), soft_wrap=True)
    if notice and notice["held"]:
        held = plural(notice["held"], "thing")
        console.print(line((f"Quiet hours: {held} will be told when they are over", FAINT)))
