"""Alarms: CloudWatch alarms on what tables and their indexes publish, in named suites.

``sections`` holds what a spec may say and the state of one alarm, ``metrics`` the dimensions that
AWS publishes each metric with, ``suites`` the rules of the named suites, ``derivation`` and
``expressions`` the alarms that a table gets of them, ``checks`` the rules of a valid spec, ``aws``
the two directions to AWS's shapes, ``kind`` ties them together.
"""

from __future__ import annotations

from dynaprov.kinds.alarm.kind import KIND, describe_alarms
from dynaprov.kinds.alarm.sections import AccountAlarmsSection, AlarmsSection, AlarmState

__all__ = ["KIND", "AccountAlarmsSection", "AlarmState", "AlarmsSection", "describe_alarms"]
