"""JSON Schema of the documents that ``--json`` writes: of a plan, a run, a check and a fleet.

Kept by hand beside ``document``, ``drift_document`` and ``fleet_document``; a test closes every
object and holds documents against it, so that a member which is added there and not here is found.
What is published leaves objects open: members may be added at any time, as
docs/reference/document.md says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from dynaprov.model.change import Action, Cause
from dynaprov.model.diagnostics import Level
from dynaprov.model.finding import Phase, Verdict
from dynaprov.model.operation import Looks, Risk, Seen
from dynaprov.model.outcome import Status
from dynaprov.model.ports import ErrorCategory
from dynaprov.model.setting import Effect, Owner, Severity
from dynaprov.model.source import Layer
from dynaprov.report.document import FORMAT

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Schema = {"type": "string"}
YES_NO: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
TIME: Schema = {"type": "string", "format": "date-time"}
VALUE: Schema = {"description": "A value of a setting, as JSON; see the reference of the document."}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def document_schemas() -> dict[str, Schema]:
    """The schemas by the name that ``dynaprov schema`` knows them by."""
    return {
        "diff-report": _document("diff-report", "What `dynaprov diff --json` writes.", _diff()),
        "apply-report": _document(
            "apply-report", "What `dynaprov apply --json` and `destroy --json` write.", _run()
        ),
        "drift-report": _document("drift-report", "What `dynaprov drift --json` writes.", _check()),
        "fleet-report": _document(
            "fleet-report",
            "What `dynaprov drift --env all --json` and `report merge --json` write.",
            _fleet(),
            {"check": obj(_check())},
        ),
    }


def _document(
    name: str,
    description: str,
    members: Mapping[str, Schema],
    more: Mapping[str, Schema] | None = None,
) -> Schema:
    definitions = {**DEFINITIONS, **(more or {})}
    return {
        "$schema": DIALECT,
        "title": f"dynaprov {name}",
        "description": description,
        **obj(members),
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def obj(members: Mapping[str, Schema]) -> Schema:
    """An object; members whose names end with ``?`` may be missing."""
    return {
        "type": "object",
        "properties": {name.removesuffix("?"): each for name, each in members.items()},
        "required": [name for name in members if not name.endswith("?")],
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _or_null(of: Schema) -> Schema:
    return {"anyOf": [of, {"type": "null"}]}


def _one_of(words: type[StrEnum]) -> Schema:
    return {"type": "string", "enum": [each.value for each in words]}


def _counts(names: Iterable[str]) -> Schema:
    return obj(dict.fromkeys(names, COUNT))


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _texts(*names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, TEXT)


PLACE = _texts("project", "environment", "account", "region")
TEXTS = _list(TEXT)
NAMED = {"type": "object", "additionalProperties": TEXT}
PARAMS = {"type": "object"}
#: What somebody is told of a finding; whoever finds it out says more than its text.
TOLD: Schema = {**obj({"text": TEXT}), "additionalProperties": True}

DEFINITIONS: Mapping[str, Schema] = {
    "position": obj({"file": TEXT, "line": COUNT, "column": COUNT}),
    "source": obj({"file": TEXT, "line": COUNT, "column": COUNT, "layer": _one_of(Layer)}),
    "setting": obj(
        {
            "path": TEXT,
            "before": VALUE,
            "after": VALUE,
            "effect": _one_of(Effect),
            "owner": _one_of(Owner),
            "severity": _one_of(Severity),
            "cause": _one_of(Cause),
            "source": _or_null(_ref("source")),
            "reason": TEXT,
            "secret": YES_NO,
            "lists?": TEXTS,
        }
    ),
    "change": obj(
        {
            **_texts("address", "kind", "resource"),
            "action": _one_of(Action),
            "cause": _one_of(Cause),
            "severity": _one_of(Severity),
            "settings": _list(_ref("setting")),
            "source": _or_null(_ref("source")),
            "notes": TEXTS,
        }
    ),
    "read": obj({**_texts("service", "method", "pages"), "params": PARAMS, "tuples?": TEXTS}),
    "call": obj({**_texts("service", "method"), "params": PARAMS, "tuples?": TEXTS}),
    "wait": obj(
        {
            **_texts("kind", "until", "timeout"),
            "read": _ref("read"),
            "timeout_seconds": NUMBER,
            "facts": PARAMS,
            "tuples?": TEXTS,
        }
    ),
    "concession": obj(
        {
            **_texts("what", "identity"),
            "ours": VALUE,
            "winner": _ref("read"),
            "outputs": NAMED,
            "withdraw": _or_null(_ref("call")),
            "unless": _list(_ref("read")),
        }
    ),
    "budget": obj(
        {
            **_texts("name", "of", "what", "rule"),
            "limit": COUNT,
            "window_seconds": COUNT,
            "seen": _one_of(Seen),
            "used": _or_null(COUNT),
            "left": _or_null(COUNT),
            "free_at": _or_null(TIME),
        }
    ),
    "operation": obj(
        {
            **_texts("id", "address", "kind", "title", "service", "method", "lock"),
            "params": PARAMS,
            **dict.fromkeys(("needs", "after", "covers"), TEXTS),
            "look": _or_null(_ref("wait")),
            "waits": _list(_ref("wait")),
            "settled_by": _list(obj(_texts("code", "text"))),
            "outputs": NAMED,
            **dict.fromkeys(("creates", "deletes", "readies", "repeatable"), YES_NO),
            "concession": _or_null(_ref("concession")),
            "looks": _one_of(Looks),
            "stamp": _or_null(
                obj(
                    {
                        "kept": {"type": "array"},
                        "earned": {"type": "array"},
                        "previous": {"type": "array"},
                    }
                )
            ),
            "risk": _one_of(Risk),
            "meaning": obj(_texts("impact", "undo", "takes", "watch")),
            "not_before": _or_null(TIME),
            "budgets": _list(_ref("budget")),
            "tuples?": TEXTS,
        }
    ),
    "refusal": obj({**_texts("code", "address", "detail", "allowed_by"), "instead": TEXTS}),
    "unmanaged": obj(
        {
            **_texts("address", "kind", "resource", "detail"),
            "part_of": _or_null(TEXT),
            "facts": PARAMS,
            "lists?": TEXTS,
        }
    ),
    "error": obj(
        {
            "category": _one_of(ErrorCategory),
            **_texts("service", "method", "code", "message", "request_id", "missing"),
            "not_before": _or_null(TIME),
        }
    ),
    "not_compared": obj({**_texts("address", "path", "action"), "error": _ref("error")}),
    "in_progress": obj(
        {**_texts("address", "detail"), "wait": _or_null(_ref("wait")), "compared": YES_NO}
    ),
    "diagnostic": obj(
        {
            **_texts("code", "summary", "detail", "hint", "text", "address"),
            "level": _one_of(Level),
            "position": _or_null(_ref("position")),
        }
    ),
    "readiness": obj(
        {
            **_texts("address", "resource", "status", "reason"),
            "safe_to_deploy": YES_NO,
            "in_time": YES_NO,
        }
    ),
    "step": obj(_texts("why", "command")),
    "outcome": obj(
        {
            **_texts("operation", "blocked_by", "detail"),
            "status": _one_of(Status),
            "attempts": COUNT,
            "error": _or_null(_ref("error")),
            "seconds": NUMBER,
            "not_before": _or_null(TIME),
            "outputs": NAMED,
            "by_another": YES_NO,
        }
    ),
    "exception": obj(
        {
            **_texts("address", "path", "reason", "owner", "digest"),
            "expires": {"type": "string", "format": "date"},
            "environments": TEXTS,
            "position": _or_null(_ref("position")),
        }
    ),
    "finding": obj(
        {
            **_texts("id", "address", "table", "path", "kind", "resource"),
            "verdict": _one_of(Verdict),
            "severity": _one_of(Severity),
            "phase": _one_of(Phase),
            "since": _or_null(TIME),
            "action": _one_of(Action),
            "live": VALUE,
            "declared": VALUE,
            "owner": _one_of(Owner),
            **_texts("detail", "permission", "digest"),
            "listed_only": YES_NO,
            "secret": YES_NO,
            "source": _or_null(_ref("source")),
            "exception": _or_null(_ref("exception")),
            "who?": _or_null(TOLD),
            "commit?": _or_null(TOLD),
        }
    ),
    "resolved": obj(
        {
            **_texts("id", "address", "path"),
            "verdict": _one_of(Verdict),
            "severity": _one_of(Severity),
            "since": TIME,
            "was_ignored": YES_NO,
        }
    ),
    "coverage": obj(
        {
            "managed": COUNT,
            "live": COUNT,
            "unnamed": TEXTS,
            "leftovers": _list(obj(_texts("address", "kind", "resource", "detail"))),
            "problem": TEXT,
        }
    ),
    "heal": obj(
        {
            "healed": _list(obj({"id": TEXT, "severity": _one_of(Severity)})),
            "failed": _list(obj({**_texts("id", "reason"), "severity": _one_of(Severity)})),
            "left": _list(obj(_texts("id", "reason"))),
            "journal": TEXT,
        }
    ),
    "told": obj({"id": TEXT, "verdict": _one_of(Verdict), "severity": _one_of(Severity)}),
    "notice": obj(
        {"news": TEXTS, "reminders": TEXTS, "resolved": _list(_ref("told")), "held": COUNT}
    ),
    "remembered": obj(
        {
            **_texts("id", "digest"),
            "verdict": _one_of(Verdict),
            "severity": _one_of(Severity),
            "since": TIME,
            "told?": TIME,
            "ignored?": YES_NO,
        }
    ),
    "memory": obj(
        {
            "format": {"const": 1},
            **PLACE,
            "checked_at": TIME,
            "findings": _list(_ref("remembered")),
            "present": TEXTS,
            "resolved": _list(_ref("remembered")),
        }
    ),
}

#: The counts of ``summary`` that every document has.
SUMMARY = (
    *("create", "update", "replace", "delete", "tables_removed", "indexes_removed"),
    *("operations", "refused", "unmanaged", "unmanaged_parts", "not_compared", "in_progress"),
)


def _plan(summary: Mapping[str, Schema] | None = None) -> dict[str, Schema]:
    """The members that every document of a plan has."""
    return {
        "format": {"const": FORMAT},
        "command": TEXT,
        **PLACE,
        **_texts("caller", "endpoint", "revision"),
        "fingerprint": SHA256,
        "in_sync": YES_NO,
        "summary": obj(
            {
                **dict.fromkeys(SUMMARY, COUNT),
                "worst_risk": _one_of(Risk),
                "causes": _list(_one_of(Cause)),
                **(summary or {}),
            }
        ),
        "changes": _list(_ref("change")),
        "operations": _list(_ref("operation")),
        "refusals": _list(_ref("refusal")),
        "unmanaged": _list(_ref("unmanaged")),
        "not_compared": _list(_ref("not_compared")),
        "missing_permissions": TEXTS,
        "in_progress": _list(_ref("in_progress")),
        "diagnostics": _list(_ref("diagnostic")),
        "resources": _list(obj(_texts("address", "resource"))),
        "held": TEXTS,
        "safe_to_deploy": YES_NO,
        "readiness": _list(_ref("readiness")),
        "next?": _list(_ref("step")),
    }


def _diff() -> dict[str, Schema]:
    options = {
        "env": _or_null(TEXT),
        **dict.fromkeys(("sets", "targets", "allow"), TEXTS),
        "prune": YES_NO,
    }
    return {**_plan(), "options": obj(options), "digest": SHA256}


def _run() -> dict[str, Schema]:
    """Of a run; what was refused or not approved has only the plan and its problems."""
    of_run = {
        "outcomes": _list(_ref("outcome")),
        "interrupted": YES_NO,
        "verified": YES_NO,
        "residual": _list(_ref("change")),
        "residual_not_compared": _list(_ref("not_compared")),
        "residual_in_progress": _list(_ref("in_progress")),
        "residual_diagnostics": _list(_ref("diagnostic")),
        "residual_unmanaged_parts": COUNT,
        "converged": YES_NO,
        "journal": TEXT,
        "stopped": _or_null(_ref("diagnostic")),
    }
    return {
        **_plan({"outcomes?": _counts(each.value for each in Status)}),
        **{f"{name}?": each for name, each in of_run.items()},
        "problems?": _list(_ref("diagnostic")),
        "exit_code": COUNT,
    }


def _check() -> dict[str, Schema]:
    return {
        **_plan(),
        "checked_at": TIME,
        "previous_at": _or_null(TIME),
        "findings": _list(_ref("finding")),
        "ignored": _list(_ref("finding")),
        "resolved": _list(_ref("resolved")),
        "expired_exceptions": _list(_ref("exception")),
        "unused_exceptions": _list(_ref("exception")),
        "failing": TEXTS,
        "verdicts": _counts(each.value for each in Verdict),
        "severities": _counts(each.value for each in Severity),
        "coverage": _or_null(_ref("coverage")),
        "memory": _ref("memory"),
        "heal": _or_null(_ref("heal")),
        "notice": _or_null(_ref("notice")),
        "deliveries": _list(obj(_texts("to", "what", "error"))),
        "fail_on": TEXT,
        "report_only": YES_NO,
        "exit_code": COUNT,
    }


def _fleet() -> dict[str, Schema]:
    return {
        "format": {"const": FORMAT},
        "command": {"const": "drift"},
        "project": TEXT,
        "fleet": obj({"members": COUNT, "checked": COUNT, "shard": TEXT}),
        "verdicts": _counts(each.value for each in Verdict),
        "severities": _counts(each.value for each in Severity),
        "checks": _list(_ref("check")),
        "exit_code": COUNT,
    }
