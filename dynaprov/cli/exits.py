"""Exit codes: what each means, and which one wins where several hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """The exit codes of every command (docs/reference/exit-codes.md)."""

    DONE = 0
    STOPPED = 1
    DIFFERENT = 2
    REFUSED = 3
    INCOMPLETE = 4
    UNDER_WAY = 5
    USAGE = 64
    SPEC = 65
    INTERRUPTED = 130


#: Where several hold, the first of these wins.
PRECEDENCE = (
    Exit.INTERRUPTED,
    Exit.SPEC,
    Exit.USAGE,
    Exit.STOPPED,
    Exit.REFUSED,
    Exit.INCOMPLETE,
    Exit.DIFFERENT,
    Exit.UNDER_WAY,
)

#: What each means, for the reference page and for ``--help``.
MEANINGS: Mapping[Exit, str] = {
    Exit.DONE: "Done, or in sync.",
    Exit.STOPPED: "Stopped before or outside the plan: credentials (also those that end while it "
    "runs), network, a defect of dynaprov.",
    Exit.DIFFERENT: "Something differs, a managed resource has parts that no spec names, or a key "
    "under a live table cannot be used (`diff` only with `--exit-code`).",
    Exit.REFUSED: "Refused: a guard, a stale plan, an approval that does not match, the wrong "
    "account or region, or nobody there to ask and no `--yes`.",
    Exit.INCOMPLETE: "The plan ran or the comparison was made, but something failed, was skipped, "
    "is left over, or could not be compared.",
    Exit.UNDER_WAY: "Nothing is wrong, but AWS is still at work or a step waits for its time: "
    "run it again later (`diff` only with `--exit-code`).",
    Exit.USAGE: "The command line makes no sense.",
    Exit.SPEC: "The spec files have errors; AWS was not called.",
    Exit.INTERRUPTED: "Interrupted by Ctrl-C or SIGTERM; running it again is safe.",
}


def first_of(codes: Iterable[Exit]) -> Exit:
    """The code that wins among those that hold; done when none does."""
    found = frozenset(codes)
    return next((code for code in PRECEDENCE if code in found), Exit.DONE)


def of_plan(document: Mapping[str, Any], *, exit_code: bool) -> Exit:
    """The exit code of looking at a plan.

    What could not be read is never success.  Refusals and differences are findings, not failures,
    unless ``exit_code`` asks for them.
    """
    holds = []
    if document["not_compared"]:
        holds.append(Exit.INCOMPLETE)
    if exit_code:
        if document["refusals"]:
            holds.append(Exit.REFUSED)
        alarming = any(each["level"] == "error" for each in document["diagnostics"])
        if document["changes"] or document["summary"]["unmanaged_parts"] or alarming:
            holds.append(Exit.DIFFERENT)
        if document["in_progress"]:
            holds.append(Exit.UNDER_WAY)
    return first_of(holds)


def of_drift(document: Mapping[str, Any]) -> Exit:
    """The exit code of a drift check: what could not be compared is never success.

    An exception whose day is over fails a check like a difference does, and so does what was put
    right: it had drifted.  A report that could not be delivered, what could not be put right, and
    a coverage that could not be told are incomplete.
    """
    holds = []
    uncovered = document["coverage"] is not None and document["coverage"]["problem"]
    heal = document["heal"] or {"healed": [], "failed": []}
    undone = heal["failed"] or any(each["error"] for each in document["deliveries"])
    if document["verdicts"]["not-compared"] or undone or uncovered:
        holds.append(Exit.INCOMPLETE)
    differs = document["failing"] or document["expired_exceptions"] or heal["healed"]
    if differs and not document["report_only"]:
        holds.append(Exit.DIFFERENT)
    if document["verdicts"]["in-progress"]:
        holds.append(Exit.UNDER_WAY)
    return first_of(holds)


def of_waiting(document: Mapping[str, Any]) -> Exit:
    """The exit code of waiting: reached, never to be reached, or not yet."""
    if document["interrupted"]:
        return Exit.INTERRUPTED
    if document["reached"]:
        return Exit.DONE
    return Exit.INCOMPLETE if document["hopeless"] else Exit.UNDER_WAY


def of_run(document: Mapping[str, Any]) -> Exit:
    """The exit code of an executed plan."""
    holds = []
    if document["interrupted"]:
        holds.append(Exit.INTERRUPTED)
    if document["stopped"]:
        holds.append(Exit.STOPPED)
    if not document["converged"]:
        holds.append(Exit.INCOMPLETE)
    counts = document["summary"]["outcomes"]
    if document["residual_in_progress"] or counts["deferred"] or counts["submitted"]:
        holds.append(Exit.UNDER_WAY)
    return first_of(holds)
