"""The generated parts of docs/reference/alarms.md.

``python -m support.alarms_page`` (with ``tests`` on the path) writes them; a test under
``tests/docs`` says when they are out of date.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from dynaprov.kinds.alarm.metrics import INDEX, METRICS, TABLE
from dynaprov.kinds.alarm.suites import RULES, Form, Rule, Suite

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "alarms.md"
SIGNS = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}


def rendered(text: str) -> str:
    """The page with every generated part as the code says it."""
    for name, lines in (("suites", _suites()), ("metrics", _metrics())):
        marks = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        pattern = re.compile(f"{re.escape(marks[0])}.*?{re.escape(marks[1])}", re.DOTALL)
        block = "\n".join((marks[0], "", *lines, "", marks[1]))
        text, count = pattern.subn(lambda _, block=block: block, text)
        assert count == 1, f"the page has no part {name}"
    return text


def _suites() -> Iterator[str]:
    titles = (
        "Alarm",
        "In suite",
        "For",
        "Metric",
        "Dimensions",
        "Statistic",
        "Judged",
        "Goes off",
        "Why",
    )
    yield f"| {' | '.join(titles)} |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for rule in RULES:
        cells = (
            f"`{rule.what}`",
            _suite(rule),
            _for(rule),
            ", ".join(f"`{metric}`" for metric in rule.metrics),
            _dimensions(rule),
            rule.statistic if rule.form in (Form.METRIC, Form.SUM) else f"`{rule.form}`",
            str(rule.judged),
            f"{SIGNS[rule.comparison]} {rule.threshold:g}",
            rule.why,
        )
        yield f"| {' | '.join(cells)} |"


def _suite(rule: Rule) -> str:
    return {
        Suite.BASIC: "`basic`, `full`",
        Suite.FULL: "`full`",
        Suite.ACCOUNT: "`account_alarms`",
    }[rule.suite]


def _for(rule: Rule) -> str:
    if rule.suite is Suite.ACCOUNT:
        return "account and region"
    owners = "table and each global index" if rule.per_index else "table"
    return f"{owners}, PROVISIONED only" if rule.provisioned else owners


def _dimensions(rule: Rule) -> str:
    if rule.suite is Suite.ACCOUNT:
        return "none"
    if not rule.operations:
        return f"`{TABLE}`" + (f" (and `{INDEX}`)" if rule.per_index else "")
    return f"`{TABLE}`, `Operation`: " + ", ".join(rule.operations)


def _metrics() -> Iterator[str]:
    yield "| Metric | Published with | Remark |"
    yield "|---|---|---|"
    for metric in METRICS.values():
        sets = "; ".join(
            " + ".join(sorted(each, key=lambda word: (word != TABLE, word))) or "no dimensions"
            for each in metric.dimensions
        )
        remark = metric.silent or (f"{metric.billing_mode} only" if metric.billing_mode else "")
        if metric.per_request:
            remark = "its Average is per request; take the Sum"
        yield f"| `{metric.name}` | {sets} | {remark} |"


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text()))
