"""The dashboard of an environment: one page of graphs, generated from its tables and alarms.

``body`` holds what a spec may say and makes the document, ``kind`` reads and writes it.
"""

from __future__ import annotations

from dynaprov.kinds.dashboard.body import DashboardSection
from dynaprov.kinds.dashboard.kind import KIND, DashboardState

__all__ = ["KIND", "DashboardSection", "DashboardState"]
