"""The targets that reports are delivered to, and what delivering there needs of IAM.  Pure.

Each target is named by an option; what is not named may not be delivered to.  PutMetricData knows
no resource, so its namespace is a condition (service authorization reference of Amazon CloudWatch).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dynaprov.kinds.identity import carrying
from dynaprov.kinds.topic.state import OWN_KEY, TopicSection, topic_name
from dynaprov.model.kind import Scope
from dynaprov.model.permission import ANY, LOOK, Permission
from dynaprov.model.spec import Spec

S3, SSM = "s3://", "ssm:"


@dataclass(frozen=True, slots=True)
class Targets:
    """Where reports go.

    Attributes:
        topics: ARNs of SNS topics.
        namespace: CloudWatch namespace of the metrics; empty for none.
        history: where checks keep what they hand on: ``s3://bucket/prefix``, ``ssm:/name``, or a
            folder, which needs nothing of IAM; empty for none.
    """

    topics: tuple[str, ...] = ()
    namespace: str = ""
    history: str = ""


#: Reports are only printed.
NOWHERE = Targets()


def deliveries(targets: Targets, spec: Spec, scope: Scope) -> Iterator[Permission]:
    """What the deliveries to these targets need.

    Raises:
        ValueError: when the history names no place in S3 or SSM though it begins like one.
    """
    for topic in targets.topics:
        yield Permission(("sns:Publish",), (topic,), LOOK)
        yield from _publishing(topic, spec, scope)
    if targets.namespace:
        only = {"StringEquals": {"cloudwatch:namespace": (targets.namespace,)}}
        yield Permission(("cloudwatch:PutMetricData",), ANY, LOOK, only)
    if targets.history.startswith(S3):
        yield from _s3(targets.history, scope)
    elif targets.history.startswith(SSM):
        name = targets.history.removeprefix(SSM).strip("/")
        if not name:
            raise ValueError("`ssm:` names no parameters")
        arn = (scope.arn("ssm", f"parameter/{name}/*"),)
        yield Permission(("ssm:GetParameter", "ssm:PutParameter"), arn, LOOK)


def _s3(place: str, scope: Scope) -> Iterator[Permission]:
    """Every object below the prefix.

    Without ListBucket S3 says of an object that is not there that it is forbidden (GetObject, S3
    API reference), so that the first report could not be told from one that may not be read.
    """
    bucket, _, prefix = place.removeprefix(S3).partition("/")
    if not bucket:
        raise ValueError(f"`{place}` names no bucket: `s3://bucket/prefix`")
    arn = f"arn:{scope.partition}:s3:::{bucket}"
    below = f"{prefix.strip('/')}/*" if prefix.strip("/") else "*"
    yield Permission(("s3:GetObject", "s3:PutObject"), (f"{arn}/{below}",), LOOK)
    only = {"StringLike": {"s3:prefix": (below,)}}
    yield Permission(("s3:ListBucket",), (arn,), LOOK, only)


def _publishing(topic: str, spec: Spec, scope: Scope) -> Iterator[Permission]:
    """The key of the environment's own topic: who publishes encrypts (SNS developer guide)."""
    section = spec.section("topic", TopicSection)
    own = topic == scope.arn("sns", topic_name(scope))
    if own and section is not None and section.encryption == OWN_KEY:
        through = {"kms:ViaService": (f"sns.{scope.region}.amazonaws.com",)}
        yield Permission(
            ("kms:Decrypt", "kms:GenerateDataKey*"),
            (scope.arn("kms", "key/*"),),
            LOOK,
            {"StringEquals": {**carrying(scope)["StringEquals"], **through}},
        )
