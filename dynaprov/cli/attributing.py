"""Looking up who made the differences: in the region of the check, and where IAM is recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dynaprov.cli.door import Door, opening_of

if TYPE_CHECKING:
    from dynaprov.cli.options import Options
    from dynaprov.model.attribution import Attribution
    from dynaprov.model.plan import Plan
    from dynaprov.model.ports import Clock, Reader
    from dynaprov.watch.who import Seen

#: Where the calls to services without regions (IAM) are recorded, by the beginning of the region's
#: name (CloudTrail user guide, global service events).
_GLOBAL = (("cn-", "cn-north-1"), ("us-gov-", "us-gov-west-1"), ("", "us-east-1"))


def attributed(
    plan: Plan, door: Door, options: Options, seen: Seen, clock: Clock
) -> Mapping[tuple[str, str], Attribution]:
    """Who made each difference of a plan, by printed address and path.

    Args:
        plan: the comparison.
        door: the way to the account and region of the plan.
        options: how a way to another region is opened.
        seen: what the check before knows.
        clock: the time of day.
    """
    from dynaprov.watch.who import who

    with _everywhere(plan, door, options, clock) as everywhere:
        found = who(plan, door.gateway, clock.now(), seen=seen, everywhere=everywhere)
    return {(str(address), path): each for (address, path), each in found.items()}


@contextlib.contextmanager
def _everywhere(plan: Plan, door: Door, options: Options, clock: Clock) -> Iterator[Reader | None]:
    """The way to the region of global services, where anything of IAM differs."""
    region = next(name for prefix, name in _GLOBAL if door.region.startswith(prefix))
    kinds = {each.kind for each in plan.changes} | {each.kind for each in plan.unmanaged}
    if "access-policy" not in kinds:
        yield None
    elif region == door.region:
        yield door.gateway
    else:
        from dynaprov.aws.gateway import open_gateway

        opening = opening_of(options, region, options.endpoint_url, writes=False)
        with contextlib.closing(open_gateway(opening, clock=clock)) as gateway:
            yield gateway
