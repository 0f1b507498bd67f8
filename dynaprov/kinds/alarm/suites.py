"""The named suites: which alarms a table gets, with which thresholds and periods, and why.

A suite is known by its name: its numbers are the suite's definition, and a spec overrides them per
alarm.  Pure data; ``derivation`` makes alarms of it.

Periods and M of N are AWS's where AWS recommends any ("Recommended alarms", CloudWatch user guide).
Event counts are only published when something happened, and alarms on AWS/DynamoDB metrics keep
their state over missing data unless told otherwise (CloudWatch user guide; the PutMetricAlarm
reference even says: whatever they are told).  So ``notBreaching`` is always said, and nothing here
promises that an alarm goes back to OK by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Suite(StrEnum):
    """The suite that brings an alarm in; ``full`` holds ``basic``."""

    BASIC = "basic"
    FULL = "full"
    ACCOUNT = "account"  # no suite of tables: the environment's ``account_alarms``


class Form(StrEnum):
    """What an alarm watches."""

    METRIC = "metric"  # one metric
    SUM = "sum over operations"
    USED = "100 * consumed per second / provisioned"
    RATE = "100 * succeeded / (succeeded + failed)"


@dataclass(frozen=True, slots=True)
class Judged:
    """Over which time an alarm judges: ``datapoints`` of the last ``periods`` must breach."""

    period_seconds: int
    datapoints: int
    periods: int

    def __str__(self) -> str:
        return f"{self.datapoints} of {self.periods} x {self.period_seconds} s"


@dataclass(frozen=True, slots=True)
class Rule:
    """One alarm of a suite.

    Attributes:
        what: its name, also the key of overrides in a spec.
        metrics: the metrics it watches, in the order that ``form`` means.
        operations: values of the dimension Operation, where the metrics have it.
        per_index: every global index gets one of its own.
        provisioned: only with billing mode PROVISIONED.
        why: what it means; the description that the alarm carries.
    """

    what: str
    suite: Suite
    metrics: tuple[str, ...]
    statistic: str
    judged: Judged
    threshold: float
    why: str
    form: Form = Form.METRIC
    comparison: str = "GreaterThanThreshold"
    operations: tuple[str, ...] = ()
    per_index: bool = False
    provisioned: bool = False


RULES = (
    Rule(
        what="read-throttles",
        suite=Suite.BASIC,
        metrics=("ReadThrottleEvents",),
        statistic="Sum",
        judged=Judged(60, 5, 5),
        threshold=0,
        why="Reads are being throttled.",
        per_index=True,
    ),
    Rule(
        what="write-throttles",
        suite=Suite.BASIC,
        metrics=("WriteThrottleEvents",),
        statistic="Sum",
        judged=Judged(60, 5, 5),
        threshold=0,
        why="Writes are being throttled.",
        per_index=True,
    ),
    Rule(
        what="system-errors",
        suite=Suite.BASIC,
        metrics=("SystemErrors",),
        statistic="Sum",
        judged=Judged(60, 15, 15),
        threshold=0,
        why="DynamoDB fails requests with HTTP 500.",
        form=Form.SUM,
        # With the expression these stay within the ten of an alarm on metric math.
        operations=(
            "GetItem",
            "PutItem",
            "Query",
            "Scan",
            "UpdateItem",
            "DeleteItem",
            "BatchGetItem",
            "BatchWriteItem",
        ),
    ),
    Rule(
        what="read-capacity",
        suite=Suite.FULL,
        metrics=("ConsumedReadCapacityUnits", "ProvisionedReadCapacityUnits"),
        statistic="Sum",
        judged=Judged(300, 2, 2),
        threshold=80,
        why="Reads use nearly all of the provisioned capacity; throttling is near.",
        form=Form.USED,
        per_index=True,
        provisioned=True,
    ),
    Rule(
        what="write-capacity",
        suite=Suite.FULL,
        metrics=("ConsumedWriteCapacityUnits", "ProvisionedWriteCapacityUnits"),
        statistic="Sum",
        judged=Judged(300, 2, 2),
        threshold=80,
        why="Writes use nearly all of the provisioned capacity; throttling is near.",
        form=Form.USED,
        per_index=True,
        provisioned=True,
    ),
    Rule(
        what="latency-get-item",
        suite=Suite.FULL,
        metrics=("SuccessfulRequestLatency",),
        statistic="Average",
        judged=Judged(60, 10, 10),
        threshold=25,
        why="GetItem takes unusually long inside DynamoDB (milliseconds).",
        operations=("GetItem",),
    ),
    Rule(
        what="latency-query",
        suite=Suite.FULL,
        metrics=("SuccessfulRequestLatency",),
        statistic="Average",
        judged=Judged(60, 10, 10),
        threshold=100,
        why="Query takes unusually long inside DynamoDB (milliseconds).",
        operations=("Query",),
    ),
    Rule(
        what="latency-put-item",
        suite=Suite.FULL,
        metrics=("SuccessfulRequestLatency",),
        statistic="Average",
        judged=Judged(60, 10, 10),
        threshold=25,
        why="PutItem takes unusually long inside DynamoDB (milliseconds).",
        operations=("PutItem",),
    ),
    Rule(
        what="success-rate",
        suite=Suite.FULL,
        metrics=("SuccessfulRequestLatency", "SystemErrors"),
        statistic="SampleCount",
        judged=Judged(300, 3, 3),
        threshold=99.9,
        why="Too few requests succeed, in percent of all that DynamoDB did not refuse.",
        form=Form.RATE,
        comparison="LessThanThreshold",
        # Each operation takes two of the ten.
        operations=("GetItem", "Query", "PutItem", "BatchWriteItem"),
    ),
    Rule(
        what="user-errors",
        suite=Suite.ACCOUNT,
        metrics=("UserErrors",),
        statistic="Sum",
        judged=Judged(60, 10, 10),
        threshold=10,
        why="Requests in this account and region are refused as wrong (HTTP 400).",
    ),
)

#: The rules that a table's suite brings, by suite.
RULES_OF: Mapping[str, tuple[Rule, ...]] = {
    "basic": tuple(rule for rule in RULES if rule.suite is Suite.BASIC),
    "full": tuple(rule for rule in RULES if rule.suite is not Suite.ACCOUNT),
}
USER_ERRORS = RULES[-1]

#: Names of all alarms of all suites of tables.
WHATS = tuple(rule.what for rule in RULES_OF["full"])
