"""Where a policy is for, known without asking AWS.  Pure."""

from __future__ import annotations

from dynaprov.model.kind import Scope
from dynaprov.model.spec import Spec

#: Partitions by how their regions begin (AWS general reference, "Amazon Resource Names").
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}

#: What stands in an ARN for an account that nobody has named: any.
ANY_ACCOUNT = "*"


def scope_of(spec: Spec, *, region: str = "", account: str = "") -> Scope:
    """The scope of a spec in the named region and account, else in those that the spec says.

    Raises:
        ValueError: when neither says a region.
    """
    where = region or spec.region
    if not where:
        raise ValueError("neither the spec nor `--region` says a region")
    partition = next((name for lead, name in _PARTITIONS.items() if where.startswith(lead)), "aws")
    return Scope(
        spec.project, spec.environment, account or spec.account or ANY_ACCOUNT, where, partition
    )
