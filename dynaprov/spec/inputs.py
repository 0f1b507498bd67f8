"""The inputs: words at the top level of project and environment that act on many settings.

``billing_mode`` is a default for tables and acts within its layer.  The switches act on the
resolved tables: a table's own word wins, but for ``enable_ttl: false``, which is the environment's.
An input that no file declares does nothing.
"""

from __future__ import annotations

from dynaprov.spec.layers import entry, merged
from dynaprov.spec.nodes import Node

ALARM_SECTIONS = ("alarms", "account_alarms")


def table_defaults(document: Node | None) -> Node | None:
    """What a layer's document says of every table: ``defaults:`` and ``billing_mode``."""
    defaults = entry(document, "defaults")
    mode = document.get("billing_mode") if document else None
    if mode is None or document is None:
        return defaults
    return merged(document.with_value({"billing_mode": mode}), defaults)


def switched_table(table: Node, environment: Node) -> Node:
    """A resolved table document after the switches of its environment."""
    entries = dict(table.mapping or {})
    _ttl(entries, environment)
    _recovery(entries, environment)
    _stream(entries, environment)
    if _says(environment, "enable_cloudwatch_alarms") is False:
        entries.pop("alarms", None)
    return table.with_value(entries)


def switched_environment(environment: Node) -> Node:
    """A resolved environment document after its own switches."""
    entries = dict(environment.mapping or {})
    window, key = environment.get("kms_deletion_window"), entry(environment, "kms_key")
    if window is not None and key is not None:
        said = key.with_value({"deletion_window_days": window})
        entries["kms_key"] = key.with_value({**(said.mapping or {}), **(key.mapping or {})})
    if _says(environment, "enable_cloudwatch_alarms") is False:
        entries.pop("account_alarms", None)
    return environment.with_value(entries)


def _says(environment: Node, name: str) -> object:
    node = environment.get(name)
    return node.value if node is not None else None


def _none(switch: Node) -> Node:
    return switch.with_value("none")


def _ttl(entries: dict[str, Node], environment: Node) -> None:
    switch = environment.get("enable_ttl")
    if switch is not None and switch.value is False:
        entries["ttl"] = _none(switch)


def _recovery(entries: dict[str, Node], environment: Node) -> None:
    switch = environment.get("enable_point_in_time_recovery")
    days = environment.get("backup_retention_days")
    if "pitr" not in entries and switch is not None:
        if switch.value is False:
            entries["pitr"] = _none(switch)
        elif switch.value is True:
            entries["pitr"] = switch.with_value({"enabled": switch})
    pitr = entries.get("pitr")
    section = pitr.mapping if pitr is not None else None
    if pitr is None or section is None or days is None or "recovery_period_days" in section:
        return
    enabled = section.get("enabled")
    if enabled is None or enabled.value is True:
        entries["pitr"] = pitr.with_value({**section, "recovery_period_days": days})


def _stream(entries: dict[str, Node], environment: Node) -> None:
    switch = environment.get("enable_streams")
    if switch is None or "stream" in entries:
        return
    if isinstance(switch.value, bool):
        wanted = "NEW_AND_OLD_IMAGES" if switch.value else "none"
        entries["stream"] = switch.with_value(wanted)
