"""dynaprov: the reconciler for DynamoDB.

The public names of the library live here and nothing else; each is loaded when first used, so
that ``import dynaprov`` and ``dynaprov --help`` stay cheap.  What is not named here may change
without notice.  Nothing below ``cli`` imports this module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dynaprov.version import __version__

if TYPE_CHECKING:
    from dynaprov.aws.gateway import Gateway
    from dynaprov.aws.session import Session
    from dynaprov.model.awaited import Awaited, Until
    from dynaprov.model.errors import (
        DynaprovError,
        InternalProblem,
        Interrupted,
        Refused,
        SpecInvalid,
        Stopped,
        UsageProblem,
    )
    from dynaprov.model.finding import Check, ExceptionRule, Finding, Memory, Verdict
    from dynaprov.model.outcome import Run
    from dynaprov.model.plan import Plan
    from dynaprov.model.spec import Spec
    from dynaprov.planning.planner import Choices
    from dynaprov.reconciler import apply, diff, outputs, plan_destroy, wait
    from dynaprov.report.fingerprint import fingerprint
    from dynaprov.spec.exceptions import load_exceptions
    from dynaprov.spec.load import load
    from dynaprov.spec.resolve import load_specs, resolve
    from dynaprov.watch.check import handed_on
    from dynaprov.watch.drift import drift

__all__ = [
    "Awaited",
    "Check",
    "Choices",
    "DynaprovError",
    "ExceptionRule",
    "Finding",
    "Gateway",
    "InternalProblem",
    "Interrupted",
    "Memory",
    "Plan",
    "Refused",
    "Run",
    "Session",
    "Spec",
    "SpecInvalid",
    "Stopped",
    "Until",
    "UsageProblem",
    "Verdict",
    "__version__",
    "apply",
    "diff",
    "drift",
    "fingerprint",
    "handed_on",
    "load",
    "load_exceptions",
    "load_specs",
    "outputs",
    "plan_destroy",
    "resolve",
    "wait",
]

#: Where each public name is defined.
_HOMES = {
    "dynaprov.aws.gateway": ("Gateway",),
    "dynaprov.aws.session": ("Session",),
    "dynaprov.model.awaited": ("Awaited", "Until"),
    "dynaprov.model.errors": (
        "DynaprovError",
        "InternalProblem",
        "Interrupted",
        "Refused",
        "SpecInvalid",
        "Stopped",
        "UsageProblem",
    ),
    "dynaprov.model.finding": ("Check", "ExceptionRule", "Finding", "Memory", "Verdict"),
    "dynaprov.model.outcome": ("Run",),
    "dynaprov.model.plan": ("Plan",),
    "dynaprov.model.spec": ("Spec",),
    "dynaprov.planning.planner": ("Choices",),
    "dynaprov.reconciler": ("apply", "diff", "outputs", "plan_destroy", "wait"),
    "dynaprov.report.fingerprint": ("fingerprint",),
    "dynaprov.spec.exceptions": ("load_exceptions",),
    "dynaprov.spec.load": ("load",),
    "dynaprov.spec.resolve": ("load_specs", "resolve"),
    "dynaprov.watch.check": ("handed_on",),
    "dynaprov.watch.drift": ("drift",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
