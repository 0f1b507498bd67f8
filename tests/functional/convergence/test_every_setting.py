"""Every setting of every kind: changed behind dynaprov's back, found exactly, healed.

The rows stand in ``support/breaking``; a setting without a row fails the tests below.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from dynaprov.kinds import KINDS, TAGS
from dynaprov.kinds.table.state import Key
from dynaprov.model.kind import Scope
from dynaprov.model.plan import Plan
from dynaprov.model.setting import Owner, Setting, State, settings_of
from dynaprov.model.spec import Spec
from dynaprov.watch.who import who
from functional.convergence.conftest import HEALED, Live
from support.breaking import alarms, fixed, scaling, surroundings, tables, tags
from support.breaking.place import Account, Row
from support.converging import differences
from support.trail import NOW, History
from support.trailing import trail

ROWS: list[Row] = [
    *tables.ROWS,
    *scaling.ROWS,
    *alarms.ROWS,
    *surroundings.ROWS,
    *tags.ROWS,
]


def compared(state: type[State], above: str = "") -> Iterator[tuple[str, Setting]]:
    """Every compared setting of a state, also within nested states and parts."""
    for name, setting in settings_of(state).items():
        if not setting.compared:
            continue
        inner, entry = nested(state.model_fields[name].annotation)
        if inner is None:
            yield f"{above}{name}", setting
        else:
            yield from compared(inner, f"{above}{name}.{'*.' if entry else ''}")


def nested(annotation: Any, entry: bool = False) -> tuple[type[State] | None, bool]:
    """The state that a field holds, and whether as entries of a mapping.

    A key is one value; an index has several of them in a tuple.
    """
    if get_origin(annotation) is tuple or annotation is Key:
        return None, False
    if isinstance(annotation, type) and issubclass(annotation, State):
        return annotation, entry
    for argument in get_args(annotation):
        found, within = nested(argument, entry or get_origin(annotation) is dict)
        if found:
            return found, within
    return None, False


SETTINGS = {
    (kind.name, path): setting for kind in (*KINDS, TAGS) for path, setting in compared(kind.state)
}


def test_every_compared_setting_of_every_kind_has_a_row() -> None:
    covered = {(row.kind, row.setting) for row in ROWS} | set(fixed.COVERED)
    assert set(SETTINGS) - covered == set()
    assert covered - set(SETTINGS) == set()


def test_no_two_rows_have_one_name() -> None:
    names = [row.name for row in ROWS]
    assert sorted(set(names)) == sorted(names)


def declared(spec: Spec) -> set[tuple[str, str]]:
    scope = Scope(spec.project, spec.environment, "123456789012", spec.region)
    found = {
        (kind.name, path)
        for kind in KINDS
        for desired in kind.declare(spec, scope)
        for path in written(desired.state)
    }
    return found | {("tags", "tags")}


def written(state: State, above: str = "") -> Iterator[str]:
    for name in state.model_fields_set:
        value = getattr(state, name)
        yield f"{above}{name}"
        if isinstance(value, State) and not isinstance(value, Key):
            yield from written(value, f"{above}{name}.")
        elif isinstance(value, dict):
            for entry in value.values():
                if isinstance(entry, State):
                    yield from written(entry, f"{above}{name}.*.")


def test_the_environment_declares_every_setting(tmp_path: Path) -> None:
    account = Account("vpc-0a", "vpc-0b", ("rtb-0a", "rtb-0b"), FOREIGN)
    assert set(SETTINGS) - declared(account.spec(tmp_path)) == set()


FOREIGN = "arn:aws:kms:us-east-1:123456789012:key/0a"


@pytest.mark.parametrize("kind", [*KINDS, TAGS], ids=lambda kind: kind.name)
def test_settings_are_stamped_under_codes_of_their_own(kind: Any) -> None:
    settings = settings_of(kind.state)
    codes = [each.code for each in settings.values() if each.code]
    assert sorted(codes) == sorted(set(codes))
    unstamped = {n for n, s in settings.items() if s.compared and not s.code}
    assert {n for n in unstamped if settings[n].owner is not Owner.AUTOSCALER} == set()


def nobody_did(row: Row) -> set[tuple[str, str]]:
    """Differences that no call made, or whose call names nothing that is known."""
    if (row.kind, row.title) == ("vpc-endpoint", "moved"):
        return row.found  # the id of the endpoint that was deleted
    # What replacing an index will cost it.
    return set(tables.LOST) if row.kind == "table" else set()


def put_down(plan: Plan, records: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Address and path of what the event history puts down to one of these calls."""
    history = History(records, unlisted=True)
    found = who(plan, history.reader(), NOW, everywhere=history.reader())
    return {(str(address), path) for (address, path), each in found.items() if each.call}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_change_behind_the_back_is_found_exactly_and_healed(
    row: Row, live: Live, request: pytest.FixtureRequest
) -> None:
    with trail() as records:
        row.change(live.account)
    plan = live.world.plan(live.spec)
    assert differences(plan) == row.found
    assert put_down(plan, records) == row.found - nobody_did(row)
    assert {str(s.cause) for c in plan.changes for s in c.settings} == set(row.causes)
    assert {refusal.code for refusal in plan.refusals} == set(row.allowed)

    def again() -> Any:
        return live.world.plan(live.spec, *row.allowed)

    plans = iter([again() if row.allowed else plan])
    run = live.world.finished(lambda: live.world.carry_out(next(plans, None) or again(), again))
    assert [each for each in run.outcomes if not each.status.good] == []
    assert run.residual is not None
    assert differences(run.residual) == set()
    assert run.residual.is_empty
    request.node.stash[HEALED] = True
