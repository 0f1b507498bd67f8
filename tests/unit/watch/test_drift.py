"""The use case as Python programs call it, against an account in this process."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import dynaprov
from support.converging import SHIPPED, client, world


def test_a_program_checks_twice_and_knows_what_is_new(tmp_path: Path) -> None:
    spec = dynaprov.load_specs(SHIPPED, "dev").spec
    with world(tmp_path) as live:
        live.converge(spec)
        quiet = dynaprov.drift(spec, live.gateway, clock=live.clock)
        client("dynamodb").update_continuous_backups(
            TableName="streaming-logs-dev-audit-trail",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
        )
        memory = dynaprov.handed_on(quiet, None)
        live.clock.advance(3600)
        loud = dynaprov.drift(spec, live.gateway, memory=memory, clock=live.clock)

    assert quiet.findings == ()
    assert quiet.coverage is not None
    assert (quiet.coverage.managed, quiet.coverage.live) == (4, 4)
    [found] = loud.findings
    assert (found.finding.id, found.finding.verdict) == (
        "audit-trail/pitr#enabled",
        dynaprov.Verdict.DRIFT,
    )
    assert loud.checked_at - loud.previous_at == timedelta(hours=1)  # type: ignore[operator]
