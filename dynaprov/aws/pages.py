"""How each listing API pages: which member of its answer goes into which parameter of the next.

By hand instead of botocore's paginators: those lack some APIs, load one more model file for each
service, and loop or raise where an endpoint repeats a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dynaprov.model.ports import Read

NO_TOKEN = ""

#: A listing longer than this is a defect of the endpoint: 10,000 pages of 100.
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Paging:
    """The names that carry the token.

    ``more`` is the member that says whether there is another page, where the token's absence does
    not (IAM and KMS: the marker may only be used when it is true).
    """

    request: str
    answer: str
    more: str = ""

    def next_token(self, value: Mapping[str, Any]) -> str:
        """The token of the next page, or ``NO_TOKEN``."""
        if self.more and not value.get(self.more):
            return NO_TOKEN
        return str(value.get(self.answer) or NO_TOKEN)


_NEXT_TOKEN = Paging("NextToken", "NextToken")

#: By service; a method of its own stands in ``_OF_METHOD``.
_OF_SERVICE: Mapping[str, Paging] = {
    "application-autoscaling": _NEXT_TOKEN,
    "cloudwatch": _NEXT_TOKEN,
    "cloudtrail": _NEXT_TOKEN,
    "ec2": _NEXT_TOKEN,
    "pricing": _NEXT_TOKEN,
    "sns": _NEXT_TOKEN,
    "resourcegroupstaggingapi": Paging("PaginationToken", "PaginationToken"),
    "kms": Paging("Marker", "NextMarker", more="Truncated"),
    "iam": Paging("Marker", "Marker", more="IsTruncated"),
}

_OF_METHOD: Mapping[tuple[str, str], Paging] = {
    ("dynamodb", "list_tables"): Paging("ExclusiveStartTableName", "LastEvaluatedTableName"),
    ("dynamodb", "list_backups"): Paging("ExclusiveStartBackupArn", "LastEvaluatedBackupArn"),
    ("dynamodb", "list_tags_of_resource"): _NEXT_TOKEN,
    # May answer dozens of empty pages with a token, and has no paginator in botocore.
    ("dynamodb", "list_contributor_insights"): _NEXT_TOKEN,
    ("dynamodb", "list_exports"): _NEXT_TOKEN,
    ("dynamodb", "list_imports"): _NEXT_TOKEN,
    ("dynamodb", "list_global_tables"): Paging(
        "ExclusiveStartGlobalTableName", "LastEvaluatedGlobalTableName"
    ),
}


def paging_of(read: Read) -> Paging | None:
    """How the read pages; ``None`` when its API does not."""
    return _OF_METHOD.get((read.service, read.method)) or _OF_SERVICE.get(read.service)


def once(value: Any, texts: dict[str, str]) -> Any:
    """The same value with every text in it held once; lists and mappings are changed in place.

    The pages of a long listing say the same few things thousands of times, and each is a text of
    its own when it is decoded.

    Args:
        value: a decoded answer, or a part of one.
        texts: the texts so far.
    """
    if type(value) is str:
        return texts.setdefault(value, value)
    if type(value) is dict:
        for name, each in value.items():
            value[name] = once(each, texts)
    elif type(value) is list:
        value[:] = [once(each, texts) for each in value]
    return value
