"""The kinds of resources, one file each, and the one list of them.

To add a kind, write its file and add its line here (docs/contributing/adding-a-kind.md).  The order
is the order in which kinds are shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from dynaprov.kinds import (
    access_policy,
    alarm,
    dashboard,
    insights,
    kms_key,
    pitr,
    scaling,
    table,
    tags,
    topic,
    ttl,
    vpc_endpoint,
)
from dynaprov.model.kind import Kind

KINDS: tuple[Kind, ...] = (
    kms_key.KIND,
    topic.KIND,
    table.KIND,
    ttl.KIND,
    pitr.KIND,
    scaling.KIND,
    insights.KIND,
    alarm.KIND,
    dashboard.KIND,
    access_policy.KIND,
    vpc_endpoint.KIND,
)

#: Tags are compared for every kind that has them, after everything else was read.
TAGS = tags.TagsKind(KINDS)

KIND_BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in (*KINDS, TAGS)}
