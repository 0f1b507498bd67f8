"""A plugin: how many cases each exhaustive test tried, told at the end of the test run.

A test says it by ``record_property("tried", ...)``; with several workers, too.
"""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried."""
    tried = [
        str(value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "tried"
    ]
    if tried:
        terminalreporter.section("tried")
        for line in sorted(tried):
            terminalreporter.write_line(line)
