"""The exceptions of dynaprov.

::

    DynaprovError
      UsageProblem       the command line makes no sense                      exit 64
      SpecInvalid        the spec files have errors                           exit 65
      Stopped            credentials, network, endpoint: nothing was planned  exit 1
      Refused            a guard, a stale plan, a wrong account, no approval  exit 3
      Interrupted        Ctrl-C before anything was executed                  exit 130
      InternalProblem    a defect of dynaprov                                 exit 1

Exceptions are for stopping.  What goes wrong *inside* a run is a value (an outcome), and what is
wrong with a spec is a list of diagnostics that one ``SpecInvalid`` carries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from dynaprov.model.diagnostics import Diagnostic


class DynaprovError(Exception):
    """What every exception of dynaprov is; ``exit_code`` is the process's answer to it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, diagnostics: Sequence[Diagnostic] | Diagnostic) -> None:
        found = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        self.diagnostics: tuple[Diagnostic, ...] = found
        super().__init__("; ".join(d.detail or d.summary for d in found))

    def __reduce__(self) -> tuple[type[DynaprovError], tuple[tuple[Diagnostic, ...]]]:
        """Exceptions go from process to process by what they say, not by their text."""
        return type(self), (self.diagnostics,)


class UsageProblem(DynaprovError):
    """The command line or a call of the library makes no sense."""

    exit_code: ClassVar[int] = 64


class SpecInvalid(DynaprovError):
    """The spec files have errors; every one found is in ``diagnostics``."""

    exit_code: ClassVar[int] = 65


class Stopped(DynaprovError):
    """The work could not begin: credentials, network or the endpoint itself."""


class Refused(DynaprovError):
    """Something that must not happen was asked for: guard, stale plan, wrong account."""

    exit_code: ClassVar[int] = 3


class Interrupted(DynaprovError):
    """A person stopped the work before it changed anything."""

    exit_code: ClassVar[int] = 130


class InternalProblem(DynaprovError):
    """A defect of dynaprov itself."""
