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
        topic: ARN of an SNS topic; empty for none.
        namespace: CloudWatch namespace of the metrics; empty for none.
        history: where the report before is kept: ``s3://bucket/key``, ``ssm:name``, or a folder,
            which needs nothing of IAM; empty for none.
    """

    topic: str = ""
    namespace: str = ""
    history: str = ""


#: Reports are only printed.
NOWHERE = Targets()


def deliveries(targets: Targets, spec: Spec, scope: Scope) -> Iterator[Permission]:
    """What the deliveries to these targets need.

    Raises:
        ValueError: when the history names no place in S3 or SSM though it begins like one.
    """
    if targets.topic:
        yield Permission(("sns:Publish",), (targets.topic,), LOOK)
        yield from _publishing(targets.topic, spec, scope)
    if targets.namespace:
        only = {"StringEquals": {"cloudwatch:namespace": (targets.namespace,)}}
        yield Permission(("cloudwatch:PutMetricData",), ANY, LOOK, only)
    if targets.history.startswith(S3):
        yield from _s3(targets.history, scope)
    elif targets.history.startswith(SSM):
        name = targets.history.removeprefix(SSM).lstrip("/")
        if not name:
            raise ValueError("`ssm:` names no parameter")
        arn = (scope.arn("ssm", f"parameter/{name}"),)
        yield Permission(("ssm:GetParameter", "ssm:PutParameter"), arn, LOOK)


def _s3(place: str, scope: Scope) -> Iterator[Permission]:
    """One object, or with a slash at the end all below a prefix.

    Without ListBucket S3 says of an object that is not there that it is forbidden (GetObject, S3
    API reference), so that the first report could not be told from one that may not be read.
    """
    bucket, _, key = place.removeprefix(S3).partition("/")
    if not bucket or not key:
        raise ValueError(f"`{place}` names no object: `s3://bucket/key`")
    arn = f"arn:{scope.partition}:s3:::{bucket}"
    below = f"{key}*" if key.endswith("/") else key
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
