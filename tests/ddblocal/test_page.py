"""The page about DynamoDB Local claims what passed in this very run, and nothing else."""

from __future__ import annotations

import pytest

from support.ddblocal_page import PAGE, claimed, files_of_tests, page, sentence


def test_the_page_claims_only_what_passed(
    request: pytest.FixtureRequest, verdicts: dict[str, set[str]], ddblocal: object
) -> None:
    wanted = {name for _, functions in files_of_tests().values() for name in functions}
    if not wanted <= verdicts.keys():
        pytest.skip("only some of the tests ran")
    passed = {name for name in wanted if verdicts[name] == {"passed"}}
    if request.config.getoption("--update-golden"):
        PAGE.write_text(page(passed), encoding="utf-8")

    claims = claimed(PAGE.read_text(encoding="utf-8"))

    assert claims == {sentence(name) for name in passed}
