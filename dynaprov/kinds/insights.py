"""Contributor Insights: which keys of a table or an index are used and throttled most.

Calls: DescribeContributorInsights, ListContributorInsights, UpdateContributorInsights.

Quirks (DynamoDB API reference, UpdateContributorInsights, and measured behaviour):

- A table and each of its global indexes are switched on one by one.
- Switching on without a mode means ACCESSED_AND_THROTTLED_KEYS, whatever it was before: the mode
  is always sent, the live one where the spec declares none.
- FAILED never heals by itself; switching on again tries anew.  Only DescribeContributorInsights
  says why it failed.
- ListContributorInsights covers the account and leaves out what is off.  botocore has no paginator
  for it, and pages may be empty though more follow.  It says that something is as declared; what
  it does not say is described one by one.
- All three calls are limited to 5 per second.
- A table or index that is not ACTIVE yet is refused (ValidationException) or "not found".
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from dynaprov.kinds.indexes import indexes_of, unknown_indexes
from dynaprov.model.address import Address
from dynaprov.model.change import Change
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import Desired, Kind, Observation, Presence, Reading, Scope, Situation
from dynaprov.model.operation import Meaning, Operation, Risk, Wait
from dynaprov.model.permission import ANY, CHANGE, LOOK, Permission
from dynaprov.model.ports import Answer, Call, Read
from dynaprov.model.setting import UNDECLARED, Noneable, Setting, Severity, State
from dynaprov.model.spec import Spec, TableSpec

ON = frozenset({"ENABLED", "ENABLING"})
CHANGING = {"ENABLING": "being switched on", "DISABLING": "being switched off"}
#: From more than this many on the account's listing is read first; so many descriptions pass at
#: once within the limit of 5 per second.
DESCRIBED_AT_ONCE = 5
#: After so many pages of the listing, which may be empty, the rest is described.
PAGES = 20

#: The role that AWS makes when it is first switched on, and whose it is (DynamoDB developer guide,
#: "Using service-linked roles").
SERVICE = "contributorinsights.dynamodb.amazonaws.com"
ROLE = "AWSServiceRoleForDynamoDBCloudWatchContributorInsights"

Mode = Literal["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"]


class InsightsState(State):
    """Contributor Insights of one table or one global index."""

    enabled: Annotated[
        bool,
        Setting("a", Severity.MEDIUM),
        Field(description="Whether the most used and most throttled keys are recorded."),
    ]
    mode: Annotated[
        Mode | None,
        Setting("m", Severity.LOW),
        Field(
            description="ACCESSED_AND_THROTTLED_KEYS records both, THROTTLED_KEYS only throttled "
            "keys, which costs less."
        ),
    ] = None


class InsightsSection(State):
    """The ``insights`` section of a table: ``true``, or which parts and which mode."""

    table: Annotated[
        bool,
        Field(description="Whether Contributor Insights is on for the table itself."),
    ] = UNDECLARED
    indexes: Annotated[
        Noneable[Literal["*"] | list[str]],
        Field(
            description="Global indexes that it is on for: names, or `*` for all; `none` switches "
            "it off for all of them. An index that is not named is left as it is."
        ),
    ] = None
    mode: Annotated[
        Mode,
        Field(
            description="What is recorded, for the table and the indexes alike: "
            "ACCESSED_AND_THROTTLED_KEYS or THROTTLED_KEYS."
        ),
    ] = UNDECLARED

    @model_validator(mode="before")
    @classmethod
    def _true(cls, value: Any) -> Any:
        return {"table": True} if value is True else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler.resolve_ref_schema(handler(schema)), {"const": True}]}


def _describe(table: str, index: str) -> Read:
    params = {"TableName": table} | ({"IndexName": index} if index else {})
    return Read("dynamodb", "describe_contributor_insights", params)


def _list(token: str) -> Read:
    params: dict[str, Any] = {"MaxResults": 100} | ({"NextToken": token} if token else {})
    return Read("dynamodb", "list_contributor_insights", params)


class InsightsKind(Kind):
    """See the module docstring."""

    name = "insights"
    title = "Contributor Insights"
    state = InsightsState
    section = InsightsSection
    section_name = "insights"
    reads = ("dynamodb:DescribeContributorInsights", "dynamodb:ListContributorInsights")
    writes = ("dynamodb:UpdateContributorInsights", "iam:CreateServiceLinkedRole")
    services = ("dynamodb",)
    fresh = InsightsState(enabled=False, mode=None)
    stamp_code = "i"

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """Indexes that exist."""
        for table in spec.tables.values():
            section = table.section("insights", InsightsSection)
            if section is not None and isinstance(section.indexes, list):
                yield from unknown_indexes(table, section.indexes, "insights", "insights.indexes.")

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """One for the table and one per index, as far as they are declared or explicitly off."""
        for name, table in spec.tables.items():
            for index, state, path in _declared(table):
                needed: tuple[Address, ...] = (Address(name),)
                if index:
                    needed = (*needed, Address(name, "index", index))
                yield Desired(
                    address=Address(name, "insights", index),
                    kind=self.name,
                    name=scope.table_name(name),
                    state=state,
                    requires=needed,
                    parent=Address(name),
                    stamp_group=self.stamp_code,
                    origins=_origins(table, path),
                )

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """Tables and indexes one by one; the account's listing, which knows no resource, for many.

        An index needs the right on its table too (service authorization reference).
        """
        desired = list(self.declare(spec, scope))
        if not desired:
            return
        tables = {scope.table_arn(each.address.table): None for each in desired}
        named = {
            f"{scope.table_arn(each.address.table)}/index/{each.address.name}": None
            for each in desired
            if each.address.name
        }
        arns = (*tables, *named)
        yield Permission(("dynamodb:DescribeContributorInsights",), arns, LOOK)
        if len(desired) > DESCRIBED_AT_ONCE:
            yield Permission(("dynamodb:ListContributorInsights",), ANY, LOOK)
        yield Permission(("dynamodb:UpdateContributorInsights",), arns, CHANGE)
        if any(getattr(each.state, "enabled", False) for each in desired):
            service = {"iam:AWSServiceName": (SERVICE,)}
            role = (scope.arn("iam", f"role/aws-service-role/{SERVICE}/{ROLE}", region=""),)
            yield Permission(
                ("iam:CreateServiceLinkedRole",), role, CHANGE, {"StringEquals": service}
            )

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """The first round trip of ``observe``."""
        desired = list(self.declare(spec, scope))
        if len(desired) > DESCRIBED_AT_ONCE:
            return [_list("")]
        return [_describe(each.name, each.address.name) for each in desired]

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """Descriptions of a few; of many the listing, and descriptions of what it leaves open."""
        found: dict[Address, Reading] = {}
        if len(desired) > DESCRIBED_AT_ONCE:
            found = yield from _listed(desired)
        open_ = [each for each in desired if each.address not in found]
        if open_:
            answers = yield [_describe(each.name, each.address.name) for each in open_]
            for each, answer in zip(open_, answers, strict=True):
                found[each.address] = _described(each, answer)
        return [found[each.address] for each in desired]

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """One UpdateContributorInsights."""
        [change] = changes
        wanted = desired.state
        assert isinstance(wanted, InsightsState)
        params: dict[str, Any] = {
            "TableName": desired.name,
            "ContributorInsightsAction": "ENABLE" if wanted.enabled else "DISABLE",
        }
        if desired.address.name:
            params["IndexName"] = desired.address.name
        mode = wanted.mode if wanted.declared("mode") else reading.facts.get("mode")
        if wanted.enabled and mode:
            params["ContributorInsightsMode"] = mode
        verb = "enable" if wanted.enabled else "disable"
        until = "on" if wanted.enabled else "off"
        table = situation.readings.get(Address(desired.address.table))
        fresh = table is not None and table.presence is Presence.ABSENT
        return [
            Operation(
                id=f"{desired.address}:{verb}",
                address=desired.address,
                kind=self.name,
                title=f"{verb} Contributor Insights"
                + (f", {mode}" if wanted.enabled and mode else ""),
                call=Call("dynamodb", "update_contributor_insights", params),
                # Of a new table nothing else is changed that it would have to take turns with.
                lock="" if fresh else desired.name,
                waits=(
                    Wait(
                        self.name,
                        until,
                        _describe(desired.name, desired.address.name),
                        timeout="insights",
                    ),
                ),
                covers=tuple(setting.path for setting in change.settings),
                risk=Risk.LOW,
                meaning=_meaning(on=wanted.enabled),
            )
        ]

    def settled(self, until: str, answer: Answer) -> bool:
        """Whether it is ``on`` or ``off`` at last; FAILED is an end too, which verifying shows."""
        status = answer.value.get("ContributorInsightsStatus")
        return status in (("ENABLED", "FAILED") if until == "on" else ("DISABLED", "FAILED"))


def _declared(table: TableSpec) -> Iterator[tuple[str, InsightsState, str]]:
    """Index (empty: the table), state, and the path where it is written."""
    off = InsightsState(enabled=False)
    if table.is_none("insights"):
        for index in ("", *indexes_of(table)):
            yield index, off, "insights"
        return
    section = table.section("insights", InsightsSection)
    if section is None:
        return
    on = InsightsState(enabled=True)
    if section.declared("mode"):
        on = InsightsState(enabled=True, mode=section.mode)
    if section.declared("table"):
        yield "", on if section.table else off, "insights.table"
    if section.declared("indexes"):
        named = section.indexes
        every = indexes_of(table)
        for index in every if named in ("*", None) else dict.fromkeys(named or ()):
            yield index, off if named is None else on, "insights.indexes"


def _origins(table: TableSpec, path: str) -> Mapping[str, Any]:
    origins = table.origins
    nearest = origins.get(path) or origins.get("insights")
    found = {"": nearest} if nearest else {}
    if "insights.mode" in origins:
        found["mode"] = origins["insights.mode"]
    return found


def _listed(
    desired: Sequence[Desired],
) -> Generator[Sequence[Read], Sequence[Answer], dict[Address, Reading]]:
    """What the account's listing proves to be as declared (a part of ``observe``)."""
    found: dict[Address, Reading] = {}
    open_ = {(each.name, each.address.name): each for each in desired}
    token = ""
    for _ in range(PAGES):
        [answer] = yield [_list(token)]
        if answer.error:
            return found
        for summary in answer.value.get("ContributorInsightsSummaries", ()):
            each = open_.get((summary["TableName"], summary.get("IndexName", "")))
            reading = each and _described(each, Answer(summary))
            if each and reading and _as_declared(each, reading):
                found[each.address] = reading
                del open_[each.name, each.address.name]
        token = answer.value.get("NextToken", "")
        if not token or not open_:
            return found
    return found


def _as_declared(desired: Desired, reading: Reading) -> bool:
    return not reading.notes and all(
        getattr(desired.state, name) == getattr(reading.state, name)
        for name in desired.state.model_fields_set
    )


def _described(desired: Desired, answer: Answer) -> Reading:
    if answer.error:
        return Reading.of_error(desired.address, answer.error)
    status = answer.value.get("ContributorInsightsStatus", "DISABLED")
    mode = answer.value.get("ContributorInsightsMode")
    on = status in ON
    notes: tuple[str, ...] = ()
    if status == "FAILED":
        failure = answer.value.get("FailureException", {})
        why = ": ".join(
            text
            for text in (failure.get("ExceptionName"), failure.get("ExceptionDescription"))
            if text
        )
        notes = (f"Contributor Insights failed: {why or 'AWS gives no reason'}",)
    return Reading(
        desired.address,
        Presence.PRESENT,
        InsightsState(enabled=on, mode=mode if on else None),
        facts={"mode": mode, "status": status},
        busy=CHANGING.get(status, ""),
        notes=notes,
    )


def _meaning(*, on: bool) -> Meaning:
    if on:
        return Meaning(
            impact="online; CloudWatch records keys and bills for the events",
            undo="reversible: switch it off",
            takes="1-16 s; measured by others, not yet run on AWS",
            watch="100 CloudWatch contributor rules per region: 2 per table or index, 4 with a "
            "sort key",
        )
    return Meaning(
        impact="online; nothing more is recorded",
        undo="reversible: switch it on; what was not recorded stays unknown",
        takes="some seconds",
    )


KIND = InsightsKind()
