"""Corrections of the tagging API: whole pages, tokens that can be used again, IAM policies.

Lives here: GetResources. Must not live here: its lag, and the tags themselves.

moto fills a page until it holds 100 tags, whatever the page size asked for, and its tokens die when
used. Here a listing is taken once, under the lock, and its pages are cut from that.
"""

from collections import OrderedDict
from typing import Any

from moto.core.resource_tagging import (
    TaggedResource,
    iter_taggable_backends,
    make_tag_matcher,
    match_resource_type,
)
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.resourcegroupstaggingapi.exceptions import ResourceGroupsTaggingAPIError
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.resourcegroupstaggingapi.responses import ResourceGroupsTaggingAPIResponse

from dynaprov.local.corrections.patches import Patches

PATCHES = Patches()

_REMEMBERED = 64  # listings whose pages can still be asked for
_HOME_OF_IAM = "us-east-1"


@PATCHES.around(ResourceGroupsTaggingAPIResponse, "get_resources")
def _get_resources(original: Any, response: Any) -> Any:
    response.backend.limits_tags = response._get_param("TagsPerPage") is not None
    answer = original(response)
    # AWS ends a listing with an empty token; moto leaves it out.
    answer.result["PaginationToken"] = answer.result["PaginationToken"] or ""
    return answer


@PATCHES.around(ResourceGroupsTaggingAPIBackend, "get_resources")
def _page_of_resources(
    _original: Any,
    backend: Any,
    pagination_token: str | None = None,
    resources_per_page: int = 50,
    tags_per_page: int = 100,
    tag_filters: list[dict[str, Any]] | None = None,
    resource_type_filters: list[str] | None = None,
    resource_arn_list: list[str] | None = None,
) -> tuple[str | None, list[TaggedResource]]:
    listings: OrderedDict[str, list[TaggedResource]] = backend.__dict__.setdefault(
        "listings", OrderedDict()
    )
    if pagination_token:
        listing, _, position = pagination_token.partition(":")
        if listing not in listings or not position.isdigit():
            raise ResourceGroupsTaggingAPIError(
                "PaginationTokenExpiredException", "Token does not exist"
            )
        start = int(position)
    else:
        listing, start = str(mock_random.uuid4()), 0
        listings[listing] = _matching(
            backend, tag_filters, resource_type_filters, resource_arn_list
        )
        while len(listings) > _REMEMBERED:
            listings.popitem(last=False)

    rest = listings[listing][start : start + resources_per_page]
    if getattr(backend, "limits_tags", False):
        rest = _within(rest, tags_per_page)
    end = start + len(rest)
    return f"{listing}:{end}" if end < len(listings[listing]) else None, rest


def _within(resources: list[TaggedResource], most: int) -> list[TaggedResource]:
    total = 0
    for position, resource in enumerate(resources):
        total += max(len(resource.tags), 1)
        if total > most and position:
            return resources[:position]
    return resources


def _matching(
    backend: Any,
    tag_filters: list[dict[str, Any]] | None,
    types: list[str] | None,
    arns: list[str] | None,
) -> list[TaggedResource]:
    services = {each.partition(":")[0] for each in types or ()}
    wanted = set(arns or ())
    matches = make_tag_matcher(tag_filters)
    return [
        resource
        for service, resources in _resources(backend)
        if not services or service in services
        for resource in resources()
        if resource.tags
        and match_resource_type(resource.resource_type, types)
        and matches(resource.tags)
        and (not wanted or resource.arn in wanted)
    ]


def _resources(backend: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [
        (each.SERVICE_NAMESPACE, each.iter_tagged_resources)
        for each in iter_taggable_backends(backend.account_id, backend.region_name)
    ]
    if backend.region_name == _HOME_OF_IAM:
        found.append(("iam", lambda: _policies(backend)))
    return found


def _policies(backend: Any) -> list[TaggedResource]:
    # moto has no IAM resources here; AWS has them in the home region of IAM.
    policies = iam_backends[backend.account_id][backend.partition].managed_policies
    return [
        TaggedResource(
            arn, {tag["Key"]: tag["Value"] for tag in policy.tags.values()}, "iam:policy"
        )
        for arn, policy in policies.items()
        if policy.tags
    ]
