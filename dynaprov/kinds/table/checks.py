"""Rules of a valid table that span several settings.

Sources: CreateTable, KeySchemaElement, Projection and the quotas page of the DynamoDB developer
guide.  Rules of a single value are on the fields in ``state``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from dynaprov.kinds.table.creation import index_keys, local_keys
from dynaprov.kinds.table.state import PROVISIONED, Key, TableSection
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.source import Origin
from dynaprov.model.spec import Spec, TableSpec, origins_below

LOCAL_INDEXES = 5
GLOBAL_INDEXES = 20  # raised by AWS on request: `limits.global_indexes` in the project file
PROJECTED_ATTRIBUTES = 100


def check_tables(spec: Spec) -> Iterator[Diagnostic]:
    """All problems of all tables."""
    most = spec.limits.get("global_indexes", GLOBAL_INDEXES)
    for name, table in spec.tables.items():
        section = table.section("", TableSection)
        assert section is not None
        for check in (_keys, _types, _capacity, _indexes, _local_indexes, _projected, _attributes):
            yield from check(name, table, section)
        declared = [n for n, index in (section.indexes or {}).items() if index is not None]
        if len(declared) > most:
            yield _problem(
                "DP156",
                "too many global indexes",
                f"table `{name}` has {len(declared)} global indexes; the limit is {most}",
                table,
                "indexes",
                "AWS raises the limit on request; then write it under `limits.global_indexes` in "
                "the project file",
            )


def typed(key: Key, section: TableSection) -> Key:
    """The key with its type: its own word, else that of ``attributes``, else a string."""
    attributes = section.attributes or {}
    if key.declared("type") or key.name not in attributes:
        return key
    return Key(name=key.name, type=attributes[key.name])


def section_keys(section: TableSection) -> Iterator[tuple[str, Key]]:
    """Every key of the table and its indexes, with the path where it is written."""
    if section.partition_key:
        yield "partition_key", section.partition_key
    if section.sort_key:
        yield "sort_key", section.sort_key
    for name, index in (section.indexes or {}).items():
        if index is not None:
            yield from ((f"indexes.{name}", key) for key in index_keys(index))
    for name, local in (section.local_indexes or {}).items():
        yield from ((f"local_indexes.{name}", key) for key in local_keys(local))


def _problem(
    code: str, summary: str, detail: str, table: TableSpec, path: str, hint: str
) -> Diagnostic:
    origin = _origin(table, path)
    return Diagnostic(
        code,
        summary,
        detail,
        hint,
        position=origin.position if origin else None,
        address=table.name,
    )


def _origin(table: TableSpec, path: str) -> Origin | None:
    while path:
        if path in table.origins:
            return table.origins[path]
        below = origins_below(table.origins, path)
        if below:
            return min(below.values(), key=lambda origin: origin.position)
        path = path.rpartition(".")[0]
    return table.origins.get("")


def _keys(name: str, table: TableSpec, section: TableSection) -> Iterable[Diagnostic]:
    if section.partition_key is None:
        yield _problem(
            "DP150",
            "table without a partition key",
            f"table `{name}` declares no `partition_key`",
            table,
            "",
            "add `partition_key: <attribute>`",
        )


def _types(name: str, table: TableSpec, section: TableSection) -> Iterable[Diagnostic]:
    seen: dict[str, tuple[str, str]] = {}
    for path, bare in section_keys(section):
        key = typed(bare, section)
        kind, where = seen.setdefault(key.name, (key.type, path))
        if kind != key.type:
            yield _problem(
                "DP153",
                "key attribute with two types",
                f"attribute `{key.name}` of table `{name}` is {kind} in `{where}` and {key.type} "
                f"in `{path}`",
                table,
                path,
                "give the attribute one type wherever it is a key",
            )


def _capacity(name: str, table: TableSpec, section: TableSection) -> Iterable[Diagnostic]:
    if section.billing_mode != PROVISIONED:
        return
    scaling = table.sections.get("scaling")
    missing = [
        dimension
        for dimension in ("read", "write")
        if getattr(section.capacity, dimension, None) is None
        and getattr(scaling, dimension, None) is None
    ]
    if missing:
        yield _problem(
            "DP151",
            "provisioned table without capacity",
            f"table `{name}` is PROVISIONED and declares no {' and no '.join(missing)} capacity",
            table,
            "billing_mode",
            "add `capacity: {read: 5, write: 5}`, or `scaling` for the table",
        )


def _indexes(name: str, table: TableSpec, section: TableSection) -> Iterable[Diagnostic]:
    for index_name, index in (section.indexes or {}).items():
        for setting in ("partition_key", "projection"):
            if index is not None and getattr(index, setting) is None:
                yield _problem(
                    "DP152",
                    "incomplete index",
                    f"index `{index_name}` of table `{name}` declares no `{setting}`",
                    table,
                    f"indexes.{index_name}",
                    "add `projection: ALL`"
                    if setting == "projection"
                    else "add `partition_key: <attribute>`",
                )


def _local_indexes(name: str, table: TableSpec, section: TableSection) -> Iterable[Diagnostic]:
    local = section.local_indexes or {}
    for index_name, index in local.items():
        for setting in ("sort_key", "projection"):
            if getattr(index, setting) is None:
                yield _problem(
                    "DP152",
                    "incomplete index",
                    f"local index `{index_name}` of table `{name}` declares no `{setting}`",
                    table,
                    f"local_indexes.{index_name}",
                    f"add `{setting}`",
                )
        if index_name in (section.indexes or {}):
            yield _problem(
                "DP154",
                "index name used twice",
                f"table `{name}` has a global and a local index named `{index_name}`",
                table,
                f"local_indexes.{index_name}",
                "give one of them another name",
            )
    if local and not section.sort_key:
        yield _problem(
            "DP157",
            "local index on a table without a sort key",
            f"table `{name}` has local indexes but no `sort_key`",
            table,
            "local_indexes",
            "local indexes need a table with partition key and sort key; use a global index",
        )
    if len(local) > LOCAL_INDEXES:
        yield _problem(
            "DP155",
            "too many local indexes",
            f"table `{name}` has {len(local)} local indexes; AWS allows {LOCAL_INDEXES}",
            table,
            "local_indexes",
            "use global indexes for the others",
        )


def _projected(name: str, table: TableSpec, section: TableSection) -> Iterable[Diagnostic]:
    lists = [
        index.projection
        for index in (
            *(section.indexes or {}).values(),
            *(section.local_indexes or {}).values(),
        )
        if index is not None and isinstance(index.projection, tuple)
    ]
    total = sum(len(each) for each in lists)
    if total > PROJECTED_ATTRIBUTES:
        yield _problem(
            "DP158",
            "too many projected attributes",
            f"the indexes of table `{name}` list {total} attributes; AWS allows "
            f"{PROJECTED_ATTRIBUTES} over all indexes of a table",
            table,
            "indexes",
            "use `projection: ALL` where most attributes are listed",
        )


def _attributes(name: str, table: TableSpec, section: TableSection) -> Iterable[Diagnostic]:
    if not section.attributes:
        return
    used = {key.name: path for path, key in section_keys(section)}
    for attribute in section.attributes:
        if attribute not in used:
            yield _problem(
                "DP159",
                "attributes and keys disagree",
                f"`attributes` of table `{name}` lists `{attribute}`, which no key uses",
                table,
                f"attributes.{attribute}",
                "remove it: only key attributes are declared",
            )
    for attribute, path in used.items():
        if attribute not in section.attributes:
            near = get_close_matches(attribute, section.attributes, 1)
            yield _problem(
                "DP159",
                "attributes and keys disagree",
                f"`{path}` of table `{name}` uses `{attribute}`, which `attributes` does not list",
                table,
                path,
                f"did you mean `{near[0]}`?" if near else f"add `{attribute}` to `attributes`",
            )
