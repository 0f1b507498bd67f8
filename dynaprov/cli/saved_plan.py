"""Saved plans: what ``diff --out`` writes and ``apply PLAN.JSON`` takes as approved.

A saved plan is a promise about a document that a person looked at, so it counts only as it was
written: its digest covers every member, and anything else is refused.  What is executed is never
what the file says but a plan made anew, which must have the fingerprint of the saved one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dynaprov.cli.options import Options
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Stopped, UsageProblem

Document = Mapping[str, Any]

#: Most bytes of a saved plan that are read; one of a thousand new tables has some ten millions.
LARGEST_PLAN = 200_000_000
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")

#: The options that decide what a plan is about; they are saved with it.
SAVED = ("env", "sets", "targets", "allow", "prune")


def saved_options(options: Options) -> dict[str, Any]:
    """What has to be the same when the plan is made again."""
    values = {name: getattr(options, name) for name in SAVED}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def sealed(document: Document) -> dict[str, Any]:
    """The document with the digest of all its other members."""
    return {**document, "digest": _digest(document)}


def _digest(document: Document) -> str:
    """SHA-256 over the members in one order, so that layout means nothing."""
    members = {name: each for name, each in document.items() if name != "digest"}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def save_plan(path: str, document: Document) -> None:
    """Write a sealed document.

    Raises:
        Stopped: when the file cannot be written.
    """
    try:
        Path(path).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise Stopped(
            Diagnostic(
                code="DP515",
                summary="the plan cannot be saved",
                detail=f"{path}: {_reason(problem)}",
                hint="name another file with --out",
            )
        ) from problem


def read_plan(path: str) -> Document:
    """The document of a saved plan, exactly as it was saved.

    Raises:
        UsageProblem: when the file is not one, or was changed.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_PLAN + 1)
        if len(data) > LARGEST_PLAN:
            raise _no_plan(path, f"it has more than {LARGEST_PLAN:,} bytes")
        document = json.loads(data, parse_constant=_no_constant)
    except (OSError, ValueError, RecursionError) as problem:
        raise _no_plan(path, _reason(problem)) from problem
    if not isinstance(document, dict) or document.get("format") != 1:
        raise _no_plan(path, "it is not a document of this format")
    fingerprint = document.get("fingerprint")
    if document.get("command") != "diff" or not isinstance(fingerprint, str):
        raise _no_plan(path, "it was not saved by dynaprov diff --out")
    # A shorter one would be the beginning of many.
    if not _FINGERPRINT.fullmatch(fingerprint) or document.get("digest") != _digest(document):
        raise _no_plan(path, "it was changed after it was saved")
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _reason(problem: Exception) -> str:
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    return "it is nested too deeply" if isinstance(problem, RecursionError) else str(problem)


def _no_plan(path: str, why: str) -> UsageProblem:
    return UsageProblem(
        Diagnostic(
            code="DP505",
            summary="this is not a saved plan",
            detail=f"{path}: {why}",
            hint="dynaprov diff --out plan.json saves one",
        )
    )


def as_approved(options: Options, approved: Document) -> Options:
    """The options of a saved plan, with those of this command line about where AWS is.

    Raises:
        UsageProblem: when the command line asks for something else than was approved.
    """
    saved = approved["options"]
    values: dict[str, Any] = {
        name: tuple(saved[name]) if isinstance(saved[name], list) else saved[name]
        for name in SAVED
        if name in saved
    }
    default = Options()
    for name, value in values.items():
        given = getattr(options, name)
        if given not in (getattr(default, name), value):
            raise UsageProblem(
                Diagnostic(
                    code="DP506",
                    summary="the saved plan was made with other options",
                    detail=f"{name}: the plan says {value!r}, the command line says {given!r}",
                    hint="leave the option out, or make a new plan with dynaprov diff --out",
                )
            )
    values["env"] = approved["environment"]
    return replace(options, **values)
