"""Small specs for the kinds that watch tables, and what these kinds make of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from dynaprov.kinds.alarm import AccountAlarmsSection, AlarmsSection
from dynaprov.kinds.table import TableSection
from dynaprov.model.kind import Desired, Kind, Reading, Scope
from dynaprov.model.ports import Answer, Read
from dynaprov.model.setting import State
from dynaprov.model.source import Origin
from dynaprov.model.spec import Spec, TableSpec
from support.observing import table_of_answers, trips

SCOPE = Scope("acme", "dev", "123456789012", "eu-west-1")
TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:acme-dev-alarms"
TOPIC = {"topic": State()}


def a_table(
    name: str = "orders",
    alarms: Mapping[str, Any] | None = None,
    *,
    mode: str = "PAY_PER_REQUEST",
    indexes: Sequence[str] = (),
    origins: Mapping[str, Origin] | None = None,
) -> TableSpec:
    """A table with a section ``alarms``, or without."""
    own = TableSection.model_validate(
        {
            "partition_key": "id",
            "billing_mode": mode,
            "indexes": {i: {"partition_key": "other", "projection": "ALL"} for i in indexes},
        }
    )
    sections: dict[str, State | None] = {"": own}
    if alarms is not None:
        sections["alarms"] = AlarmsSection.model_validate(alarms)
    return TableSpec(name, sections, origins or {})


def a_spec(
    *tables: TableSpec,
    account: Mapping[str, Any] | None = None,
    sections: Mapping[str, State | None] | None = None,
    origins: Mapping[str, Origin] | None = None,
) -> Spec:
    """An environment of these tables."""
    more: dict[str, State | None] = dict(sections or {})
    if account is not None:
        more["account_alarms"] = AccountAlarmsSection.model_validate(account)
    return Spec(
        SCOPE.project,
        SCOPE.environment,
        SCOPE.region,
        tags={"Team": "data"},
        sections=more,
        tables={table.name: table for table in tables},
        origins=origins or {},
    )


def declared(kind: Kind, spec: Spec) -> dict[str, Desired]:
    """What a kind declares, by printed address."""
    return {str(each.address): each for each in kind.declare(spec, SCOPE)}


def observed(
    kind: Kind, spec: Spec, answers: Mapping[str, Answer]
) -> tuple[list[Reading], list[Read]]:
    """What a kind reads when methods answer like this, and the reads of its one round trip."""
    desired = list(kind.declare(spec, SCOPE))
    readings, batches = trips(kind, desired, spec, SCOPE, table_of_answers(dict(answers)))
    assert len(batches) <= 1, "a second round trip"
    return readings, [read for batch in batches for read in batch]
