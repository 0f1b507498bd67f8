"""The rule layer: AWS's rules over moto, on a clock that tests move.

moto says ACTIVE at once and accepts most of what AWS refuses.  The layer stands between the wire
and moto, in this process and in a server alike, and says what AWS would say:

    clock = VirtualClock()
    with in_process(), aws(clock) as layer:
        client.create_table(...)
        client.describe_table(TableName="t")["Table"]["TableStatus"]   # CREATING
        clock.advance(10)                                               # ... ACTIVE

**Adding a rule.** Write a ``Rule`` in the module of its subject: its name, the source that says
so, the APIs it watches, and one or more of three functions.

    def _refuse(request: Request, world: World) -> None:
        if request.params["Name"] in world.kept(Names, request.account, request.region).taken:
            raise AwsError("AlreadyExistsException", "The name is taken")

    RULES = (
        Rule("the-name-is-taken", "API CreateThing", ("thing:CreateThing",), before=_refuse),
    )

``before`` looks at a request, and may raise an ``AwsError`` or return an answer of its own: then
moto never hears of it.  ``after`` edits the answer that moto gave, in place.  ``failed`` may turn
moto's error into AWS's.  What a rule remembers is a dataclass of its own, kept in the ``World``
by type and key.  ``registry.RULES`` holds all rules, in the order in which they are asked.

**Injecting a fault.** ``faults`` makes them; each hits the n-th call that fits.

    layer.inject(throttled("dynamodb:UpdateTable", number=2, times=3))
    layer.inject(lost("kms:CreateKey", with_effect=True))
    layer.inject(killed(number=7, with_effect=False))

``layer.seen`` holds every request with the code of its answer.  In a server: ``served``.

**What is not modelled.**  What dynaprov never calls or meets: streaming to Kinesis (no call of
dynaprov reads or writes it, and DescribeTable does not show it), exports, imports, restores (and
their 50 at a time), legacy global tables, witnesses, strong consistency.  Of replicas: the table in
the other Region, overrides, settings that spread over all members, the targets that provisioned
writes need (a replica of a provisioned table is always refused), replicas that lose their key.  Of
capacity: what Application Auto Scaling sets by itself is held to no quota, nor are on-demand limits
and warm throughput; DescribeLimits.  Of archives: the backup is made when the table is first
described after the seven days.  Of other services: quotas of KMS (100,000 keys, 50 aliases a key),
SNS (100,000 topics), scaling (targets, policies) and IAM (policies of an account), and of
CloudWatch anything but rates and what PutMetricAlarm itself says.  Where sources name no text or
duration, the rule says so.

Nothing of it has been run against AWS: it models what its sources say.
"""

from support.rules.layer import Layer, aws
from support.rules.request import AwsError, Request

__all__ = ["AwsError", "Layer", "Request", "aws"]
