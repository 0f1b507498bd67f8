"""The project's fleet: which environments stand in which accounts and regions."""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import SpecInvalid
from dynaprov.model.fleet import Member, Role
from dynaprov.spec.fleet_section import ACCOUNT, FleetEntry
from dynaprov.spec.load import SpecFiles
from dynaprov.spec.names import check_region
from dynaprov.spec.nodes import Node
from dynaprov.spec.problems import at_value, in_order, nearest
from dynaprov.spec.validation import check


def members_of(files: SpecFiles) -> tuple[Member, ...]:
    """The fleet of a project: what its file says, else every environment where it is.

    Raises:
        SpecInvalid: with every problem of the section.
    """
    section = files.project.get("fleet")
    tables = len(files.tables)
    if section is None:
        return tuple(Member(name, tables=tables) for name in sorted(files.environments))
    found: dict[tuple[str, str, str], Member] = {}
    problems: list[Diagnostic] = []
    for node in section.value if isinstance(section.value, list) else ():
        checked = check(FleetEntry, node, ("fleet",))
        problems.extend(checked.problems)
        if not isinstance(checked.state, FleetEntry):
            continue
        problems.extend(_unknown(node, files))
        problems.extend(_places(node, checked.state))
        for member in _members(checked.state, tables):
            where = (member.environment, member.account, member.region)
            if where in found:
                detail = f"`{member}` is in the fleet twice"
                problems.append(at_value("DP103", node, detail, "leave it out of one of them"))
            found[where] = member
    if problems:
        raise SpecInvalid(in_order(problems))
    return tuple(found[where] for where in sorted(found))


def _members(entry: FleetEntry, tables: int) -> Iterator[Member]:
    tags = entry.session_tags if entry.declared("session_tags") else {}
    for environment in entry.environments:
        for account in entry.accounts if entry.declared("accounts") else [""]:
            role = None
            if entry.declared("role"):
                external = entry.external_id if entry.declared("external_id") else ""
                arn = entry.role.replace(ACCOUNT, account)
                role = Role(arn, external, tuple(sorted(tags.items())))
            for region in entry.regions if entry.declared("regions") else [""]:
                yield Member(environment, account, region, role, tables)


def _unknown(node: Node, files: SpecFiles) -> Iterator[Diagnostic]:
    names = node.get("environments")
    for each in names.value if names and isinstance(names.value, list) else ():
        if isinstance(each, Node) and str(each.value) not in files.environments:
            detail = f"there is no file `environments/{each.value}.yaml`"
            yield at_value("DP117", each, detail, nearest(str(each.value), files.environments))


def _places(node: Node, entry: FleetEntry) -> Iterator[Diagnostic]:
    regions = node.get("regions")
    for each in regions.value if regions and isinstance(regions.value, list) else ():
        if isinstance(each, Node):
            yield from check_region(each)
    role, accounts = node.get("role"), node.get("accounts")
    several = entry.declared("accounts") and len(entry.accounts) > 1
    if role is not None and ACCOUNT in str(role.value) and accounts is None:
        detail = "`role` has the word `{account}`, and no `accounts` are named"
        yield at_value("DP115", role, detail, "name the accounts")
    if accounts is not None and several and (role is None or ACCOUNT not in str(role.value)):
        detail = "several accounts cannot be reached by the same credentials"
        hint = "write `role: arn:aws:iam::{account}:role/NAME`"
        yield at_value("DP115", accounts, detail, hint)
