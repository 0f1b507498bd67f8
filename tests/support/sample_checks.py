"""Drift checks as a person meets them: quiet, the first of many findings, and the one after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dynaprov.model.change import Action, Cause, SettingChange
from dynaprov.model.finding import Check, Coverage, ExceptionRule, Memory
from dynaprov.model.plan import Plan
from dynaprov.model.setting import Severity
from dynaprov.model.source import Position
from dynaprov.report.drift_document import drift_document
from dynaprov.watch.check import checked, handed_on
from dynaprov.watch.failing import FailOn, failing
from support.sample_plans import EVERYTHING, IN_SYNC, change

MONDAY = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)

UNPROTECTED = change(
    "audit-trail",
    Action.UPDATE,
    SettingChange(
        "deletion_protection", False, True, cause=Cause.DRIFT, severity=Severity.CRITICAL
    ),
)
RETAGGED = change(
    "system-config/tags",
    Action.UPDATE,
    SettingChange("tags.Team", "<b>ops</b>", "platform", cause=Cause.DRIFT, severity=Severity.LOW),
)
SECRET = change(
    "user-sessions/tags",
    Action.UPDATE,
    SettingChange("tags.Token", "hunter2hunter2", "swordfish99", cause=Cause.DRIFT, secret=True),
)
DRIFTED = replace(EVERYTHING, changes=(UNPROTECTED, RETAGGED, SECRET, *EVERYTHING.changes))

RULES = (
    ExceptionRule(
        "system-config",
        "tags.*",
        "tags are being renamed",
        "team-platform",
        date(2026, 6, 1),
        position=Position("specs/drift-exceptions.yaml", 4, 3),
    ),
    ExceptionRule(
        "user-sessions/ttl",
        "*",
        "load test",
        "team-sessions",
        date(2026, 5, 1),
        position=Position("specs/drift-exceptions.yaml", 8, 3),
    ),
)
COVERAGE = Coverage(managed=4, live=6, unnamed=("legacy-orders", "scratch"))


def check(
    plan: Plan = DRIFTED, now: datetime = MONDAY, memory: Memory | None = None, **more: Any
) -> Check:
    """A check with the rules and the coverage of this module."""
    return checked(plan, now, rules=RULES, memory=memory, coverage=COVERAGE, **more)


QUIET = check(IN_SYNC)
FIRST = check()
#: The day after: one setting moved on, what was under way is done, a table was unprotected.
_BEFORE = check(replace(EVERYTHING, changes=EVERYTHING.changes[1:]))
SECOND = check(replace(DRIFTED, in_progress=()), TUESDAY, handed_on(_BEFORE, None))

#: What ``--heal`` did, as a member of the document.
HEALED = {
    "healed": [{"id": "log-metadata/pitr#enabled", "severity": "critical"}],
    "failed": [
        {"id": "audit-trail#deletion_protection", "severity": "critical", "reason": "denied"}
    ],
    "left": [{"id": "user-sessions/ttl#attribute", "reason": "it drifted 2 minutes ago"}],
    "journal": "/state/journals/heal.jsonl",
}


def document(of: Check = FIRST, fail_on: FailOn = FailOn.ANY, **extra: Any) -> dict[str, Any]:
    """The document of a check, as the command line writes it."""
    members = {
        "fail_on": fail_on.value,
        "report_only": False,
        "heal": None,
        "notice": None,
        "deliveries": [],
        "next": [],
        "exit_code": 2,
        **extra,
    }
    return drift_document(of, handed_on(of, None), failing(of, fail_on), **members)
