"""Progress: plain lines for logs, one line per running operation on a terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from dynaprov.model.address import Address
from dynaprov.model.events import (
    OperationEnded,
    OperationRetried,
    OperationStarted,
    OperationWaiting,
    Stage,
    StageStarted,
    ThingReady,
    ThingWaiting,
)
from dynaprov.model.outcome import Outcome, Status
from dynaprov.model.ports import ErrorCategory, ServiceError
from dynaprov.report.progress import LiveProgress, PlainProgress, progress
from support.sample_plans import INDEX_CREATE, INDEX_DELETE, TABLE_UPDATE

THROTTLED = ServiceError(
    ErrorCategory.THROTTLED, "dynamodb", "update_table", "ThrottlingException", "slow down"
)


def console(stream: StringIO, *, terminal: bool = False) -> Console:
    return Console(file=stream, width=80, force_terminal=terminal, color_system=None)


def test_plain_lines_are_the_start_the_trouble_and_the_end() -> None:
    stream = StringIO()
    tell = PlainProgress(console(stream))
    tell(StageStarted(Stage.OBSERVING, "4 tables"))
    tell(StageStarted(Stage.EXECUTING, "3 operations"))
    tell(OperationStarted(TABLE_UPDATE))
    tell(OperationRetried(TABLE_UPDATE, 1, THROTTLED, 0.5))
    tell(OperationEnded(Outcome(TABLE_UPDATE, Status.SUCCEEDED, 2, seconds=1.25)))
    tell(OperationEnded(Outcome(INDEX_DELETE, Status.FAILED, 1, THROTTLED)))
    tell(OperationEnded(Outcome(INDEX_CREATE, Status.SKIPPED, blocked_by=INDEX_DELETE.id)))
    tell(OperationEnded(Outcome(INDEX_CREATE, Status.CANCELLED)))
    assert stream.getvalue() == (
        "Applying (3 operations)\n"
        "  start       log-metadata: switch deletion protection on\n"
        "  again       log-metadata: switch deletion protection on"
        " (ThrottlingException, attempt 1, in 0.5 s)\n"
        "  done        log-metadata: switch deletion protection on (1.2 s)\n"
        "  failed      log-metadata/index/ServiceIndex: delete index ServiceIndex"
        " (ThrottlingException)\n"
        "  skipped     log-metadata/index/ServiceIndex: build index ServiceIndex"
        " (because of log-metadata/index/ServiceIndex:delete)\n"
        "  not started log-metadata/index/ServiceIndex: build index ServiceIndex\n"
    )


def test_signs_of_life_come_at_widening_intervals() -> None:
    stream = StringIO()
    tell = PlainProgress(console(stream))
    tell(OperationStarted(INDEX_CREATE))
    for second in range(400):
        tell(OperationWaiting(INDEX_CREATE, "active", float(second)))
    rows = stream.getvalue().splitlines()[1:]
    assert [row.split("(")[1].split(",")[0] for row in rows] == [
        "10 s",
        "20 s",
        "40 s",
        "1 min 20 s",
        "2 min 40 s",
        "4 min 40 s",
    ]
    assert rows[0].endswith("(10 s, waiting for active)")


def test_live_progress_has_one_line_per_running_operation_with_its_time() -> None:
    now = [100.0]
    stream = StringIO()
    out = console(stream)
    tell = LiveProgress(out, lambda: now[0])
    tell(StageStarted(Stage.EXECUTING))
    tell(OperationStarted(INDEX_CREATE))
    tell(OperationStarted(TABLE_UPDATE))
    now[0] += 75
    tell(OperationWaiting(INDEX_CREATE, "active", 75.0))
    tell(OperationRetried(TABLE_UPDATE, 1, THROTTLED, 2.0))
    out.print(tell)
    rows = stream.getvalue().splitlines()
    assert rows[0] == "Applying"
    assert rows[1].endswith("...  1 min 15 s  waiting for active")
    assert rows[2].endswith("...  1 min 15 s  ThrottlingException: again in 2.0 s")
    assert max(len(row) for row in rows) <= 80
    tell(OperationEnded(Outcome(INDEX_CREATE, Status.SUCCEEDED, seconds=75.0)))
    tell(OperationEnded(Outcome(TABLE_UPDATE, Status.SUCCEEDED)))
    stream.truncate(0)
    out.print(tell)
    assert "log-metadata" not in stream.getvalue()


def test_a_wait_that_was_never_started_is_shown_all_the_same() -> None:
    tell = LiveProgress(console(StringIO()), lambda: 0.0)
    tell(OperationWaiting(INDEX_CREATE, "", 1.0))
    stream = StringIO()
    console(stream).print(tell)
    assert "build index" in stream.getvalue()


def test_quiet_says_nothing_and_live_redraws() -> None:
    stream = StringIO()
    with progress(console(stream), live=False, quiet=True) as tell:
        tell(OperationStarted(TABLE_UPDATE))
    assert stream.getvalue() == ""
    with progress(console(stream), live=False) as tell:
        tell(OperationStarted(TABLE_UPDATE))
    assert "start" in stream.getvalue()
    live = StringIO()
    with progress(console(live, terminal=True), live=True) as tell:
        tell(OperationStarted(TABLE_UPDATE))
    assert "\x1b[" in live.getvalue()


def test_what_is_under_way_is_told_while_it_is_waited_for() -> None:
    stream = StringIO()
    tell = PlainProgress(console(stream))
    tell(StageStarted(Stage.WAITING, "1 tables"))
    filling = "index A is CREATING, backfilling, 42 % filled"
    for second in range(0, 16, 5):
        tell(ThingWaiting(Address("orders"), "settled", second, filling))
    tell(ThingReady(Address("orders"), 16.0))
    tell(ThingReady(Address("quick"), 1.0))
    tell(OperationWaiting(TABLE_UPDATE, "at rest", 30.0, "table is UPDATING", sent=False))
    assert stream.getvalue() == (
        "Waiting for AWS (1 tables)\n"
        "  still       orders (10 s, waiting for settled: index A is CREATING, backfilling, 42 %"
        " filled)\n"
        "  ready       orders (16 s)\n"
        "  still       log-metadata: switch deletion protection on (30 s, waiting for at rest:"
        " table is UPDATING)\n"
    )


def test_on_a_terminal_what_is_waited_for_has_a_line_until_it_is_ready() -> None:
    stream = StringIO()
    lines = LiveProgress(console(stream, terminal=True), monotonic=lambda: 100.0)
    lines(ThingWaiting(Address("orders"), "readable", 12.0, "it is being filled"))
    console(stream, terminal=True).print(lines)
    assert "orders  12 s  waiting for readable: it is being filled" in stream.getvalue()
    lines(ThingReady(Address("orders"), 13.0))
    later = StringIO()
    console(later, terminal=True).print(lines)
    assert "orders" not in later.getvalue()
