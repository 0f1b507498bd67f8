"""The three kinds of documents and what may stand in them, assembled from the kinds.

A document has keys of its own (``Inputs``, ``TableHead``, ...) and one section per kind.  The table
kind's section is not under a key: its fields stand in the table's document itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from dynaprov.kinds import KINDS, TAGS
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import Kind
from dynaprov.model.setting import UNDECLARED, Noneable, State
from dynaprov.model.timeouts import TIMEOUTS, written
from dynaprov.spec.fleet_section import FleetEntry
from dynaprov.spec.nodes import Node, Steps
from dynaprov.spec.problems import Problems, at_key, at_value, nearest
from dynaprov.spec.shapes import fields
from dynaprov.spec.validation import Checked, check, unknown_key

Name = Annotated[str, Field(min_length=1)]
Tags = Annotated[
    dict[str, Noneable[str]],
    Field(description="Tags of every resource that takes tags; `none` removes a live one."),
]


def _digits(value: Any) -> Any:
    return str(value) if type(value) is int else value


AccountId = Annotated[
    str,
    BeforeValidator(_digits, json_schema_input_type=str | int),
]


def _action(name: str) -> str:
    """An action that some kind calls.

    Raises:
        ValueError: when no kind does.
    """
    if not any(name in (*kind.reads, *kind.writes) for kind in (TAGS, *KINDS)):
        raise ValueError(f"nothing calls {name}")
    return name


class Limits(State):
    """Quotas of the account that AWS raises on request, and limits of one plan."""

    global_indexes: Annotated[
        int,
        Field(ge=1, le=1000, description="Most global indexes of one table; AWS's default is 20."),
    ] = UNDECLARED
    changed_percent: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="Most tables of 100 existing ones that one plan may change before it is "
            "refused as too much change; 50 where it is left out.",
        ),
    ] = UNDECLARED
    rates: Annotated[
        dict[
            Annotated[str, AfterValidator(_action)],
            Annotated[float, Field(gt=0, le=10_000)],
        ],
        Field(
            description="Calls a second that AWS allows this account, by IAM action, where that is "
            "not the documented figure: `cloudwatch:PutMetricAlarm: 20`."
        ),
    ] = UNDECLARED


class LeaseSection(State):
    """Where the lease stands that `--lease` takes."""

    table: Annotated[
        Name,
        Field(
            description="Name of the table, one of this spec, whose item is the lease. Its "
            "partition key is a string, and it has no sort key; it may hold other items, too."
        ),
    ]
    expires_after_seconds: Annotated[
        int,
        Field(
            ge=30,
            le=3600,
            description="Seconds after which a lease that is not renewed has expired, 30 to 3600; "
            "120 where it is left out. A run renews it three times in that time.",
        ),
    ] = UNDECLARED


class HealSection(State):
    """What `dynaprov drift --heal` may put right."""

    classes: Annotated[
        list[Literal["protection", "pitr", "ttl", "tags", "alarms", "topic", "subscriptions"]],
        Field(
            min_length=1,
            description="What may be put right: deletion protection, point-in-time recovery and "
            "time to live switched on again, tags, and alarms, the topic and its subscriptions "
            "made again.",
        ),
    ]
    after_minutes: Annotated[
        int,
        Field(
            ge=0,
            le=10_080,
            description="Minutes that a finding must have stood, 0 to 10080; 60 where it is left "
            "out. Checks know that from their history.",
        ),
    ] = UNDECLARED
    most: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="Most findings that one check puts right, 1 to 100; 5 where it is left "
            "out.",
        ),
    ] = UNDECLARED


Duration = Annotated[
    str, Field(min_length=2, pattern=r"^([1-9]\d*d)?([1-9]\d*h)?([1-9]\d*m)?([1-9]\d*s)?$")
]


def _timeout(name: str) -> Any:
    row = TIMEOUTS[name]
    text = f"For how long it is waited until {row.what}, such as 90s or 2h; "
    text += f"{written(row.seconds)} where it is left out."
    return Annotated[Duration, Field(alias=name, description=text)], UNDECLARED


_ROWS: dict[str, Any] = {name.replace("-", "_"): _timeout(name) for name in TIMEOUTS}
if TYPE_CHECKING:

    class Timeouts(State):
        """For how long each kind of operation is waited for."""
else:
    Timeouts = create_model("Timeouts", __base__=State, **_ROWS)
    Timeouts.__doc__ = "For how long each kind of operation is waited for."


class Inputs(State, defer_build=True):
    """The inputs: few words at the top level that act on many settings."""

    project_name: Annotated[
        Name, Field(description="Name of the project; every physical name begins with it.")
    ] = UNDECLARED
    billing_mode: Annotated[
        Literal["PAY_PER_REQUEST", "PROVISIONED"],
        Field(description="Billing mode of every table: PAY_PER_REQUEST or PROVISIONED."),
    ] = UNDECLARED
    enable_point_in_time_recovery: Annotated[
        bool,
        Field(
            description="`true`: tables that say nothing of `pitr` get it; `false`: it is "
            "explicitly none for them."
        ),
    ] = UNDECLARED
    backup_retention_days: Annotated[
        int,
        Field(
            ge=1,
            le=35,
            description="Days that point-in-time recovery reaches back, 1 to 35, for tables that "
            "do not say it themselves.",
        ),
    ] = UNDECLARED
    enable_streams: Annotated[
        bool,
        Field(
            description="`true`: tables that say nothing of `stream` get NEW_AND_OLD_IMAGES; "
            "`false`: it is explicitly none for them."
        ),
    ] = UNDECLARED
    enable_ttl: Annotated[
        bool,
        Field(description="`false`: time to live is explicitly none for every table."),
    ] = UNDECLARED
    enable_cloudwatch_alarms: Annotated[
        bool, Field(description="`false`: no alarms are declared.")
    ] = UNDECLARED
    kms_deletion_window: Annotated[
        int,
        Field(
            ge=7,
            le=30,
            description="Days between the retirement of the KMS key and its end, 7 to 30, where "
            "`kms_key` does not say it.",
        ),
    ] = UNDECLARED


class Head(Inputs):
    """What project and environment may both say."""

    region: Annotated[Name, Field(description="AWS region, such as us-east-1.")] = UNDECLARED
    tags: Tags = UNDECLARED
    limits: Annotated[Limits, Field(description="Quotas of the account that AWS raised.")] = (
        UNDECLARED
    )
    lease: Annotated[
        LeaseSection, Field(description="Where the lease stands that `--lease` takes.")
    ] = UNDECLARED
    heal: Annotated[
        HealSection, Field(description="What `dynaprov drift --heal` may put right by itself.")
    ] = UNDECLARED
    timeouts: Annotated[
        Timeouts,
        Field(description="For how long each kind of operation is waited for."),
    ] = UNDECLARED
    stamp: Annotated[
        bool,
        Field(
            description="Whether resources carry a tag that says what was last applied; without "
            "it drift and pending changes cannot be told apart."
        ),
    ] = UNDECLARED


class ProjectHead(Head):
    """The project's own keys."""

    default_environment: Annotated[
        Name, Field(description="Environment that is meant when none is named.")
    ] = UNDECLARED
    accounts: Annotated[
        dict[str, AccountId],
        Field(description="Account id of each environment; any other account is refused."),
    ] = UNDECLARED
    fleet: Annotated[
        list[FleetEntry],
        Field(description="Which environments stand in which accounts and regions: `--env all`."),
    ] = UNDECLARED


class EnvironmentHead(Head):
    """The environment's own keys."""

    allow_destroy: Annotated[
        bool, Field(description="Whether `dynaprov destroy` may be used here.")
    ] = UNDECLARED


class TableHead(State):
    """The table's keys that belong to no kind."""

    table: Annotated[
        Name, Field(description="Name of the table; it must be the name of the file.")
    ] = UNDECLARED
    description: Annotated[str, Field(description="What the table is for.")] = UNDECLARED
    retention_days: Annotated[
        int,
        Field(
            ge=1,
            description="Days that an item is kept. Applications compute the expiry time from it; "
            "`dynaprov outputs` hands it on.",
        ),
    ] = UNDECLARED


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which sections there are, by key; ``table`` is the section without a key."""

    table: type[State] | None = None
    table_sections: Mapping[str, type[State]] = field(default_factory=dict)
    environment_sections: Mapping[str, type[State]] = field(default_factory=dict)


@cache
def grammar(kinds: Sequence[Kind] = KINDS) -> Grammar:
    """The grammar of these kinds."""
    table, per_table, per_environment = None, {}, {}
    for kind in kinds:
        if kind.section is not None and not kind.per_table:
            per_environment[kind.section_name] = kind.section
        elif kind.section is not None and kind.section_name:
            per_table[kind.section_name] = kind.section
        elif kind.section is not None:
            table = kind.section
        if kind.environment_section is not None:
            per_environment[kind.environment_section_name] = kind.environment_section
    return Grammar(table, per_table, per_environment)


@dataclass(slots=True)
class Validated:
    """A document after validation: its sections and heads as states, and every problem.

    ``faulty`` are the paths of values that must go before the document is valid.
    """

    sections: dict[str, State | None] = field(default_factory=dict)
    heads: dict[type[State], State] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    faulty: list[Steps] = field(default_factory=list)

    def take(self, checked: Checked, at: Steps) -> State | None:
        """Note the problems of a part; its state, if it is valid."""
        self.problems.extend(checked.problems)
        self.faulty.extend((*at, *path) for path in checked.faulty)
        return checked.state


def check_table(node: Node, words: Grammar, at: Steps = (), *, partial: bool = False) -> Validated:
    """Validate a table's document; ``at`` is where it stands in its file."""
    found = Validated()
    heads = (TableHead, words.table) if words.table else (TableHead,)
    _check(found, node, heads, words.table_sections, {}, at, partial)
    return found


def check_environment(
    node: Node, words: Grammar, tables: Iterable[str] | None = None, *, partial: bool = False
) -> Validated:
    """Validate an environment's document, with the tables' parts in it when it is a layer."""
    found = Validated()
    further = {"defaults": None, "tables": None} if partial else {}
    _check(found, node, (EnvironmentHead,), words.environment_sections, further, (), partial)
    _check_defaults(found, node, words)
    parts = node.get("tables")
    if parts is None or not partial:
        return found
    if parts.mapping is None:
        found.problems.append(_not_a_mapping(parts, ("tables",)))
        return found
    for name, part in parts.mapping.items():
        at = ("tables", name)
        if found.problems.full:
            break
        if tables is not None and name not in tables:
            found.problems.append(unknown_table(part, name, tables))
        elif part.mapping is None:
            found.problems.append(_not_a_mapping(part, at))
        else:
            found.problems.extend(check_table(part, words, at, partial=True).problems)
    return found


def check_project(node: Node, words: Grammar) -> Validated:
    """Validate the project's document."""
    found = Validated()
    further = {"defaults": None}
    _check(found, node, (ProjectHead,), words.environment_sections, further, (), True)
    _check_defaults(found, node, words)
    return found


def _check_defaults(found: Validated, node: Node, words: Grammar) -> None:
    defaults = node.get("defaults")
    if defaults is None:
        return
    if defaults.mapping is None:
        found.problems.append(_not_a_mapping(defaults, ("defaults",)))
        return
    found.problems.extend(check_table(defaults, words, ("defaults",), partial=True).problems)


def _check(
    found: Validated,
    node: Node,
    heads: Sequence[type[State]],
    sections: Mapping[str, type[State]],
    further: Mapping[str, None],
    at: Steps,
    partial: bool,
) -> None:
    """Deal the keys of a document out to its heads and sections, and validate each."""
    mapping = node.mapping
    if mapping is None:
        found.problems.append(_not_a_mapping(node, at))
        return
    parts: dict[type[State], dict[str, Node]] = {head: {} for head in heads}
    for key, value in mapping.items():
        if key in sections:
            _section(found, key, sections[key], value, at, partial)
            continue
        owners = [head for head in heads if key in fields(head)]
        for head in owners:
            parts[head][key] = value
        if not owners and key not in further and not found.problems.full:
            known = [*(k for head in heads for k in fields(head)), *sections, *further]
            found.problems.append(unknown_key(value, (*at, key), known))
            found.faulty.append((*at, key))
    for head, part in parts.items():
        state = found.take(check(head, node.with_value(part), at, partial=partial), at)
        if state is not None:
            found.heads[head] = state


def _section(
    found: Validated, key: str, model: type[State], node: Node, at: Steps, partial: bool
) -> None:
    if node.is_none:
        found.sections[key] = None
        return
    where = (*at, key)
    state = found.take(check(model, node, where, partial=partial), where)
    if state is not None:
        found.sections[key] = state


def _not_a_mapping(node: Node, at: Steps) -> Diagnostic:
    name = f"`{'.'.join(map(str, at))}`" if at else "the document"
    detail = f"{name} must be a mapping, keys with values"
    return at_value("DP111", node, detail, "write `key: value` lines")


def unknown_table(node: Node, name: str, tables: Iterable[str]) -> Diagnostic:
    """The problem of a part of a table that has no file."""
    detail = f"there is no table `{name}`: no file `tables/{name}.yaml`"
    return at_key("DP118", node, detail, nearest(name, tables))
