"""The fleet as the command line calls it: its members, and the ways to all of them side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from dynaprov.cli.door import Door, opening_of
from dynaprov.model.errors import SpecInvalid

if TYPE_CHECKING:
    from dynaprov.aws.clock import SystemClock
    from dynaprov.cli.options import Options
    from dynaprov.model.diagnostics import Diagnostic
    from dynaprov.model.fleet import Member, Role
    from dynaprov.model.spec import Spec

#: Opens the way to one account and region.
Outpost = Callable[["Spec", "Role | None", int], contextlib.AbstractContextManager[Door]]


def fleet_of(options: Options) -> list[tuple[Member, Spec]]:
    """Every member of the project's fleet with its resolved spec, sorted.

    Raises:
        SpecInvalid: with every problem of every file and environment, each once.
    """
    from dynaprov.spec.fleet import members_of
    from dynaprov.spec.load import load
    from dynaprov.spec.resolve import resolve

    files = load(options.specs)
    members = members_of(files)
    problems: dict[Diagnostic, None] = {}
    specs: dict[str, Spec] = {}
    for name in sorted({each.environment for each in members}):
        try:
            specs[name] = resolve(files, name, options.sets).spec
        except SpecInvalid as invalid:
            problems.update(dict.fromkeys(invalid.diagnostics))
    if problems:
        raise SpecInvalid(tuple(problems))
    return [(each, _placed(specs[each.environment], each)) for each in members]


@contextlib.contextmanager
def outposts(
    options: Options,
    region: str,
    surroundings: Callable[[Options, str], contextlib.AbstractContextManager[str | None]],
    clock: SystemClock,
) -> Iterator[Outpost]:
    """The ways to many accounts and regions, side by side, all of which cannot write."""
    from dynaprov.aws.gateway import open_gateway
    from dynaprov.aws.session import Sources
    from dynaprov.cli.log import told

    sources = Sources()
    with told(debug=options.debug), surroundings(options, region) as endpoint:

        @contextlib.contextmanager
        def outpost(spec: Spec, role: Role | None, parallelism: int) -> Iterator[Door]:
            opening = replace(
                opening_of(options, spec.region or region, endpoint, writes=False),
                rates=tuple(spec.rates.items()),
                role=role,
                parallelism=parallelism,
            )
            gateway = open_gateway(opening, clock=clock, sources=sources)
            with contextlib.closing(gateway) as way:
                where = spec.region or region or way.region
                yield Door(way, where, pinned=not options.local)

        yield outpost


def _placed(spec: Spec, member: Member) -> Spec:
    """The spec of an environment as it stands in one account and region."""
    return replace(
        spec, account=member.account or spec.account, region=member.region or spec.region
    )
