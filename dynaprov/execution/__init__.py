"""Carrying out a plan: what may start now, attempts, waits, the journal."""

from dynaprov.execution.journal import Journal
from dynaprov.execution.runner import Execution, execute

__all__ = ["Execution", "Journal", "execute"]
