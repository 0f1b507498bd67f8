"""The document of a drift check: that of its plan, and what was judged of it.

Every other form of a report (terminal, Markdown, HTML, JUnit, SARIF, messages) is drawn from this
one.  Its members are described in docs/reference/document.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dynaprov.model.finding import (
    Check,
    Coverage,
    ExceptionRule,
    Finding,
    Memory,
    Remembered,
    Tracked,
    Verdict,
)
from dynaprov.model.masking import masked_line
from dynaprov.model.setting import Severity
from dynaprov.report.document import (
    Document,
    plan_document,
    position_document,
    source_document,
)
from dynaprov.report.memory import memory_document
from dynaprov.report.values import MASK, encoded


def drift_document(
    check: Check, memory: Memory, failing: Iterable[Tracked], **extra: Any
) -> Document:
    """The document of a check.

    Args:
        check: what was found.
        memory: what it hands on to the next check.
        failing: the findings for which it fails.
        extra: further members, JSON values.
    """
    fails = [each.finding.id for each in failing]
    compared = plan_document(check.plan, command="drift")
    needs = {check.coverage.permission} - {""} if check.coverage else set[str]()
    return {
        **compared,
        "missing_permissions": sorted({*compared["missing_permissions"], *needs}),
        "checked_at": _time(check.checked_at),
        "previous_at": _time(check.previous_at),
        "findings": [_tracked(each) for each in check.findings],
        "ignored": [_tracked(each) for each in check.ignored],
        "resolved": [_resolved(each) for each in check.resolved],
        "expired_exceptions": [_rule(each) for each in check.expired],
        "unused_exceptions": [_rule(each) for each in check.unused],
        "failing": fails,
        "verdicts": _counted((each.finding.verdict for each in check.findings), Verdict),
        "severities": _counted(
            (
                each.finding.severity
                for each in check.findings
                if each.finding.verdict.differs and not each.finding.listed_only
            ),
            Severity,
        ),
        "coverage": _coverage(check.coverage),
        "memory": memory_document(memory, check.plan.identity),
        **extra,
    }


def _counted(values: Iterable[Any], all_values: Iterable[Any]) -> dict[str, int]:
    """How often each value occurs, those that do not as well, in their own order."""
    counts = Counter(values)
    return {each.value: counts[each] for each in all_values}


def _tracked(tracked: Tracked) -> Document:
    finding = tracked.finding
    return {
        "id": finding.id,
        "address": str(finding.address),
        "table": finding.address.table,
        "path": finding.path,
        "kind": finding.kind,
        "resource": finding.resource,
        "verdict": finding.verdict.value,
        "severity": finding.severity.value,
        "phase": tracked.phase.value,
        "since": _time(tracked.since),
        "action": finding.action.value,
        "live": _shown(finding, finding.live),
        "declared": _shown(finding, finding.declared),
        "owner": finding.owner.value,
        "detail": masked_line(finding.detail),
        "permission": finding.permission,
        "listed_only": finding.listed_only,
        "secret": finding.secret,
        "source": source_document(finding.origin),
        "digest": finding.digest,
        "exception": _rule(tracked.rule) if tracked.rule else None,
    }


def _shown(finding: Finding, value: Any) -> Any:
    return MASK if finding.secret and value is not None else encoded(value)


def _resolved(each: Remembered) -> Document:
    address, _, path = each.id.partition("#")
    return {
        "id": each.id,
        "address": address,
        "path": path,
        "verdict": each.verdict.value,
        "severity": each.severity.value,
        "since": _time(each.since),
        "was_ignored": each.ignored,
    }


def _rule(rule: ExceptionRule) -> Document:
    place = rule.position
    return {
        "address": rule.address,
        "path": rule.path,
        "reason": rule.reason,
        "owner": rule.owner,
        "expires": rule.expires.isoformat(),
        "environments": list(rule.environments),
        "digest": rule.digest,
        "position": position_document(place) if place else None,
    }


def _coverage(coverage: Coverage | None) -> Document | None:
    if coverage is None:
        return None
    return {
        "managed": coverage.managed,
        "live": coverage.live,
        "unnamed": list(coverage.unnamed),
        "leftovers": [
            {
                "address": str(each.address),
                "kind": each.kind,
                "resource": each.resource,
                "detail": each.detail,
            }
            for each in coverage.leftovers
        ],
        "problem": coverage.problem,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
