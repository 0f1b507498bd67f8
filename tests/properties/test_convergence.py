"""Applying makes the next plan empty, from any state that an earlier spec left."""

from pathlib import Path

from hypothesis import given, settings

from support.worlds import (
    Watched,
    World,
    applied,
    explained,
    pairs,
    plan_of,
    resolved,
)


@given(pair=pairs())
@settings(settings.get_profile("properties"))
def test_after_each_of_two_specs_nothing_is_left(
    pair: tuple[World, World], live: Watched, workplace: Path
) -> None:
    live.forget()
    for world in pair:
        spec = resolved(world, workplace)

        run = applied(spec, live, workplace / "journal")

        assert not run.failed, explained(run)
        again = plan_of(spec, live)
        assert (again.changes, again.not_compared) == ((), ())
        assert again.operations == ()
