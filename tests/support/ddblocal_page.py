"""docs/reference/dynamodb-local.md: what was tested on DynamoDB Local, and how it differs.

The first table follows from the names of the tests that passed there; the second is written here,
each row with the test that shows it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from pathlib import Path

from support.ddblocal import HERE, version

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "dynamodb-local.md"
NOTE = "<!-- Written by the tests on it: `tox -e ddblocal -- --update-golden`. -->\n"

#: The files of tests that say something of dynaprov, in the order of the page.
FILES = ("test_tables", "test_indexes", "test_refusals", "test_program")

#: How it differs from AWS, what dynaprov does there, and the test that shows it.
DIFFERENCES: tuple[tuple[str, str, str], ...] = (
    (
        "It knows no accounts (STS).",
        "The account is 000000000000; an environment that is pinned to another one is refused.",
        "test_a_pinned_account_is_not_the_one_of_an_endpoint_without_accounts",
    ),
    (
        "It has no KMS, SNS, CloudWatch, Application Auto Scaling, IAM, EC2 and tagging API.",
        "Keys, topics, alarms and the like are *not compared*; tables are made without the "
        "environment's key.",
        "test_dev_is_made_on_it_alone_and_what_it_lacks_is_not_compared",
    ),
    (
        "It has no tags: it drops those of a creation and knows no TagResource.",
        "Tags are *not compared*. There is no stamp, so the cause of a difference is unknown.",
        "test_what_it_lacks_is_not_supported_rather_than_at_fault",
    ),
    (
        "It has no point-in-time recovery, backups and Contributor Insights.",
        "They are *not compared*; `destroy` takes no final backup of a table that lives there.",
        "test_an_environment_is_destroyed_with_its_protected_table",
    ),
    (
        "It drops the key and the class of a table.",
        "They are *not compared* where they differ, and not sent again.",
        "test_key_and_class_that_are_not_kept_are_not_compared_and_never_sent_again",
    ),
    (
        "It wants both on-demand limits in every call, where AWS takes one.",
        "The call fails; declare both.",
        "test_one_limit_alone_is_refused_though_aws_takes_it",
    ),
    (
        "It keeps the on-demand limits that an index was made with.",
        "Other ones are sent and stay left over: exit code 4.",
        "test_other_limits_of_a_live_index_stay_left_over",
    ),
    (
        "A table is ACTIVE at once, and stays so while an index is built.",
        "Waits look at the index itself.",
        "test_an_index_that_somebody_else_builds_is_waited_for",
    ),
    (
        "It has no clocks and budgets: time to live, decreases and billing modes change at will.",
        "Nothing is deferred.",
        "test_time_to_live_is_switched_on_moved_and_off",
    ),
)


def files_of_tests() -> Mapping[str, tuple[str, list[str]]]:
    """Every file of tests by its name: the first line of its docstring, and its tests."""
    found = {}
    for name in FILES:
        tree = ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))
        title = (ast.get_docstring(tree) or "").partition("\n")[0]
        functions = [
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        found[name] = (title, functions)
    return found


def page(passed: Collection[str] | None = None) -> str:
    """The page, with the tests that passed; with every test when nothing is said."""
    parts = [
        "# DynamoDB Local\n",
        NOTE,
        f"DynamoDB Local {version()} (`software.amazon.dynamodb:DynamoDBLocal`) is AWS's own "
        "DynamoDB for a developer's machine. How to run dynaprov against it is told in "
        "[run against DynamoDB Local](../how-to/run-against-dynamodb-local.md).\n",
        "## What is *tested on DynamoDB Local*\n",
        "Each sentence is a test that passed there.\n",
    ]
    for title, functions in files_of_tests().values():
        rows = [f"- {sentence(each)}" for each in functions if passed is None or each in passed]
        if rows:
            parts.append(f"{title}\n")
            parts.append("\n".join(rows) + "\n")
    parts.append("## How it differs from AWS\n")
    rows = [f"| {what} | {does} |" for what, does, _ in DIFFERENCES]
    head = "| DynamoDB Local | dynaprov there |\n|---|---|\n"
    parts.append(head + "\n".join(rows) + "\n")
    parts.append(
        "Everything else that AWS does and DynamoDB Local does not is told in "
        "[what is true of AWS](../explanation/aws-truth.md).\n"
    )
    return "\n".join(parts)


def sentence(test: str) -> str:
    """What a test says, as a sentence."""
    words = test.removeprefix("test_").replace("_", " ").replace("aws", "AWS")
    return f"{words[0].upper()}{words[1:]}."


def claimed(text: str) -> set[str]:
    """The sentences of a page about what was tested."""
    return {line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")}
