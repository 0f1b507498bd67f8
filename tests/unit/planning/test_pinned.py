"""Whether we are where the spec says that we must be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Refused
from dynaprov.planning.pinned import check_pinned
from support.specs import spec

ACCOUNT = "555555555555"
PINNED = replace(spec(), account=ACCOUNT, region="eu-west-1")


def refused(account: str, region: str) -> Diagnostic:
    with pytest.raises(Refused) as caught:
        check_pinned(PINNED, account, region)
    [diagnostic] = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize("found", ["111111111111", "999999999999"])
def test_another_account_is_refused_and_other_credentials_help(found: str) -> None:
    diagnostic = refused(found, "eu-west-1")

    assert diagnostic.summary == "this is the wrong account"
    assert diagnostic.detail == (
        f"environment `dev` belongs to account {ACCOUNT}, but this is {found}"
    )
    assert diagnostic.hint == f"use credentials of account {ACCOUNT} (`--profile`, AWS_PROFILE)"


@pytest.mark.parametrize("found", ["ap-south-1", "us-east-1"])
def test_another_region_is_refused_and_the_option_or_the_spec_is_to_change(found: str) -> None:
    diagnostic = refused(ACCOUNT, found)

    assert diagnostic.summary == "this is the wrong region"
    assert diagnostic.hint == f"leave out `--region`, or change the spec's region to {found}"


def test_where_the_spec_says_is_right() -> None:
    check_pinned(PINNED, ACCOUNT, "eu-west-1")


def test_a_spec_that_is_not_pinned_is_right_everywhere() -> None:
    check_pinned(replace(PINNED, account="", region=""), "111111111111", "us-east-1")
