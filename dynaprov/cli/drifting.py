"""One environment checked: looked at, judged, put right where that was asked, reported."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from dynaprov.cli import exits
from dynaprov.cli.checking import Case, Wanted
from dynaprov.cli.desk import Desk, Told
from dynaprov.cli.healing import heal, heal_document, healing_of

if TYPE_CHECKING:
    from dynaprov.cli.invocation import Invocation


def check_environment(invocation: Invocation, wanted: Wanted) -> dict[str, Any]:
    """Check one environment; the document says with which exit code that ends.

    Raises:
        DynaprovError: when it could not be looked at, or a file of the check is not readable.
    """
    from dynaprov.watch.heal import choose

    options, stages = invocation.options, invocation.stages
    case = Case(invocation, wanted)
    spec = invocation.load()
    healing = healing_of(spec) if wanted.heal else None
    with contextlib.ExitStack() as doors:
        door = doors.enter_context(stages.door(options, spec, writes=False))
        desk = Desk.of(invocation, wanted, door.region)
        plan = case.look(spec, door)
        memory = case.before(plan.identity) if case.knows_before else desk.recall(plan.identity)
        check = case.judge(plan, memory, stages.coverage(plan, door))
        if wanted.baseline:
            check = case.with_baseline(check, memory)
        healed = None
        if healing is not None:
            choice, ended = choose(check, healing), None
            if choice.chosen:
                doors.close()  # the door that only looks, before the one that writes
                door = doors.enter_context(stages.door(options, spec, writes=True))
                ended = heal(invocation, spec, door, choice)
                check = case.judge(case.look(spec, door), memory, check.coverage)
            healed = heal_document(choice, ended, check)
        document = case.document(check, memory)
        case.attribute(document, check.plan, memory, door)
        document["heal"] = healed
        desk.deliver([Told(document, check, memory)])
    document["exit_code"] = int(exits.of_drift(document))
    return document
