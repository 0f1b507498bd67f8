"""The generated policies on the model of IAM over moto: every run, and every right taken away.

*Modelled*: what AWS checks of a request is `support.iam.authorization`, from its references.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest

from dynaprov.access.derivation import Verb
from dynaprov.model.outcome import Run
from support.forked import in_a_copy
from support.iam.evaluation import actions_of, covers
from support.iam.runs import CASES, Case, taken_away, trial, used

#: Of the rights that a run uses, every so manieth is taken away; all with TEST_EVERY_RIGHT=1.
STEP = 1 if os.environ.get("TEST_EVERY_RIGHT") else 20

#: Commands whose rights are all used by the cases; a drift looks like a diff.
VERBS = (Verb.DIFF, Verb.APPLY, Verb.DESTROY)


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_denied_and_nothing_is_granted_in_vain(verb: Verb) -> None:
    granted: set[str] = set()
    asked: set[str] = set()
    for case in (each for each in CASES.values() if each.wish.verb is verb):
        with trial(case) as made:
            run, enforced = made.under(made.policies)
        assert [str(each) for each in enforced.denied] == [], case.name
        assert isinstance(run, Run) or case.looks, case.name
        if isinstance(run, Run):
            assert [o.operation.id for o in run.outcomes if not o.status.good] == [], case.name
        granted |= actions_of(made.policies)
        asked |= {each.action for each in enforced.asked}

    assert sorted(each for each in granted if not covers(each, asked)) == []


@pytest.mark.parametrize("name", [each.name for each in CASES.values() if each.wish.heal])
def test_a_heal_does_its_work_with_the_rights_of_drift(name: str) -> None:
    with trial(CASES[name]) as made:
        run, enforced = made.under(made.policies)

    assert isinstance(run, Run)
    assert [str(each) for each in enforced.denied] == []
    assert run.outcomes
    assert [o.operation.id for o in run.outcomes if not o.status.good] == []


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
def test_a_right_that_is_taken_away_is_named_and_no_other(
    case: Case, record_property: Callable[[str, object], None]
) -> None:
    with trial(case) as made:
        made.stage.live.close()
        tried = in_a_copy(partial(used, made))[::STEP]
        found = {action: in_a_copy(partial(taken_away, made, action)) for action in tried}

    record_property("tried", f"{case.name}: {len(tried)} rights taken away")
    assert tried
    assert {action: names for action, names in found.items() if names is not None} == {}
