"""Approval: what has to be so before a plan is carried out.

A plan is approved by an answer at the terminal, by ``--yes``, or by its fingerprint (a saved plan,
``--expect``).  Removing an environment takes its typed name instead.  None of them lifts a guard.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import click

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem
from dynaprov.model.visible import harmless_lines

Document = Mapping[str, Any]

#: The shortest beginning of a fingerprint that may stand for it.
SHORTEST = 12


class Question(Protocol):
    """Something that is asked before a plan is carried out."""

    @property
    def expected(self) -> str | None:
        """The fingerprint that was approved before, if one was."""
        ...

    @property
    def unseen(self) -> bool:
        """Whether any plan is approved, so that nobody has to look at it first."""
        ...

    def answer(self, document: Document, *, may_ask: bool) -> Diagnostic | None:
        """Ask, where that is possible; returns why the plan must not be carried out."""
        ...


@dataclass(frozen=True, slots=True)
class Approval:
    """The approval of a plan: ``expected`` is the fingerprint that was approved before."""

    yes: bool = False
    expected: str | None = None

    @property
    def unseen(self) -> bool:
        """Said by ``--yes``, unless a certain plan was approved."""
        return self.yes and self.expected is None

    def answer(self, document: Document, *, may_ask: bool) -> Diagnostic | None:
        """Whether somebody said yes."""
        if self.yes or self.expected is not None:
            return None
        if not may_ask:
            return _nobody("--yes carries it out without asking")
        return None if _typed(f"Apply this to {_where(document)}? Type yes: ") == "yes" else NO


@dataclass(frozen=True, slots=True)
class TypedName:
    """The approval of a removal: the name of what is removed, typed in full."""

    name: str
    confirmed: str | None = None
    expected: str | None = None
    unseen: bool = False  # what removes data is shown first

    def answer(self, document: Document, *, may_ask: bool) -> Diagnostic | None:
        """Whether the right name was given."""
        typed = self.confirmed
        if typed is None:
            if not may_ask:
                return _nobody(f"--confirm {self.name} removes it without asking")
            typed = _typed(f"This removes {_where(document)}.\nType {self.name} to go on: ")
        if typed == self.name:
            return None
        return Diagnostic(
            code="DP512",
            summary="the typed name is not the name of the environment",
            detail=f"expected {self.name}; nothing was removed",
        )


NO = Diagnostic(code="DP510", summary="not approved", detail="nothing was changed")


def _nobody(hint: str) -> Diagnostic:
    return Diagnostic(
        code="DP511",
        summary="there is nobody to ask, and no approval",
        detail="nothing was changed",
        hint=hint,
    )


def _where(document: Document) -> str:
    return (
        f"{document['project']} {document['environment']} "
        f"(account {document['account']}, {document['region']})"
    )


def _typed(question: str) -> str:
    """What the person answers; the end of input is no."""
    click.echo("", err=True)
    sys.stderr.write(harmless_lines(question))
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def expected_fingerprint(approved: Document | None, expect: str | None) -> str | None:
    """The fingerprint that the plan has to have, if one was approved.

    Raises:
        UsageProblem: when it is too short, or plan and option disagree.
    """
    if expect is not None and len(expect) < SHORTEST:
        raise UsageProblem(
            Diagnostic(
                code="DP507",
                summary="the fingerprint is too short",
                detail=f"{expect}: give at least {SHORTEST} characters of it",
            )
        )
    if approved is None:
        return expect.lower() if expect is not None else None
    fingerprint = str(approved["fingerprint"])
    if expect is not None and not fingerprint.startswith(expect.lower()):
        raise UsageProblem(
            Diagnostic(
                code="DP508",
                summary="the saved plan has another fingerprint",
                detail=f"the plan has {fingerprint}, --expect says {expect}",
            )
        )
    return fingerprint


def stale(document: Document, expected: str) -> Diagnostic:
    """Why an approved plan is not run: it would be another one now."""
    return Diagnostic(
        code="DP513",
        summary="this is not the plan that was approved",
        detail=f"approved: {expected[:16]}; now it would be: {document['fingerprint'][:16]}. "
        "Spec or account changed in between; nothing was changed.",
        hint="look at it again with dynaprov diff, and approve that",
    )
