"""The named suites: which alarms a table gets, with which thresholds and periods, and why.

A suite is known by its name: its numbers are the suite's definition, and a spec overrides them per
alarm.  A table's alarms follow its billing mode and its global indexes (the dimension TableName
alone leaves the indexes out).  Pure: no AWS shapes beyond metrics and expressions.

Periods and M of N are AWS's ("Recommended alarms", CloudWatch user guide) where AWS recommends any.
Event counts are only published when something happened, and alarms on AWS/DynamoDB metrics keep
their state over missing data unless told otherwise (CloudWatch user guide; the PutMetricAlarm
reference even says whatever they are told).  So ``notBreaching`` is always said, and nothing here
promises that an alarm goes back to OK by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dynaprov.kinds.alarm.metrics import INDEX, NAMESPACE, OPERATION, TABLE

PROVISIONED = "PROVISIONED"

#: Operations over which system errors are summed: with the expression itself this stays within the
#: ten metrics of an alarm on metric math (PutMetricAlarm).
ERROR_OPERATIONS = (
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "UpdateItem",
    "DeleteItem",
    "BatchGetItem",
    "BatchWriteItem",
)
#: Operations over which the success rate is taken; each needs two metrics of the ten.
RATE_OPERATIONS = ("GetItem", "Query", "PutItem", "BatchWriteItem")

BASIC, FULL, ACCOUNT = "basic", "full", "account"


@dataclass(frozen=True, slots=True)
class Rule:
    """One alarm of a suite, for a table or for each of its indexes too.

    Attributes:
        what: its name, also the key of overrides in a spec.
        metric: the metric; empty for an alarm on an expression, which ``_expression`` makes.
        operation: value of the dimension Operation, where the metric has it.
        per_index: each global index gets one of its own.
        provisioned: only with billing mode PROVISIONED.
        why: the description that the alarm carries.
    """

    what: str
    suite: str
    metric: str
    statistic: str
    period_seconds: int
    evaluation_periods: int
    datapoints_to_alarm: int
    threshold: float
    why: str
    comparison: str = "GreaterThanThreshold"
    operation: str = ""
    per_index: bool = False
    provisioned: bool = False


RULES = (
    Rule(
        "read-throttles", BASIC, "ReadThrottleEvents", "Sum", 60, 5, 5, 0,
        "Reads are being throttled, five minutes in a row.", per_index=True,
    ),
    Rule(
        "write-throttles", BASIC, "WriteThrottleEvents", "Sum", 60, 5, 5, 0,
        "Writes are being throttled, five minutes in a row.", per_index=True,
    ),
    Rule(
        "system-errors", BASIC, "", "Sum", 60, 15, 15, 0,
        "DynamoDB has failed requests with HTTP 500 for a quarter of an hour.",
    ),
    Rule(
        "read-capacity", FULL, "", "Percent", 300, 2, 2, 80,
        "Reads consume nearly all of the provisioned capacity; throttling is near.",
        per_index=True, provisioned=True,
    ),
    Rule(
        "write-capacity", FULL, "", "Percent", 300, 2, 2, 80,
        "Writes consume nearly all of the provisioned capacity; throttling is near.",
        per_index=True, provisioned=True,
    ),
    Rule(
        "latency-get-item", FULL, "SuccessfulRequestLatency", "Average", 60, 10, 10, 25,
        "GetItem takes unusually long inside DynamoDB (milliseconds).", operation="GetItem",
    ),
    Rule(
        "latency-query", FULL, "SuccessfulRequestLatency", "Average", 60, 10, 10, 100,
        "Query takes unusually long inside DynamoDB (milliseconds).", operation="Query",
    ),
    Rule(
        "latency-put-item", FULL, "SuccessfulRequestLatency", "Average", 60, 10, 10, 25,
        "PutItem takes unusually long inside DynamoDB (milliseconds).", operation="PutItem",
    ),
    Rule(
        "success-rate", FULL, "", "Percent", 300, 3, 3, 99.9,
        "Less than the wanted percentage of requests succeeds.",
        comparison="LessThanThreshold",
    ),
    Rule(
        "user-errors", ACCOUNT, "UserErrors", "Sum", 60, 10, 10, 10,
        "Requests of this account and region are refused as wrong (HTTP 400), ten minutes in a row.",
    ),
)  # fmt: skip
