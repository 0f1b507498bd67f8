"""The alarms that watch the drift check itself: what it found, what it could not see, its silence.

``dynaprov drift --metrics NAMESPACE`` puts ``DriftedSettings`` and ``NotCompared`` after every
check, zeros too.  Pure; how those metrics are put is ``report.message``'s, and a test holds the two
together.

A check tells its numbers once in a while, so the alarms on them keep their state in between
(``ignore``) and change it with the next check.  For the silence, no data is what breaches.  It is
looked for in hours and not in one long period: CloudWatch looks some periods further back than it
was asked to before it takes data for missing ("Configuring how CloudWatch alarms treat missing
data", user guide), and so an alarm on days would go off days late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dynaprov.kinds.alarm.sections import AlarmState, DriftCheck

HOUR = 3600
#: Long enough that a number which comes late is still seen.
SOON = 300


@dataclass(frozen=True, slots=True)
class Watch:
    """One of the alarms; it goes off when the number is over or, with ``below``, under it."""

    what: str
    metric: str
    statistic: str
    why: str
    below: bool = False


FOUND = Watch(
    what="drift-found",
    metric="DriftedSettings",
    statistic="Maximum",
    why="The drift check found settings that differ from the spec.",
)
BLIND = Watch(
    what="drift-check-blind",
    metric="NotCompared",
    statistic="Maximum",
    why="The drift check could not compare something, so it says nothing about it.",
)
SILENT = Watch(
    what="drift-check-silent",
    metric="DriftedSettings",
    statistic="SampleCount",
    why="No drift check has told its result: it is not run, or does not come to its end.",
    below=True,
)
WATCHES = (FOUND, BLIND, SILENT)
WHATS = tuple(watch.what for watch in WATCHES)


def drift_check_alarms(
    section: DriftCheck, dimensions: Mapping[str, str], alarm: Sequence[str], ok: Sequence[str]
) -> Iterator[tuple[str, AlarmState]]:
    """The alarms with their names in addresses.

    Args:
        section: what the spec says.
        dimensions: those that the check puts its metrics with.
        alarm: ARNs that are told when one goes off.
        ok: ARNs that are told when it is over.
    """
    for watch in WATCHES:
        severity = {"Severity": "critical"} if watch is FOUND and section.critical_only else {}
        periods = section.silent_hours if watch.below else 1
        yield (
            watch.what,
            AlarmState(
                metric=watch.metric,
                namespace=section.namespace,
                dimensions=dict(sorted({**dimensions, **severity}.items())),
                statistic=watch.statistic,
                period_seconds=HOUR if watch.below else SOON,
                unit=None,
                metrics=None,
                threshold=1 if watch.below else 0,
                comparison="LessThanThreshold" if watch.below else "GreaterThanThreshold",
                evaluation_periods=periods,
                datapoints_to_alarm=periods,
                treat_missing_data="breaching" if watch.below else "ignore",
                actions_enabled=True,
                alarm_actions=list(alarm),
                ok_actions=list(ok),
                insufficient_data_actions=[],
                description=watch.why,
            ),
        )
