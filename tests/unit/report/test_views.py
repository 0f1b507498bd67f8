"""What a person sees, at 80 and at 160 columns, with colours and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from dynaprov.model.address import Address
from dynaprov.model.change import Action, SettingChange
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.outcome import Outcome, Run, Status
from dynaprov.model.plan import InProgress
from dynaprov.model.ports import ErrorCategory, ServiceError
from dynaprov.report.document import plan_document, run_document
from dynaprov.report.terminal import print_plan, print_run
from support.golden import Golden
from support.sample_plans import (
    EVERYTHING,
    IN_SYNC,
    finished,
    first_apply,
    went_wrong,
    with_budgets,
)

NEXT = [{"why": "To make these changes", "command": "dynaprov apply --env dev"}]


def seen(draw: Callable[[Console], None], width: int, *, color: bool = False) -> str:
    stream = StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    draw(console)
    return stream.getvalue()


def plan_text(plan: Any, width: int, *, explain: bool = False, color: bool = False) -> str:
    document = plan_document(plan, command="diff", next=NEXT)
    return seen(lambda console: print_plan(document, console, explain=explain), width, color=color)


def run_text(run: Run, width: int) -> str:
    document = run_document(run, next=[])
    return seen(lambda console: print_run(document, console), width)


@pytest.mark.parametrize("width", [80, 160])
def test_plans_read_like_this(golden: Golden, width: int) -> None:
    golden(f"in-sync-{width}", plan_text(IN_SYNC, width))
    golden(f"first-apply-{width}", plan_text(first_apply(), width))
    golden(f"everything-{width}", plan_text(EVERYTHING, width))
    golden(f"explained-{width}", plan_text(EVERYTHING, width, explain=True))
    golden(f"budgets-{width}", plan_text(with_budgets(), width, explain=True))


@pytest.mark.parametrize("width", [80, 160])
def test_runs_read_like_this(golden: Golden, width: int) -> None:
    golden(f"converged-{width}", run_text(finished(first_apply()), width))
    golden(f"went-wrong-{width}", run_text(went_wrong(), width))


def test_a_run_that_could_not_go_on_says_why_and_what_to_do() -> None:
    why = Diagnostic("DP402", "the credentials are no longer accepted", "Expired", "renew them")
    run = replace(finished(first_apply()), stopped=why, residual=None)

    text = run_text(run, 80)

    assert "Stopped: the credentials are no longer accepted\n  Expired\n  hint: renew them" in text


def test_what_stopped_a_run_may_have_no_more_to_say() -> None:
    run = replace(finished(first_apply()), stopped=Diagnostic("DP402", "no more"), residual=None)

    assert "Stopped: no more\n\n" in run_text(run, 80)


def test_lines_keep_to_the_width_and_end_without_spaces() -> None:
    for text in (plan_text(EVERYTHING, 80, explain=True), run_text(went_wrong(), 80)):
        for row in text.splitlines():
            assert row == row.rstrip()
            command = row.startswith("  dynaprov")
            assert len(row) <= 80 or command or "--allow" in row, row


def test_colour_adds_nothing_but_colour() -> None:
    colored = plan_text(EVERYTHING, 80, color=True)
    assert colored != plan_text(EVERYTHING, 80)
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plan_text(EVERYTHING, 80)


def test_data_is_never_read_as_markup_and_cannot_drive_the_terminal() -> None:
    evil = "[bold red]x[/]\x1b]0;title\x07\x1b[2J:smile:\u202e"
    setting = SettingChange("tags.Owner", evil, "[link=http://e]")
    plan = replace(
        EVERYTHING,
        changes=(replace(EVERYTHING.changes[0], settings=(setting,), notes=(evil,)),),
        in_progress=(InProgress(Address("t"), evil),),
    )
    text = plan_text(plan, 160)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "[bold red]x[/]\\x1b]0;title\\x07\\x1b[2J:smile:" in text
    assert "[link=http://e]" in text


def test_many_tables_in_sync_are_counted_not_listed() -> None:
    resources = tuple((f"table-{number:03}", f"p-{number}") for number in range(400))
    text = plan_text(replace(IN_SYNC, resources=resources), 80)
    assert "= 400 tables in sync" in text
    assert len(text.splitlines()) < 14


def test_many_new_things_of_a_kind_are_named_in_one_paragraph() -> None:
    change = EVERYTHING.changes[1]
    names = [f"alarm/read-throttles-{number}" for number in range(9)]
    changes = tuple(
        replace(change, address=Address.parse(f"log-metadata/{name}")) for name in names
    )
    text = plan_text(replace(EVERYTHING, changes=changes), 80)
    assert "+ 9 x alarm  read-throttles-0, read-throttles-1" in text


def test_a_record_that_is_renewed_leaves_the_table_in_sync() -> None:
    stamp = EVERYTHING.operations[4]
    text = plan_text(replace(IN_SYNC, operations=(stamp,)), 80)
    assert "= log-metadata   in sync, its record is renewed" in text
    assert "Nothing differs; 1 call to make." in text


def test_a_run_that_is_under_way_is_told_so() -> None:
    run = finished(first_apply())
    left = replace(IN_SYNC, in_progress=EVERYTHING.in_progress)
    text = run_text(replace(run, residual=left), 80)
    assert "Under way: 9 calls made; 1 step not finished yet." in text


def test_what_could_not_be_compared_after_a_run_is_told() -> None:
    left = replace(IN_SYNC, not_compared=EVERYTHING.not_compared)
    text = run_text(replace(finished(first_apply()), residual=left), 80)
    assert "Not compared after the run" in text
    assert "needs dynamodb:DescribeTimeToLive" in text
    assert "3 not compared." in text


def test_an_interrupted_run_says_that_a_rerun_is_safe() -> None:
    plan = first_apply()
    outcomes = tuple(Outcome(each, Status.CANCELLED) for each in plan.operations)
    text = run_text(Run(plan, "f", outcomes, interrupted=True), 80)
    assert "Not converged: 9 not started, not verified." in text
    assert "Running the same command again is safe" in text


def test_a_removal_names_data_first_and_the_rest_by_kind() -> None:
    alarm, drop = EVERYTHING.changes[1], EVERYTHING.operations[2]
    gone = [
        replace(alarm, address=Address.parse(f"t/alarm/a{number}"), action=Action.DELETE)
        for number in range(5)
    ]
    table = replace(EVERYTHING.changes[0], action=Action.DELETE, settings=())
    operation = replace(drop, id="x", address=gone[0].address)
    text = plan_text(replace(IN_SYNC, changes=(*gone, table), operations=(operation,)), 80)
    rows = text.splitlines()
    first = rows.index("Removes or replaces") + 1
    assert rows[first] == "  - log-metadata  streaming-logs-dev-log-metadata"
    assert (
        rows[first + 1]
        == "  - 5 x alarm  t/alarm/a0, t/alarm/a1, t/alarm/a2, t/alarm/a3, t/alarm/a4"
    )
    assert "queries on ServiceIndex fail" in text
    assert "pending" not in text
    assert "1 table and 0 indexes will be removed." in text


def test_what_the_endpoint_lacks_is_told_as_skipped() -> None:
    [operation] = first_apply().operations[:1]
    lacking = ServiceError(
        ErrorCategory.UNSUPPORTED, "dynamodb", "create_table", "UnknownOperationException", "no"
    )
    outcome = Outcome(operation, Status.SKIPPED, attempts=1, error=lacking)
    run = Run(replace(first_apply(), operations=(operation,)), "0", (outcome,))

    text = run_text(run, 160)

    assert "Skipped: the endpoint lacks the operation" in text
    assert "dynamodb CreateTable: UnknownOperationException: no" in text
    assert "Failed" not in text


LOST = Diagnostic(
    "DP220",
    "a key in use cannot be used",
    "key k1 is disabled: streaming-logs-dev-log-metadata cannot be used",
    "`aws kms enable-key --key-id k1 --region us-east-1`",
)
NOTE = Diagnostic("DP210", "note", "a note", level=Level.NOTE)


def test_what_cannot_wait_is_the_first_line_of_a_plan() -> None:
    for plan in (IN_SYNC, EVERYTHING):
        text = plan_text(replace(plan, diagnostics=(NOTE, LOST)), 100)

        assert text.startswith(
            "error[DP220]: a key in use cannot be used\n"
            "  key k1 is disabled: streaming-logs-dev-log-metadata cannot be used\n"
            "  way out: `aws kms enable-key --key-id k1 --region us-east-1`\n"
        )
        assert text.count("DP220") == 1


def test_a_run_begins_with_what_is_still_wrong_after_it() -> None:
    run = finished(replace(first_apply(), diagnostics=(LOST,)))
    assert run.residual is not None
    healed = replace(run, residual=replace(run.residual, diagnostics=(NOTE,)))
    unseen = replace(run, residual=None)

    assert run_text(run, 100).startswith("error[DP220]")
    assert "DP220" not in run_text(healed, 100)
    assert run_text(unseen, 100).startswith("error[DP220]")


def test_something_that_cannot_wait_needs_no_way_out() -> None:
    text = plan_text(replace(IN_SYNC, diagnostics=(replace(LOST, hint=""),)), 100)

    assert "way out" not in text
