"""The message about a check, in the form of every channel, with data that could do harm."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from dynaprov.report.message import (
    MOST_BLOCKS,
    MOST_MESSAGE_BYTES,
    MOST_SECTION,
    message,
    metric_parameters,
    notice_document,
    slack_body,
    sns_parameters,
    webhook_body,
)
from dynaprov.watch.notice import Policy, notice
from support.golden import Golden
from support.sample_checks import FIRST, QUIET, SECOND, document


def told(check: Any = FIRST, **changed: Any) -> dict[str, Any]:
    given = notice(check, Policy())
    member = notice_document(
        [each.finding.id for each in given.news],
        given.resolved,
        [each.finding.id for each in given.reminders],
        0,
    )
    return {**document(check), "notice": {**member, **changed}}


def test_the_message_of_a_first_check(golden: Golden) -> None:
    golden("message-first", message([told()]).text)


def test_the_message_of_a_later_check_tells_what_is_gone_and_what_still_stands() -> None:
    whole = told(SECOND)
    still = whole["notice"]["news"][1:]
    gone = [{"id": "a#b", "verdict": "drift", "severity": "low"}]
    text = message([told(SECOND, news=whole["notice"]["news"][:1], reminders=still, resolved=gone)])

    assert text.title.endswith(f"{len(still)} still open, 1 resolved")
    assert text.groups[-1].name == "Resolved"
    assert text.groups[-1].lines == ("a#b",)
    assert "; still open, since 2026-05-0" in text.text


def test_a_subject_is_short_ascii_and_the_message_fits() -> None:
    whole = told()
    whole["project"] = "ü" * 300
    whole["findings"][0]["detail"] = whole["findings"][0]["live"] = "x" * 400_000
    whole["findings"][0]["path"] = ""

    params = sns_parameters(message([whole]), "arn")

    assert len(params["Subject"]) == 100
    assert params["Subject"].isascii()
    assert len(params["Message"].encode()) <= MOST_MESSAGE_BYTES


def test_slack_shows_data_as_it_is_and_gets_no_more_than_it_takes() -> None:
    whole = told()
    whole["findings"] = [
        {
            **whole["findings"][0],
            "id": f"{table}-{number}",
            "table": f"<!channel> t{table}",
            "path": f"<@U1> & *x*{number}",
            "live": "v" * 500,
        }
        for table in range(60)
        for number in range(25)
    ]
    whole["notice"]["news"] = [each["id"] for each in whole["findings"]]

    body = json.loads(slack_body(message([whole])))

    assert len(body["blocks"]) <= MOST_BLOCKS
    text = json.dumps(body["blocks"])
    assert "<!channel>" not in text
    assert "<@U1>" not in text
    assert "&lt;!channel&gt; t0" in text
    sections = [each for each in body["blocks"] if each["type"] == "section"]
    assert all(len(each["text"]["text"]) <= MOST_SECTION for each in sections)
    assert "and 5 more" in sections[0]["text"]["text"] or "…" in sections[0]["text"]["text"]
    assert body["blocks"][-1]["elements"][0]["text"].endswith("more tables")


def test_a_webhook_gets_text_and_report_without_what_only_dynaprov_needs() -> None:
    body = json.loads(webhook_body(message([told()]), [told()]))

    assert body["title"].startswith("dynaprov drift: streaming-logs dev: ")
    assert body["checks"][0]["findings"][0]["severity"] == "critical"
    assert not {"memory", "operations"} & body["checks"][0].keys()


def test_metrics_are_there_after_every_check_zeros_too() -> None:
    quiet = metric_parameters(document(QUIET), "dynaprov")
    loud = metric_parameters(document(FIRST), "dynaprov")

    def values(params: dict[str, Any]) -> list[tuple[str, str, float]]:
        return [
            (each["MetricName"], each["Dimensions"][-1]["Value"], each["Value"])
            for each in params["MetricData"]
        ]

    assert {value for _, _, value in values(quiet)} == {0.0}
    assert values(loud) == [
        ("DriftedSettings", "dev", 9.0),
        ("DriftedSettings", "critical", 1.0),
        ("DriftedSettings", "high", 1.0),
        ("DriftedSettings", "medium", 7.0),
        ("DriftedSettings", "low", 0.0),
        ("NotCompared", "dev", 3.0),
    ]


def test_no_secret_is_in_any_form() -> None:
    whole = told(replace(FIRST))
    text = message([whole])
    forms = [
        text.text,
        slack_body(text).decode(),
        webhook_body(text, [whole]).decode(),
        str(sns_parameters(text, "arn")),
    ]

    assert not any("hunter2" in form or "swordfish" in form for form in forms)
