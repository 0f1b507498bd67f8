"""Policies that hold over moto: what they do not allow is denied in AWS's words (*modelled*)."""

from __future__ import annotations

from collections.abc import Sequence

from support.iam.authorization import checks
from support.iam.evaluation import Check, Document, allowed
from support.rules.faults import DENIED, FOR_EVER, Fault
from support.rules.request import AwsError, Request
from support.rules.world import World


class Enforced:
    """The policies of whoever calls, and every check that was made of them.

    Attributes:
        asked: the checks, in their order.
        denied: those that nothing allowed.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self.asked: list[Check] = []
        self.denied: list[Check] = []

    def fault(self) -> Fault:
        """What makes a rule layer deny."""
        return Fault("denied by policy", "*", self._strike, times=FOR_EVER)

    def _strike(self, request: Request, world: World) -> None:
        needed = checks(request)
        self.asked += needed
        for check in needed:
            if not allowed(check, self._documents):
                self.denied.append(check)
                code, status = DENIED.get(request.service, ("AccessDeniedException", 400))
                raise AwsError(code, _words(request, check), status)


def _words(request: Request, check: Check) -> str:
    return (
        f"User: arn:aws:iam::{request.account}:user/tester is not authorized to perform: "
        f"{check.action} on resource: {check.resource} because no identity-based policy allows the "
        f"{check.action} action"
    )
