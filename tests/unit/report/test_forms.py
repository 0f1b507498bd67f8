"""The forms of a drift report and of a plan, as files that a reviewer can read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from dynaprov.report.document import plan_document
from dynaprov.report.drift_markdown import drift_markdown
from dynaprov.report.drift_words import environment_id, state
from dynaprov.report.forms import OF_CHECK, OF_PLAN
from dynaprov.report.github_issue import github_issue, issue_title
from dynaprov.report.junit import junit
from dynaprov.report.markdown_text import code, prose
from dynaprov.report.plan_markdown import plan_markdown
from dynaprov.report.prometheus import prometheus
from dynaprov.report.sarif import sarif
from support.golden import Golden
from support.sample_checks import FIRST, HEALED, QUIET, SECOND, TUESDAY, check, document
from support.sample_plans import EVERYTHING, IN_SYNC, first_apply

NEXT = [{"why": "To put it right", "command": "dynaprov apply --env dev"}]
CHECKS = {"quiet": QUIET, "first": FIRST, "second": SECOND}
BLIND = check(replace(IN_SYNC, not_compared=EVERYTHING.not_compared))


def known(of: Any = SECOND) -> dict[str, Any]:
    """A document in which it is known of one finding who did it."""
    made = document(of, next=NEXT if of is not QUIET else [])
    for finding in made["findings"][:1]:
        finding["who"] = {"text": "alice (assumed-role/Admin) by UpdateTable, 2026-05-04 05:12 UTC"}
        finding["commit"] = {"text": "4f2c1ab Protect the audit trail (Bob)"}
    if of is SECOND:
        made["heal"] = HEALED
    return made


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("form", OF_CHECK)
def test_checks_read_like_this(golden: Golden, form: str, name: str) -> None:
    if form != "json":
        golden(f"drift-{name}-{form}", OF_CHECK[form](known(CHECKS[name])))


def test_plans_read_like_this(golden: Golden) -> None:
    draw = OF_PLAN["markdown"]
    golden("plan-everything-markdown", draw(plan_document(EVERYTHING, command="diff", next=NEXT)))
    golden("plan-first-apply-markdown", draw(plan_document(first_apply(), command="diff")))
    golden("plan-in-sync-markdown", draw(plan_document(IN_SYNC, command="diff")))


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (FIRST, "drift"),
        (BLIND, "unknown"),
        (QUIET, "expired"),
        (replace(QUIET, expired=()), "in-sync"),
    ],
    ids=["drift", "unread", "expired", "in-sync"],
)
def test_a_check_ends_in_one_of_four_states(of: Any, expected: str) -> None:
    assert state(document(of)) == expected


def test_who_did_it_and_the_commit_are_told_in_every_form_for_people() -> None:
    for form in ("markdown", "html", "junit", "sarif", "github-issue"):
        text = OF_CHECK[form](known())
        assert "alice" in text, form
        assert "Protect the audit trail" in text, form


def test_what_the_check_put_right_is_told_as_loudly_as_the_drift() -> None:
    for form in ("markdown", "html"):
        text = OF_CHECK[form](known())
        assert "What healing did" in text, form
        assert text.index("What healing did") < text.index("capacity.read"), form
        assert "log-metadata/pitr#enabled" in text, form
        assert "it drifted 2 minutes ago" in text, form


# Markdown


@pytest.mark.parametrize("draw", [drift_markdown, lambda ds, limit: github_issue(ds[0], limit)])
@pytest.mark.parametrize("limit", [3_000, 65_536])
def test_a_comment_is_cut_to_what_github_takes_and_says_how_much_is_missing(
    draw: Callable[..., str], limit: int
) -> None:
    made = known()
    one = made["findings"][1]
    made["findings"] = [{**one, "id": f"x{n}", "path": f"tags.{n}"} for n in range(2_000)]

    text = draw([made], limit)

    assert len(text.encode()) <= limit
    shown = len(re.findall(r"tags\.\d+", text))
    left_out = re.search(r"\*\*(\d+) entries more: too long for a comment", text)
    assert left_out
    rest = len(made["expired_exceptions"])
    folded = (
        len(made["ignored"]) + len(made["resolved"]) + 2 + 3 + 3 if draw is drift_markdown else 0
    )
    assert shown + int(left_out[1]) >= 2_000
    assert shown + int(left_out[1]) <= 2_000 + rest + folded
    assert text.endswith("dynaprov apply --env dev\n```\n")


def test_a_large_plan_is_cut_too() -> None:
    made = plan_document(EVERYTHING, command="diff", next=NEXT)
    made["changes"] = [{**each, "address": f"t{n}"} for n in range(400) for each in made["changes"]]

    text = plan_markdown(made)

    assert len(text.encode()) <= 65_536
    assert "entries more: too long for a comment" in text
    assert "ServiceIndex` (`replace-index`)" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "`a`"),
        ("", '`""`'),
        (" ", '`" "`'),
        ("a`b", "``a`b``"),
        ("``a", "``` ``a ```"),
        ("a|b", r"`a\|b`"),
        ("a\\|b", r"`a\\x7cb`"),
        ("a\nb", r"`a\nb`"),
        ("x" * 301, f"`{'x' * 300}... (1 more characters)`"),
    ],
)
def test_data_is_a_code_span(text: str, expected: str) -> None:
    assert code(text, cell=True) == expected


@pytest.mark.parametrize(
    "text",
    [
        "@team",
        "see #12",
        "GH-12",
        "www.evil.example",
        "http://evil",
        "a@b.example",
        ":smile:",
        "deadbeef",
        "*a*",
        "a_b_c",
        "<b>",
        "&amp;",
        "line\nline",
    ],
)
def test_only_plain_words_are_outside_of_a_code_span(text: str) -> None:
    assert prose(text).startswith("`")
    assert prose("it was there; somebody deleted it.") == "it was there; somebody deleted it."


def test_tables_are_tables_to_a_reader_of_markdown() -> None:
    page = MarkdownIt("commonmark").enable("table").parse(drift_markdown([known(FIRST)]))

    rows = [each for each in page if each.type == "tr_open"]
    assert len([each for each in page if each.type == "table_open"]) == 5
    assert len(rows) == 5 + 11


# GitHub issue


def test_an_issue_stays_the_same_while_the_findings_do() -> None:
    first = document(SECOND)
    later = {**first, "checked_at": "2026-05-09T06:00:00+00:00", "previous_at": TUESDAY.isoformat()}
    for finding in later["findings"]:
        finding["phase"] = "ongoing"

    assert github_issue(later) == github_issue(first)
    assert issue_title(later) == issue_title(first)
    assert github_issue(first).startswith(f"<!-- dynaprov drift {environment_id(first)} -->\n")


def test_each_environment_has_its_own_issue() -> None:
    first = document(FIRST)

    for member in ("project", "environment", "account", "region"):
        assert environment_id({**first, member: "other"}) != environment_id(first)


# JUnit


def test_a_case_is_judged_by_what_was_found_there() -> None:
    suite = ElementTree.fromstring(junit([known(FIRST)]))[0]
    found = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}

    assert found["audit-trail"] == ["failure"]
    assert found["audit-trail (not compared)"] == ["error"]
    assert found["audit-trail/ttl"] == ["error"]
    assert found["audit-trail/pitr"] == []
    assert found["system-config/tags"] == ["skipped", "system-out"]
    assert found["system-config/index/EnvironmentIndex"] == ["skipped", "system-out"]
    assert found["alarm/left-over"] == ["system-out"]
    assert found["exception user-sessions/ttl"] == ["failure"]


def test_report_only_fails_for_nothing_but_what_is_not_known() -> None:
    root = ElementTree.fromstring(junit([{**known(FIRST), "report_only": True}]))

    assert root.get("failures") == "0"
    assert root.get("errors") == "3"
    assert not list(root.iter("failure"))


@pytest.mark.parametrize("of", CHECKS.values(), ids=CHECKS)
def test_junit_has_the_shape_that_jenkins_reads(of: Any) -> None:
    root = ElementTree.fromstring(junit([document(of), document(QUIET)]))

    assert root.tag == "testsuites"
    assert {suite.tag for suite in root} == {"testsuite"}
    for suite in root:
        cases = suite.findall("testcase")
        assert [each.tag for each in suite] == ["properties"] + ["testcase"] * len(cases)
        assert suite.get("tests") == str(len(cases))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(name) == str(len([c for c in cases if c.find(tag) is not None]))
        names = [each.get("name") for each in cases]
        assert len(names) == len(set(names))
        for case in cases:
            assert set(case.attrib) == {"classname", "name", "time"}
            assert {each.tag for each in case} <= {"failure", "error", "skipped", "system-out"}
    for name in ("tests", "failures", "errors"):
        assert int(root.get(name) or "") == sum(int(suite.get(name) or "") for suite in root)


# SARIF


def test_findings_stand_at_their_lines_with_their_levels() -> None:
    [run] = json.loads(sarif([known(FIRST)]))["runs"]
    first = run["results"][0]

    assert first["ruleId"] == "table/deletion_protection"
    assert first["level"] == "error"
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/tables/audit-trail.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12, "startColumn": 3},
    }
    assert run["invocations"][0]["executionSuccessful"] is False
    assert all("physicalLocation" in each["locations"][0] for each in run["results"])


def test_what_an_exception_covers_is_suppressed_with_its_reason() -> None:
    [run] = json.loads(sarif([known(FIRST)]))["runs"]

    [suppressed] = [each for each in run["results"] if "suppressions" in each]
    assert suppressed["ruleId"] == "tags/tags"
    [why] = suppressed["suppressions"]
    assert why["justification"] == "tags are being renamed (team-platform, until 2026-06-01)"


def test_an_alert_is_the_same_wherever_its_line_moves() -> None:
    first, later = known(FIRST), known(FIRST)
    later["findings"][0]["source"] = {**later["findings"][0]["source"], "line": 99}
    other = {**first, "environment": "prod"}

    marks = [
        json.loads(sarif([each]))["runs"][0]["results"][0]["partialFingerprints"]
        for each in (first, later, other)
    ]

    assert marks[0] == marks[1]
    assert marks[0] != marks[2]


def test_more_results_than_github_takes_are_counted() -> None:
    [run] = json.loads(sarif([known(FIRST)], most=10))["runs"]

    assert len(run["results"]) == 10
    [told] = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "5 more findings are left out."


def test_text_in_brackets_or_braces_is_no_link_and_no_placeholder() -> None:
    made = known(FIRST)
    made["findings"][0]["detail"] = "[click](http://evil) {0} \\"

    text = json.loads(sarif([made]))["runs"][0]["results"][0]["message"]["text"]

    assert "\\[click\\](http://evil) {{0} \\\\" in text


# Prometheus


def test_series_are_there_even_when_nothing_was_found() -> None:
    text = prometheus([document(QUIET), {**document(FIRST), "environment": 'a"b\\c'}])

    assert text.count("# TYPE dynaprov_drift_findings gauge") == 1
    place = 'project="streaming-logs",environment="dev",account="123456789012",region="us-east-1"'
    assert f'dynaprov_drift_findings{{{place},verdict="drift",severity="critical"}} 0\n' in text
    assert f"dynaprov_drift_last_check_timestamp_seconds{{{place}}} 1777874400\n" in text
    assert f"dynaprov_drift_tables_live{{{place}}} 6\n" in text
    assert 'environment="a\\"b\\\\c"' in text


@pytest.mark.parametrize("coverage", [None, {"problem": "denied", "managed": 0, "live": 0}])
def test_what_is_not_known_has_no_number(coverage: Any) -> None:
    assert "tables_live" not in prometheus([{**document(QUIET), "coverage": coverage}])
