"""From a plan to findings: nothing of the plan is left out, and each has its own verdict."""

from __future__ import annotations

from dataclasses import replace

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, SettingChange
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.finding import Finding, Verdict
from dynaprov.model.plan import Plan
from dynaprov.model.setting import Severity
from dynaprov.watch.judge import judge, present
from support.sample_plans import EVERYTHING, HERE, IN_SYNC, change

LEFT_PROTECTION = SettingChange(
    "deletion_protection", False, True, cause=Cause.DRIFT, severity=Severity.CRITICAL
)


def found(plan: Plan, **more: frozenset[str]) -> dict[str, Finding]:
    findings = judge(plan, **more)
    assert len({each.id for each in findings}) == len(findings)
    return {each.id: each for each in findings}


def test_a_plan_in_sync_has_no_findings() -> None:
    assert judge(IN_SYNC) == ()


def test_everything_that_a_plan_says_is_in_a_finding_of_its_own() -> None:
    findings = found(EVERYTHING)

    assert {id: each.verdict.value for id, each in findings.items()} == {
        "alarm/left-over": "unmanaged",
        "audit-trail#tags (not-compared)": "not-compared",
        "audit-trail/insights (not-compared)": "not-compared",
        "audit-trail/ttl (not-compared)": "not-compared",
        "log-metadata#capacity.read": "drift",
        "log-metadata#deletion_protection": "drift",
        "log-metadata#encryption": "pending",
        "log-metadata/alarm/read-throttles": "missing",
        "log-metadata/index/HandMade": "unmanaged",
        "log-metadata/index/ServiceIndex#projection": "pending",
        "system-config/index/EnvironmentIndex (in-progress)": "in-progress",
        "user-sessions/ttl#attribute": "drift",
    }


def test_what_was_denied_names_the_permission_and_what_is_lacking_does_not() -> None:
    findings = found(EVERYTHING)

    assert findings["audit-trail/ttl (not-compared)"].permission == "dynamodb:DescribeTimeToLive"
    assert findings["audit-trail/ttl (not-compared)"].detail == "needs dynamodb:DescribeTimeToLive"
    assert findings["audit-trail/insights (not-compared)"].permission == ""


def test_the_cause_of_a_setting_wins_over_that_of_its_change() -> None:
    both = change(
        "log-metadata",
        Action.UPDATE,
        SettingChange("class", "A", "B", cause=Cause.UNKNOWN),
        SettingChange("billing_mode", "A", "B", cause=Cause.CONFLICT),
        cause=Cause.DRIFT,
    )
    findings = found(Plan(HERE, changes=(both,)))

    assert findings["log-metadata#class"].verdict is Verdict.DRIFT
    assert findings["log-metadata#billing_mode"].verdict is Verdict.CONFLICT


def test_the_worst_comes_first_and_then_the_address_decides() -> None:
    worst = change("user-sessions", Action.UPDATE, LEFT_PROTECTION)
    mild = change(
        "audit-trail/tags", Action.UPDATE, SettingChange("tags.a", "1", "2", severity=Severity.LOW)
    )
    plan = Plan(HERE, changes=(mild, worst, replace(worst, address=Address("log-metadata"))))

    assert [each.id for each in judge(plan)] == [
        "log-metadata#deletion_protection",
        "user-sessions#deletion_protection",
        "audit-trail/tags#tags.a",
    ]


def test_what_is_missing_now_and_was_there_before_has_been_deleted() -> None:
    alarm = "log-metadata/alarm/read-throttles"
    never = found(EVERYTHING)[alarm]
    deleted = found(EVERYTHING, present_before=frozenset({alarm}))[alarm]

    assert never.verdict is Verdict.MISSING
    assert never.detail == "it does not exist"
    assert deleted.verdict is Verdict.DRIFT
    assert "somebody deleted it" in deleted.detail


def test_a_key_that_cannot_be_used_is_critical_whatever_the_spec_says() -> None:
    dead = Diagnostic("DP220", "a key in use cannot be used", "key k is disabled", "enable it")
    note = replace(dead, code="DP221", level=Level.NOTE)

    [finding] = judge(Plan(HERE, diagnostics=(dead, note)))

    assert finding.severity is Severity.CRITICAL
    assert finding.verdict is Verdict.DRIFT
    assert finding.detail == "key k is disabled"


def test_only_parts_of_what_is_managed_can_fail_a_check_and_the_rest_is_listed() -> None:
    findings = found(EVERYTHING)

    assert findings["alarm/left-over"].listed_only
    assert not findings["log-metadata/index/HandMade"].listed_only


def test_what_is_present_leaves_out_what_is_missing_or_was_not_read() -> None:
    seen = present(EVERYTHING)

    assert "log-metadata/alarm/read-throttles" not in seen
    assert "audit-trail/ttl" not in seen
    assert {"audit-trail", "log-metadata/index/ServiceIndex", "user-sessions"} <= seen


def test_a_finding_keeps_its_digest_while_it_says_the_same_and_no_longer() -> None:
    finding = found(EVERYTHING)["log-metadata#encryption"]

    assert replace(finding, detail="other words").digest == finding.digest
    assert replace(finding, live="other").digest != finding.digest
    assert replace(finding, verdict=Verdict.CONFLICT).digest != finding.digest
    assert replace(finding, severity=Severity.LOW).digest != finding.digest


def test_aspects_of_a_missing_table_are_not_findings_of_their_own() -> None:
    whole = change("user-sessions", Action.CREATE, cause=Cause.NEW)
    ttl = change("user-sessions/ttl", Action.CREATE, cause=Cause.NEW)

    assert set(found(Plan(HERE, changes=(whole, ttl)))) == {"user-sessions"}
    assert set(found(Plan(HERE, changes=(ttl,)))) == {"user-sessions/ttl"}


def test_insights_of_a_missing_index_are_not_findings_of_their_own() -> None:
    index = change("user-sessions/index/ByDay", Action.CREATE)
    insights = change("user-sessions/insights/ByDay", Action.CREATE)

    assert set(found(Plan(HERE, changes=(index, insights)))) == {"user-sessions/index/ByDay"}


def test_what_the_replacement_of_an_index_will_cost_is_no_finding_yet() -> None:
    index = change("user-sessions/index/ByDay", Action.REPLACE, LEFT_PROTECTION)
    insights = change("user-sessions/insights/ByDay", Action.CREATE)
    other = change("user-sessions/insights/ByUser", Action.CREATE)

    assert set(found(Plan(HERE, changes=(index, insights, other)))) == {
        "user-sessions/index/ByDay#deletion_protection",
        "user-sessions/insights/ByUser",
    }


def test_a_whole_thing_that_somebody_deleted_is_as_severe_as_its_kind() -> None:
    topic = change("topic", Action.CREATE, cause=Cause.NEW)
    plan = Plan(HERE, changes=(replace(topic, severity=Severity.MEDIUM),))

    assert found(plan)["topic"].severity is Severity.MEDIUM
    assert found(plan, present_before=frozenset({"topic"}))["topic"].severity is Severity.CRITICAL
