"""Rules of valid alarms that span several settings, above all: an alarm must be able to fire.

Sources: "DynamoDB metrics and dimensions" through ``metrics``; PutMetricAlarm (CloudWatch API
reference) for lengths and windows.  Rules of a single value are on the fields in ``sections``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from dynaprov.kinds.alarm.derivation import (
    index_names,
    judged_by,
    keyed,
    overrides,
)
from dynaprov.kinds.alarm.metrics import INDEX, METRICS, OPERATION, OPERATIONS, TABLE, Metric
from dynaprov.kinds.alarm.sections import AccountAlarmsSection, AlarmsSection, CustomAlarm
from dynaprov.kinds.alarm.suites import RULES_OF, USER_ERRORS, WHATS, Judged, Rule
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.source import Origin, Position
from dynaprov.model.spec import Spec

DAY = 86_400
NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Place:
    """Whose alarms are checked, and what of the table its metrics depend on.

    ``table`` is empty for the account's; ``mode`` is the billing mode, empty when the spec does
    not say it.
    """

    table: str
    section: AlarmsSection | AccountAlarmsSection
    origins: Mapping[str, Origin]
    indexes: tuple[str, ...] = ()
    mode: str = ""

    @property
    def of(self) -> str:
        """The owner in words."""
        return f"table `{self.table}`" if self.table else "the account"

    def problem(self, code: str, summary: str, detail: str, hint: str, path: str) -> Diagnostic:
        """A diagnostic at the nearest written place."""
        address = f"{self.table}/alarm" if self.table else "alarm"
        return Diagnostic(code, summary, detail, hint, self._position(path), address=address)

    def _position(self, path: str) -> Position | None:
        while path not in self.origins and path:
            path = path.rpartition(".")[0]
        return self.origins[path].position if path in self.origins else None


def places(spec: Spec) -> Iterator[Place]:
    """Everything in the spec that declares alarms."""
    for name, table in spec.tables.items():
        section = table.section("alarms", AlarmsSection)
        if section is not None:
            mode = getattr(table.sections.get(""), "billing_mode", None) or ""
            indexes = tuple(index_names(table))
            yield Place(name, section, table.origins_below("alarms"), indexes, mode)
    account = spec.section("account_alarms", AccountAlarmsSection)
    if account is not None:
        yield Place("", account, spec.origins_below("account_alarms"))


def check_alarms(spec: Spec) -> Iterator[Diagnostic]:
    """All problems of all alarms but those of their names."""
    topic = spec.sections.get("topic") is not None
    for place in places(spec):
        yield from _told(place, topic)
        yield from _namespace(place)
        yield from _overrides(place)
        yield from _judged(place)
        for name, custom in place.section.custom.items():
            if custom is not None:
                yield from _metric(place, f"custom.{name}", name, custom)


def check_names(names: Iterable[tuple[str, str]]) -> Iterator[Diagnostic]:
    """Problems of the alarms' physical names, given as (address, name)."""
    seen: dict[str, str] = {}
    for address, name in names:
        if len(name) > NAME_LENGTH:
            yield Diagnostic(
                "DP194",
                "alarm name too long",
                f"the name of `{address}` has {len(name)} characters; AWS allows {NAME_LENGTH}: "
                f"{name}",
                "shorten the name of the table, the index or the alarm",
                address=address,
            )
        if name in seen:
            owners = f"`{seen[name]}` and `{address}`"
            if seen[name] == address:
                owners = f"an alarm of the suite and a custom one, both `{address}`,"
            yield Diagnostic(
                "DP197",
                "two alarms with one name",
                f"{owners} would be the alarm `{name}`, and each would overwrite the other",
                "give the table, the index or the custom alarm another name",
                address=address,
            )
        seen[name] = address


def _told(place: Place, topic: bool) -> Iterator[Diagnostic]:
    for field in ("actions", "ok_actions"):
        if getattr(place.section, field) == "topic" and not topic:
            yield place.problem(
                "DP193",
                "alarms tell a topic that is not declared",
                f"`{field}` of {place.of} says `topic`, and the environment declares no topic",
                "add a `topic` section to the environment, or write `none` or a list of ARNs",
                field,
            )


def _namespace(place: Place) -> Iterator[Diagnostic]:
    """A check cannot put metrics among AWS's own (PutMetricData)."""
    section = place.section
    watched = section.drift_check if isinstance(section, AccountAlarmsSection) else None
    if watched is not None and watched.namespace.startswith("AWS/"):
        yield place.problem(
            "DP191",
            "alarm that can never fire",
            f"`drift_check` watches the namespace `{watched.namespace}`, and AWS takes no metrics "
            "of others in a namespace that begins with `AWS/`",
            "name the namespace that the check is given with --metrics, such as `Dynaprov`",
            "drift_check.namespace",
        )


def _overrides(place: Place) -> Iterator[Diagnostic]:
    """Overrides must name an alarm that some suite has, and an index that the table has."""
    if not isinstance(place.section, AlarmsSection):
        return
    known = [*WHATS, *(keyed(rule.what, i) for i in place.indexes for rule in _indexed())]
    for field in ("thresholds", "evaluation"):
        for key in getattr(place.section, field):
            if key not in known:
                near = get_close_matches(key, known, n=1)
                yield place.problem(
                    "DP192",
                    "override of an alarm that no suite has",
                    f"`{field}` of {place.of} names `{key}`",
                    f"did you mean `{near[0]}`?" if near else f"alarms are: {', '.join(WHATS)}",
                    f"{field}.{key}",
                )


def _indexed() -> Iterator[Rule]:
    return (rule for rule in RULES_OF["full"] if rule.per_index)


def _judged(place: Place) -> Iterator[Diagnostic]:
    for path, judged in _evaluations(place):
        seconds = judged.period_seconds * judged.periods
        longest = DAY if judged.period_seconds < 3600 else 7 * DAY
        if judged.datapoints > judged.periods:
            wrong = f"{judged.datapoints} data points of only {judged.periods} periods"
        elif seconds > longest:
            wrong = f"{seconds} seconds in all; AWS allows {longest} with this period"
        else:
            continue
        yield place.problem(
            "DP195",
            "alarm evaluation that AWS refuses",
            f"`{path}` of {place.of} asks for {wrong}",
            "lower `datapoints_to_alarm` or `evaluation_periods`",
            path,
        )


def _evaluations(place: Place) -> Iterator[tuple[str, Judged]]:
    section = place.section
    if isinstance(section, AlarmsSection):
        rules = {rule.what: rule for rule in RULES_OF["full"]}
        for key in section.evaluation:
            index, _, what = key.rpartition("/")
            if what in rules:
                given = overrides(what, index, section.evaluation)
                yield f"evaluation.{key}", judged_by(rules[what].judged, given)
    elif section.user_errors is not None:
        yield "user_errors", judged_by(USER_ERRORS.judged, (section.user_errors,))
    for name, custom in section.custom.items():
        if custom is not None:
            periods = custom.evaluation_periods
            datapoints = custom.datapoints_to_alarm or periods
            yield f"custom.{name}", Judged(custom.period_seconds, datapoints, periods)


def _metric(place: Place, path: str, name: str, custom: CustomAlarm) -> Iterator[Diagnostic]:
    metric = METRICS.get(custom.metric)
    if metric is None:
        near = get_close_matches(custom.metric, METRICS, n=1)
        yield place.problem(
            "DP190",
            "metric that AWS does not publish",
            f"alarm `{name}` of {place.of} watches `{custom.metric}`, which the namespace "
            "AWS/DynamoDB does not have",
            f"did you mean `{near[0]}`?" if near else "see the table of metrics in the reference",
            f"{path}.metric",
        )
        return
    for why, hint in _silences(place, custom, metric):
        yield place.problem(
            "DP191",
            "alarm that can never fire",
            f"alarm `{name}` of {place.of} watches `{custom.metric}`: {why}",
            hint,
            f"{path}.dimensions",
        )
    if metric.per_request and custom.statistic == "Average":
        yield place.problem(
            "DP196",
            "average of consumed capacity",
            f"alarm `{name}` of {place.of} takes the Average of `{custom.metric}`, which is per "
            "request and not per second",
            "use `statistic: Sum` and a threshold of units per second times the period",
            f"{path}.statistic",
        )


def _silences(place: Place, custom: CustomAlarm, metric: Metric) -> Iterator[tuple[str, str]]:
    """Why the alarm would never get data, and what to do."""
    if metric.silent:
        yield metric.silent, "remove the alarm"
    if metric.billing_mode and place.mode and metric.billing_mode != place.mode:
        yield (
            f"AWS publishes it only for {metric.billing_mode} tables, and this one is {place.mode}",
            "remove the alarm or change the billing mode",
        )
    yield from _wrong_set(place, custom, metric)
    yield from _wrong_values(place, custom)


def _wrong_set(place: Place, custom: CustomAlarm, metric: Metric) -> Iterator[tuple[str, str]]:
    if TABLE in custom.dimensions:
        yield f"`{TABLE}` is set by itself", f"remove `{TABLE}` from `dimensions`"
    elif metric.of_account and place.table:
        where = (
            "`account_alarms.user_errors`" if metric.name == "UserErrors" else "`account_alarms`"
        )
        yield "AWS publishes it for the whole account, not for a table", f"declare it in {where}"
    elif not place.table and not metric.of_account:
        yield "AWS publishes it for tables, not for the account", "declare it in a table's `alarms`"
    else:
        given = frozenset(custom.dimensions) | ({TABLE} if place.table else frozenset())
        if given not in metric.dimensions:
            sets = " or ".join(_words(each - {TABLE}) for each in metric.dimensions)
            yield (
                f"AWS does not publish it with {_words(given - {TABLE})} beside `{TABLE}`",
                f"its dimensions beside `{TABLE}` are {sets}",
            )


def _words(dimensions: frozenset[str]) -> str:
    return " and ".join(f"`{each}`" for each in sorted(dimensions)) or "nothing"


def _wrong_values(place: Place, custom: CustomAlarm) -> Iterator[tuple[str, str]]:
    for dimension, known in ((INDEX, place.indexes), (OPERATION, OPERATIONS)):
        value = custom.dimensions.get(dimension)
        if value is not None and value not in known:
            near = get_close_matches(value, known, n=1)
            yield (
                f"there is no {dimension} `{value}`",
                f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known) or 'none'}",
            )
