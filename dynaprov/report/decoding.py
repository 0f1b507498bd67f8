"""Reading a document back: the inverse of ``document.plan_document``, member by member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange, Unmanaged
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.operation import (
    Budget,
    Concession,
    Looks,
    Meaning,
    Operation,
    Risk,
    Seen,
    Settled,
    StampWrite,
    Wait,
)
from dynaprov.model.plan import Identity, InProgress, NotCompared, Plan, Refusal
from dynaprov.model.ports import Call, ErrorCategory, Read, ServiceError
from dynaprov.model.readiness import Readiness
from dynaprov.model.setting import Effect, Owner, Severity
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.report.values import decoded

_Document = Mapping[str, Any]


def plan_from_document(document: _Document) -> Plan:
    """The plan that a document was written from (values marked secret stay masked).

    Raises:
        ValueError: when it is not the document of a plan.
    """
    try:
        return _plan(document)
    except (LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as problem:
        why = f"{type(problem).__name__}: {problem}"
        raise ValueError(f"not the document of a plan ({why})") from problem


def _plan(document: _Document) -> Plan:
    return Plan(
        identity=Identity(
            project=document["project"],
            environment=document["environment"],
            account=document["account"],
            region=document["region"],
            caller=document["caller"],
            endpoint=document["endpoint"],
            revision=document["revision"],
        ),
        changes=tuple(_change(each) for each in document["changes"]),
        operations=tuple(_operation(each) for each in document["operations"]),
        refusals=tuple(
            Refusal(
                each["code"],
                Address.parse(each["address"]),
                each["detail"],
                each["allowed_by"],
                tuple(each.get("instead", ())),
            )
            for each in document["refusals"]
        ),
        unmanaged=tuple(_unmanaged(each) for each in document["unmanaged"]),
        not_compared=tuple(
            NotCompared(Address.parse(each["address"]), each["path"], _error(each["error"]))
            for each in document["not_compared"]
        ),
        in_progress=tuple(
            InProgress(
                Address.parse(each["address"]),
                each["detail"],
                _wait(each["wait"]) if each.get("wait") else None,
                each.get("compared", True),
            )
            for each in document["in_progress"]
        ),
        diagnostics=tuple(_diagnostic(each) for each in document["diagnostics"]),
        resources=tuple((each["address"], each["resource"]) for each in document["resources"]),
        held=tuple(document.get("held", ())),
        readiness=tuple(
            Readiness(**{**each, "address": Address.parse(each["address"])})
            for each in document.get("readiness", ())
        ),
    )


def _change(document: _Document) -> Change:
    return Change(
        address=Address.parse(document["address"]),
        kind=document["kind"],
        resource=document["resource"],
        action=Action(document["action"]),
        cause=Cause(document["cause"]),
        severity=Severity(document["severity"]),
        settings=tuple(_setting(each) for each in document["settings"]),
        origin=_origin(document["source"]),
        notes=tuple(document["notes"]),
    )


def _setting(document: _Document) -> SettingChange:
    lists = frozenset(document.get("lists", ()))
    return SettingChange(
        path=document["path"],
        before=decoded(document["before"], tuple, lists, "/before"),
        after=decoded(document["after"], tuple, lists, "/after"),
        effect=Effect(document["effect"]),
        owner=Owner(document["owner"]),
        severity=Severity(document["severity"]),
        cause=Cause(document["cause"]),
        origin=_origin(document["source"]),
        secret=document["secret"],
        reason=document["reason"],
    )


def _origin(document: _Document | None) -> Origin | None:
    return Origin(_position(document), Layer(document["layer"])) if document else None


def _position(document: _Document) -> Position:
    return Position(document["file"], document["line"], document["column"])


def _operation(document: _Document) -> Operation:
    stamp, concession = document["stamp"], document.get("concession")
    return Operation(
        id=document["id"],
        address=Address.parse(document["address"]),
        kind=document["kind"],
        title=document["title"],
        call=Call(document["service"], document["method"], _params(document)),
        needs=tuple(document["needs"]),
        after=tuple(document["after"]),
        lock=document["lock"],
        look=_wait(document["look"]) if document.get("look") else None,
        waits=tuple(_wait(each) for each in document["waits"]),
        settled_by=tuple(Settled(each["code"], each["text"]) for each in document["settled_by"]),
        covers=tuple(document["covers"]),
        outputs=tuple(document["outputs"].items()),
        creates=document["creates"],
        deletes=document["deletes"],
        readies=document["readies"],
        repeatable=document["repeatable"],
        concession=_concession(concession) if concession else None,
        looks=Looks(document.get("looks", "never")),
        stamp=_stamp(stamp) if stamp else None,
        risk=Risk(document["risk"]),
        meaning=Meaning(**document["meaning"]),
        not_before=_time(document["not_before"]),
        # A plan that was saved before budgets were written down has none.
        budgets=tuple(_budget(each) for each in document.get("budgets", ())),
    )


def _budget(document: _Document) -> Budget:
    return Budget(
        name=document["name"],
        of=document["of"],
        what=document["what"],
        rule=document["rule"],
        limit=document["limit"],
        window_seconds=document["window_seconds"],
        seen=Seen(document["seen"]),
        used=document["used"],
        left=document["left"],
        free_at=_time(document["free_at"]),
    )


def _params(document: _Document) -> dict[str, Any]:
    params: dict[str, Any] = decoded(
        document["params"], list, frozenset(document.get("tuples", ()))
    )
    return params


def _wait(document: _Document) -> Wait:
    return Wait(
        kind=document["kind"],
        until=document["until"],
        read=_read(document["read"]),
        timeout_seconds=document["timeout_seconds"],
        timeout=document.get("timeout", ""),
        facts=decoded(document.get("facts", {}), list, frozenset(document.get("tuples", ()))),
    )


def _read(document: _Document) -> Read:
    return Read(document["service"], document["method"], _params(document), document["pages"])


def _concession(document: _Document) -> Concession:
    back = document["withdraw"]
    return Concession(
        what=document["what"],
        ours=decoded(document["ours"], list, frozenset()),
        winner=_read(document["winner"]),
        outputs=tuple(document["outputs"].items()),
        identity=document["identity"],
        withdraw=Call(back["service"], back["method"], _params(back)) if back else None,
        unless=tuple(_read(each) for each in document["unless"]),
    )


def _stamp(document: _Document) -> StampWrite:
    return StampWrite(
        kept=tuple((code, digest) for code, digest in document["kept"]),
        earned=tuple((code, digest, tuple(ids)) for code, digest, ids in document["earned"]),
        previous=tuple((code, digest) for code, digest in document["previous"]),
    )


def _unmanaged(document: _Document) -> Unmanaged:
    lists = frozenset(document.get("lists", ()))
    part_of = document["part_of"]
    return Unmanaged(
        address=Address.parse(document["address"]),
        kind=document["kind"],
        resource=document["resource"],
        detail=document["detail"],
        part_of=Address.parse(part_of) if part_of else None,
        facts=tuple(decoded(document["facts"], tuple, lists).items()),
    )


def _error(document: _Document) -> ServiceError:
    return ServiceError(
        category=ErrorCategory(document["category"]),
        service=document["service"],
        method=document["method"],
        code=document["code"],
        message=document["message"],
        request_id=document["request_id"],
        not_before=_time(document["not_before"]),
        missing=document.get("missing", ""),
    )


def _diagnostic(document: _Document) -> Diagnostic:
    position = document["position"]
    return Diagnostic(
        code=document["code"],
        summary=document["summary"],
        detail=document["detail"],
        hint=document["hint"],
        position=_position(position) if position else None,
        text=document["text"],
        address=document["address"],
        level=Level(document["level"]),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
