"""docs/reference/errors.md, from the table of errors and the patience with each category."""

from __future__ import annotations

from collections.abc import Mapping

from dynaprov.aws.error_rows import FRAGMENTS, ROWS, SOURCES, Row
from dynaprov.execution.looking import LOOK_SECONDS
from dynaprov.execution.retry import PATIENCE
from dynaprov.model.ports import ErrorCategory
from dynaprov.report.wording import ADVICE

NOTE = "<!-- Generated from the code: `pytest tests/docs --update-golden` writes this page. -->\n"
E = ErrorCategory

#: What each category says, and what becomes of an operation that meets it for the last time.
MEANINGS: Mapping[ErrorCategory, tuple[str, str]] = {
    E.THROTTLED: (
        "Too fast, or too much at once in the account.",
        "deferred where AWS names a time, else failed",
    ),
    E.BUSY: ("The resource is still changing.", "failed"),
    E.LAGGING: ("What it refers to is too new to be seen, or not gone yet.", "failed"),
    E.TRANSIENT: (
        "A fault of AWS, or a lost connection: the effect is unknown.",
        "failed; unknown where no answer came",
    ),
    E.DEFERRED: ("A budget or a cooldown is used up.", "deferred"),
    E.ABSENT: (
        "It does not exist. Repeated only after a creation in the same run.",
        "failed; settled for a deletion",
    ),
    E.EXISTS: ("It exists already.", "failed; done where it is our own, whose answer was lost"),
    E.UNCHANGED: ("It is already so.", "settled"),
    E.CONFLICT: ("Somebody else changed it at the same time.", "failed"),
    E.DENIED: ("A permission is missing.", "failed; a read: not compared"),
    E.CREDENTIALS: ("No, expired or invalid credentials.", "the run stops"),
    E.INVALID: ("AWS refuses the request.", "failed"),
    E.QUOTA: ("A limit of the account.", "failed"),
    E.UNSUPPORTED: ("The endpoint lacks it.", "skipped; a read: not compared"),
    E.UNREACHABLE: ("No connection, so nothing was sent.", "failed"),
    E.UNKNOWN: ("No row knows the error.", "failed"),
}
ANY = "(every service)"


def errors_page() -> str:
    """The whole page."""
    parts = [
        "# Errors of AWS\n",
        NOTE,
        "What dynaprov makes of every error that AWS answers with.",
        "The code on the wire, and where a code has several meanings a part of its message, give a "
        "category; the category alone decides what happens.",
        "A code that no row knows is judged by its HTTP status: 429 throttled, 401 and 403 denied, "
        "from 500 on transient, else unknown.\n",
        "## Categories\n",
        "Delays are a random part of what they may be and double up to the longest; each category "
        "has a patience of its own.",
        "A read is repeated after a throttle (10 attempts), a fault or a conflict (5), what is too "
        "new to be seen (4) and a missing connection (3).\n",
        _table(
            ("Category", "Says", "A call is repeated", "In the end", "What you can do"),
            [
                (f"`{each}`", MEANINGS[each][0], _patience(each), MEANINGS[each][1], _advice(each))
                for each in ErrorCategory
            ],
        ),
        "The SDK repeats nothing: dynaprov sets its total attempts to one, and neither "
        "`AWS_RETRY_MODE`, `AWS_MAX_ATTEMPTS` nor a profile changes that.",
        "A call that could make a second thing (CreateKey, CreateBackup, CreatePolicyVersion) is "
        "not repeated after a lost answer.",
        f"dynaprov looks for what it made, for up to {LOOK_SECONDS:.0f} s, and goes on with that; "
        "it sends the call again only when nothing was found and AWS itself said that it failed.\n",
        "## Rows\n",
        "The first row that fits counts.",
        "Codes are written without the ending `Exception`; the text is a part of the message, in "
        "lower case.",
        "The wait is at least that long where the message names no time; a time that a throttle or "
        "a used-up budget names is obeyed.\n",
    ]
    for service in dict.fromkeys(row.service for row in (*ROWS, *FRAGMENTS)):
        rows = [row for row in ROWS if row.service == service]
        endings = [row for row in FRAGMENTS if row.service == service]
        parts += [f"### {service or ANY}\n", _rows(rows, endings)]
    parts += [
        "## Sources\n",
        _table(("Source", "Is"), [(f"`{name}`", text) for name, text in SOURCES.items()]),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _patience(category: ErrorCategory) -> str:
    patience = PATIENCE.get(category)
    if patience is None:
        return "no"
    most = f", {patience.attempts} attempts at most" if patience.attempts < 1000 else ""
    return (
        f"after {patience.first_seconds:g} s to {patience.longest_seconds:g} s, for "
        f"{patience.total_seconds:g} s{most}"
    )


def _advice(category: ErrorCategory) -> str:
    return ADVICE.get(category, "").format(action="that it names")


def _rows(rows: list[Row], endings: list[Row]) -> str:
    made = [_row(row, f"`{row.code}`") for row in rows]
    made += [_row(row, f"ends in `{row.code}`") for row in endings]
    return _table(("Code", "Text", "Call", "Category", "Wait", "Source"), made)


def _row(row: Row, code: str) -> tuple[str, ...]:
    wait = f"{row.delay_seconds} s" if row.delay_seconds else ""
    if row.most_attempts:
        wait = "not repeated" if row.most_attempts == 1 else f"{row.most_attempts} attempts at most"
    return (
        code,
        f"`{row.text.strip()}`" if row.text else "",
        f"`{row.method}`" if row.method else "",
        f"`{row.category}`",
        wait,
        row.source,
    )


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
