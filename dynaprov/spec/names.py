"""What AWS takes as names and tags, for what project and environment compose.

Sources: CreateTable (table names), CreateAlias (KMS), CreateTopic (SNS), PutDashboard (CloudWatch);
tags: "Tagging your AWS resources".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dynaprov.model.address import ENVIRONMENT_PARTS
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.spec.nodes import Node
from dynaprov.spec.problems import at_key, at_line, at_value, nearest

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")  # what alias, topic and dashboard share
_TABLE = re.compile(r"[A-Za-z0-9_.-]+\Z")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}\Z")
_ACCOUNT = re.compile(r"[0-9]{12}\Z")

LONGEST_TABLE = 255
MOST_TAGS = 50
OWN_TAGS = 5  # dynaprov's own: project, environment, address and two of the stamp


def check_word(node: Node, what: str) -> Iterator[Diagnostic]:
    """A project's or environment's name: every physical name begins with it."""
    if isinstance(node.value, str) and not _WORD.match(node.value):
        detail = f"the {what}'s name is `{node.value}`"
        hint = "use letters, digits, `-` and `_`, beginning with a letter or a digit"
        yield at_value("DP119", node, detail, hint)


def check_environment_name(name: str, node: Node) -> Iterator[Diagnostic]:
    """The name of an environment is its file's."""
    if not _WORD.match(name):
        hint = "rename the file; use letters, digits, `-` and `_`"
        detail = f"the environment's name is `{name}`"
        yield at_line("DP119", node.source, 0, 0, detail, hint)


def check_table_name(name: str, node: Node) -> Iterator[Diagnostic]:
    """The name of a table is its file's."""
    if name in ENVIRONMENT_PARTS:
        detail = f"a table cannot be called `{name}`: addresses use the word"
        yield at_line("DP125", node.source, 0, 0, detail, "rename the file")
    if not _TABLE.match(name):
        detail = f"the table's name is `{name}`"
        hint = "rename the file; AWS takes letters, digits, `-`, `_` and `.`"
        yield at_line("DP119", node.source, 0, 0, detail, hint)


def check_lengths(prefix: str, tables: Mapping[str, Node]) -> Iterator[Diagnostic]:
    """The physical names of tables; those of alarms and policies are known to their kinds."""
    for name, table in tables.items():
        physical = f"{prefix}-{name}"
        if not 3 <= len(physical) <= LONGEST_TABLE:
            detail = f"`{physical}` has {len(physical)} characters; a table's name has 3 to 255"
            yield at_line("DP119", table.source, 0, 0, detail, "shorten project or table name")


def check_region(node: Node) -> Iterator[Diagnostic]:
    """The form of a region; whether AWS has it is not known here."""
    if isinstance(node.value, str) and not _REGION.match(node.value):
        yield at_value("DP121", node, f"`{node.value}` is no region", "such as `us-east-1`")


def check_accounts(node: Node, environments: Mapping[str, Node]) -> Iterator[Diagnostic]:
    """The pinned accounts: 12 digits each, of environments that exist."""
    for name, account in (node.mapping or {}).items():
        if name not in environments:
            detail = f"there is no environment `{name}`: no file `environments/{name}.yaml`"
            yield at_key("DP117", account, detail, nearest(name, environments))
        if isinstance(account.value, str | int) and not _ACCOUNT.match(str(account.value)):
            detail = f"`{account.value}` is no account id"
            yield at_value("DP121", account, detail, "12 digits, in quotes")


def check_tags(node: Node | None) -> Iterator[Diagnostic]:
    """Tags by the rules that all services share."""
    for key, value in ((node.mapping if node else None) or {}).items():
        reason = _key_problem(key)
        if reason:
            yield at_key("DP120", value, f"the tag key `{key}` {reason}", "rename the tag")
        if isinstance(value.value, str) and (reason := _value_problem(value.value)):
            hint = "letters, digits, spaces and _ . : / = + - @"
            yield at_value("DP120", value, f"the value of tag `{key}` {reason}", hint)


def check_tag_count(common: Node | None, own: Node | None, name: str) -> Iterator[Diagnostic]:
    """Not more tags than a resource takes, dynaprov's own included."""
    every = {
        **((common.mapping if common else None) or {}),
        **((own.mapping if own else None) or {}),
    }
    count = sum(1 for value in every.values() if not value.is_none)
    place = own or common
    if place is not None and count > MOST_TAGS - OWN_TAGS:
        detail = f"{name} has {count} tags; AWS takes 50, and dynaprov needs {OWN_TAGS} of them"
        yield at_key("DP120", place, detail, f"leave at most {MOST_TAGS - OWN_TAGS}")


def _key_problem(key: str) -> str:
    if not 1 <= len(key) <= 128:
        return f"has {len(key)} characters; 1 to 128 are possible"
    if key.lower().startswith("aws:"):
        return "begins with `aws:`, which AWS keeps for itself"
    if key.lower().startswith("dynaprov:"):
        return "begins with `dynaprov:`, which dynaprov keeps for itself"
    return _strange(key)


def _value_problem(value: str) -> str:
    if len(value) > 256:
        return f"has {len(value)} characters; at most 256 are possible"
    return _strange(value)


def _strange(text: str) -> str:
    for character in text:
        if not (character.isalnum() or character in " _.:/=+-@"):
            return f"holds {character!r}, which tags cannot"
    return ""
