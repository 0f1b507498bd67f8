"""What a spec may say about alarms, and the state of one alarm.

Sections are written by people; states are what ``derivation`` makes of them and what ``aws`` reads
back.  No AWS shapes and no derivation here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.model.setting import Noneable, Setting, Severity, State

Arn = Annotated[str, Field(pattern=r"^arn:[a-z-]+:")]
#: The environment's topic, or ARNs; at most 5 per alarm state (PutMetricAlarm).
Actions = Literal["topic"] | Annotated[list[Arn], Field(min_length=1, max_length=5)]
#: 10, 20, 30 or a multiple of 60 (PutMetricAlarm); AWS/DynamoDB publishes nothing finer than a
#: minute.
Period = Annotated[int, Field(ge=60, le=86_400, multiple_of=60)]
Count = Annotated[int, Field(ge=1, le=1440)]
#: CloudWatch keeps control characters out of names, and a slash would break the address.
AlarmName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.-]+$")]
StatisticName = Annotated[
    str,
    Field(
        pattern=r"^(SampleCount|Average|Sum|Minimum|Maximum|IQM"
        r"|(p|tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?|p100)$"
    ),
]
Comparison = Literal[
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
]
MissingData = Literal["notBreaching", "breaching", "ignore", "missing"]


class Evaluation(State):
    """Over which time an alarm judges: at least M of the last N periods."""

    period_seconds: Annotated[
        Period | None,
        Field(description="Length of one period in seconds, a multiple of 60."),
    ] = None
    evaluation_periods: Annotated[
        Count | None, Field(description="How many of the latest periods are looked at (N).")
    ] = None
    datapoints_to_alarm: Annotated[
        Count | None,
        Field(description="How many of these must be over the threshold (M), at most N."),
    ] = None


class CustomAlarm(State):
    """One alarm that a suite does not have."""

    metric: Annotated[
        str,
        Field(description="Name of a metric of the namespace AWS/DynamoDB that tables publish."),
    ]
    dimensions: Annotated[
        dict[str, str],
        Field(
            description="Dimensions beside TableName, which is set by itself: Operation, "
            "GlobalSecondaryIndexName, ... An alarm whose dimensions the metric is not published "
            "with would never fire, so they are checked."
        ),
    ] = {}
    statistic: Annotated[
        StatisticName,
        Field(
            description="How a period's data points become one number: Sum, Average, Minimum, "
            "Maximum, SampleCount, or a percentile or trimmed statistic such as p99 or tm95."
        ),
    ]
    threshold: Annotated[
        float, Field(description="The number that the statistic is compared with.")
    ]
    comparison: Annotated[
        Comparison,
        Field(description="How the statistic must stand to the threshold for a breach."),
    ] = "GreaterThanThreshold"
    period_seconds: Annotated[
        Period, Field(description="Length of one period in seconds, a multiple of 60.")
    ]
    evaluation_periods: Annotated[
        Count, Field(description="How many of the latest periods are looked at (N).")
    ]
    datapoints_to_alarm: Annotated[
        Count | None,
        Field(description="How many of these must breach (M); all of them when it is left out."),
    ] = None
    treat_missing_data: Annotated[
        MissingData,
        Field(description="What a period without data counts as."),
    ] = "notBreaching"
    low_samples: Annotated[
        Literal["evaluate", "ignore"] | None,
        Field(
            description="For percentiles: whether a period with too few samples to be significant "
            "is evaluated or ignored."
        ),
    ] = None
    description: Annotated[
        str | None,
        Field(max_length=1024, description="What the alarm means, for whoever it wakes up."),
    ] = None


class AlarmsSection(State):
    """The ``alarms`` section of a table."""

    suite: Annotated[
        Noneable[Literal["basic", "full"]],
        Field(
            description="Named set of alarms, derived from the table, its indexes and its billing "
            "mode. `basic`: throttles of the table and of each index, and system errors. `full`: "
            "also consumed against provisioned capacity, latency and success rate. `none`: only "
            "the custom alarms."
        ),
    ] = None
    thresholds: Annotated[
        dict[str, Noneable[float]],
        Field(
            description="Thresholds that replace the suite's, by alarm: `read-throttles` for the "
            "table and all its indexes, `ServiceIndex/read-throttles` for one index. `none` leaves "
            "the alarm out."
        ),
    ] = {}
    evaluation: Annotated[
        dict[str, Evaluation],
        Field(description="Periods that replace the suite's, by alarm as in `thresholds`."),
    ] = {}
    custom: Annotated[
        dict[AlarmName, Noneable[CustomAlarm]],
        Field(
            description="Further alarms of this table by name; `none` takes back one that a "
            "weaker layer declares."
        ),
    ] = {}
    actions: Annotated[
        Noneable[Actions],
        Field(
            description="What is told when an alarm goes off: `topic`, the environment's topic "
            "(also when this is left out and the environment declares a topic), a list of up to 5 "
            "ARNs, or `none`."
        ),
    ] = None
    ok_actions: Annotated[
        Noneable[Actions],
        Field(
            description="What is told when an alarm is over: `topic`, up to 5 ARNs, or `none` "
            "(also when this is left out)."
        ),
    ] = None


class AccountAlarm(Evaluation):
    """An alarm of the account and region, which belongs to no table."""

    threshold: Annotated[
        float | None,
        Field(description="The number that the metric's sum over one period must exceed."),
    ] = None


class DriftCheck(State):
    """``drift_check`` of ``account_alarms``: a scheduled check, watched."""

    namespace: Annotated[
        str,
        Field(
            min_length=1,
            max_length=255,
            pattern=r"^[A-Za-z0-9._#/-]+$",
            description="The namespace that the check puts its metrics in: `--metrics`.",
        ),
    ]
    silent_hours: Annotated[
        int,
        Field(
            ge=1,
            le=168,
            description="After so many hours without a check `drift-check-silent` goes off. Take "
            "a little more than lies between two checks: 26 for a daily one.",
        ),
    ]
    critical_only: Annotated[
        bool,
        Field(
            description="Whether `drift-found` watches only findings whose severity is critical."
        ),
    ] = False


class AccountAlarmsSection(State):
    """The ``account_alarms`` section of an environment."""

    user_errors: Annotated[
        Noneable[AccountAlarm],
        Field(
            description="Alarm on requests that DynamoDB refused as wrong (HTTP 400), over all "
            "tables of the account and region: AWS publishes UserErrors without a table."
        ),
    ] = None
    drift_check: Annotated[
        Noneable[DriftCheck],
        Field(
            description="Alarms that watch the scheduled check of this environment, `dynaprov "
            "drift --metrics`: on what it finds, on what it could not compare, and on its silence."
        ),
    ] = None
    custom: Annotated[
        dict[AlarmName, Noneable[CustomAlarm]],
        Field(
            description="Further alarms by name, on metrics that AWS publishes for the whole "
            "account and region, such as AccountProvisionedReadCapacityUtilization."
        ),
    ] = {}
    actions: Annotated[
        Noneable[Actions],
        Field(description="What is told when the alarm goes off, as in a table's `alarms`."),
    ] = None
    ok_actions: Annotated[
        Noneable[Actions],
        Field(description="What is told when the alarm is over, as in a table's `alarms`."),
    ] = None


class AlarmState(State):
    """One alarm as PutMetricAlarm takes it, normalised.

    An alarm watches either one metric (``metric``, ``dimensions``, ``statistic``,
    ``period_seconds``) or an expression over several (``metrics``); the fields of the other form
    are then none.
    """

    metric: Annotated[
        str | None,
        Setting("m", Severity.CRITICAL),
        Field(description="Name of the metric; none for an alarm on an expression."),
    ] = None
    namespace: Annotated[
        str | None,
        Setting("n", Severity.CRITICAL),
        Field(description="Namespace of the metric."),
    ] = None
    dimensions: Annotated[
        dict[str, str] | None,
        Setting("d", Severity.CRITICAL),
        Field(
            description="Dimensions of the metric. With a wrong or missing one the alarm never "
            "gets data and never fires."
        ),
    ] = None
    statistic: Annotated[
        str | None,
        Setting("s", Severity.HIGH),
        Field(description="Statistic of the metric (Sum, Average, p99, ...)."),
    ] = None
    period_seconds: Annotated[
        int | None,
        Setting("p", Severity.MEDIUM),
        Field(description="Length of one period in seconds."),
    ] = None
    unit: Annotated[
        str | None,
        Setting("u", Severity.HIGH),
        Field(description="Unit that data points must have to count; none: any."),
    ] = None
    metrics: Annotated[
        list[dict[str, Any]] | None,
        Setting("x", Severity.CRITICAL),
        Field(description="Metrics and expressions of an alarm on metric math, by id."),
    ] = None
    threshold: Annotated[
        float | None,
        Setting("t", Severity.HIGH),
        Field(description="The number that is compared with."),
    ] = None
    comparison: Annotated[
        str | None,
        Setting("c", Severity.HIGH),
        Field(description="How the value must stand to the threshold for a breach."),
    ] = None
    evaluation_periods: Annotated[
        int | None,
        Setting("e", Severity.MEDIUM),
        Field(description="How many of the latest periods are looked at (N)."),
    ] = None
    datapoints_to_alarm: Annotated[
        int | None,
        Setting("o", Severity.MEDIUM),
        Field(description="How many of these must breach (M)."),
    ] = None
    treat_missing_data: Annotated[
        str,
        Setting("i", Severity.MEDIUM),
        Field(description="What a period without data counts as."),
    ] = "missing"
    low_samples: Annotated[
        str,
        Setting("l", Severity.LOW),
        Field(description="Whether percentiles of few samples are evaluated or ignored."),
    ] = "evaluate"
    actions_enabled: Annotated[
        bool,
        Setting("b", Severity.CRITICAL),
        Field(description="Whether the alarm tells anybody."),
    ] = True
    alarm_actions: Annotated[
        list[str],
        Setting("a", Severity.CRITICAL),
        Field(description="ARNs that are told when the alarm goes off."),
    ] = []
    ok_actions: Annotated[
        list[str],
        Setting("k", Severity.MEDIUM),
        Field(description="ARNs that are told when the alarm is over."),
    ] = []
    insufficient_data_actions: Annotated[
        list[str],
        Setting("f", Severity.LOW),
        Field(description="ARNs that are told when the alarm has no data to judge by."),
    ] = []
    description: Annotated[
        str,
        Setting("q", Severity.LOW),
        Field(description="What the alarm means, for whoever it wakes up."),
    ] = ""
