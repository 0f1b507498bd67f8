"""The journal's lines, and what must not stand in them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dynaprov.execution.journal import Journal, Journaled, journal_directory, redacted
from dynaprov.model.errors import Stopped
from dynaprov.model.ports import Answer, Call, ErrorCategory
from support.clock import VirtualClock
from support.operations import IDENTITY, an_operation
from support.ports import failing


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_journal_begins_with_where_and_what(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.jsonl"

    with Journal.open(IDENTITY, VirtualClock(), path=path, fingerprint="f00"):
        [header] = lines(path)

    assert header["event"] == "begin"
    assert header["format"] == 1
    assert header["account"] == "123456789012"
    assert header["fingerprint"] == "f00"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_call_has_a_line_before_and_one_after(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    operation = an_operation("t:create")
    call = Call("dynamodb", "create_table", {"TableName": "t"})
    with Journal.open(IDENTITY, VirtualClock(), path=path) as journal:
        journal.sent(operation, call, 1)
        assert lines(path)[-1] == {
            "event": "sent",
            "time": "2026-01-01T00:00:00+00:00",
            "operation": "t:create",
            "address": "t:create",
            "service": "dynamodb",
            "method": "create_table",
            "params": {"TableName": "t"},
            "attempt": 1,
        }

        journal.answered(operation, 1, Answer({"ResponseMetadata": {"RequestId": "r1"}}), 0.25)
        journal.answered(operation, 2, failing(ErrorCategory.BUSY, code="InUse"), 0.5)

    good, bad = lines(path)[-2:]
    assert (good["status"], good["request_id"], good["seconds"]) == ("ok", "r1", 0.25)
    assert (bad["status"], bad["error"], bad["attempt"]) == ("error", "InUse", 2)


class Silent:
    """Answers every call, and remembers them."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def call(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer({"ResponseMetadata": {"RequestId": f"r{len(self.calls)}"}})


def test_what_is_no_operation_is_in_the_journal_too(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    opened: list[Journal] = []

    def begin() -> Journal:
        opened.append(Journal.open(IDENTITY, VirtualClock(), path=path))
        return opened[-1]

    caller = Journaled(Silent(), begin, "lease", "locks")
    assert not path.exists()
    caller.call(Call("dynamodb", "put_item", {"TableName": "t"}))
    caller.call(Call("dynamodb", "delete_item", {"TableName": "t"}))

    assert len(opened) == 1
    told = [(each["event"], each.get("operation"), each.get("attempt")) for each in lines(path)]
    assert told == [
        ("begin", None, None),
        *(("sent", "lease", 1), ("answered", "lease", 1)),
        *(("sent", "lease", 2), ("answered", "lease", 2)),
    ]
    assert lines(path)[1]["address"] == "locks"
    assert [each["request_id"] for each in lines(path) if "request_id" in each] == ["r1", "r2"]
    opened[0].close()


def test_nothing_is_sent_that_the_journal_could_not_note(tmp_path: Path) -> None:
    sends = Silent()

    def begin() -> Journal:
        return Journal.open(IDENTITY, VirtualClock(), path=tmp_path)

    with pytest.raises(Stopped):
        Journaled(sends, begin, "lease", "locks").call(Call("dynamodb", "put_item", {}))

    assert sends.calls == []


def test_a_journal_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for _ in range(2):
        Journal.open(IDENTITY, VirtualClock(), path=path).close()

    assert [line["event"] for line in lines(path)] == ["begin", "begin"]


@pytest.mark.parametrize(
    ("name", "value", "below"),
    [
        ("DYNAPROV_STATE_DIR", "{tmp}/own", "own/journals"),
        ("XDG_STATE_HOME", "{tmp}/xdg", "xdg/dynaprov/journals"),
    ],
)
def test_a_journal_stands_in_the_state_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, below: str
) -> None:
    monkeypatch.setenv(name, value.format(tmp=tmp_path))

    with Journal.open(IDENTITY, VirtualClock()) as journal:
        assert journal.path.parent == tmp_path / below
        assert journal.path.name.startswith("20260101T000000-shop-dev-")


def test_without_settings_it_stands_below_the_home(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")

    assert journal_directory() == own_home / ".local" / "state" / "dynaprov" / "journals"


def test_a_journal_that_cannot_be_begun_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="Is a directory"):
        Journal.open(IDENTITY, VirtualClock(), path=tmp_path)


def test_a_journal_that_breaks_does_not_stop_the_run(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    journal = Journal.open(IDENTITY, VirtualClock(), path=path)
    journal.close()

    journal.sent(an_operation(), Call("dynamodb", "x", {}), 1)
    journal.sent(an_operation(), Call("dynamodb", "x", {}), 2)

    assert len(lines(path)) == 1


def test_policies_appear_as_a_digest() -> None:
    params = redacted(
        {"Policy": '{"Statement": []}', "PolicyDocument": {"a": 1}, "PolicyName": "p"}
    )

    assert params["Policy"].startswith("sha256:")
    assert params["PolicyDocument"].startswith("sha256:")
    assert params["PolicyName"] == "p"


def test_an_attribute_that_holds_a_policy_is_one() -> None:
    params = redacted({"AttributeName": "Policy", "AttributeValue": "{}"})
    plain = redacted({"AttributeName": "DisplayName", "AttributeValue": "x"})

    assert params["AttributeName"] == "Policy"
    assert params["AttributeValue"].startswith("sha256:")
    assert plain["AttributeValue"] == "x"


def test_secrets_do_not_appear() -> None:
    params = redacted({"List": [{"SecretKey": "hush", "Password": "hush"}], "N": 1})

    assert "hush" not in json.dumps(params)
    assert params["N"] == 1


def test_who_logs_in_is_cut_out_of_addresses(tmp_path: Path) -> None:
    assert redacted({"Endpoint": "https://me:hush@example.org/x"}) == {
        "Endpoint": "https://***@example.org/x"
    }
    path = tmp_path / "run.jsonl"
    there = replace(IDENTITY, endpoint="http://me:hush@127.0.0.1:1")
    Journal.open(there, VirtualClock(), path=path).close()
    assert "hush" not in path.read_text()


def test_what_is_deep_inside_is_redacted_by_its_own_name() -> None:
    params = redacted(
        {
            "Endpoint": ["https://u:hush@h/x?tok=hush", {"Other": "https://u:hush@h/?q=1"}],
            "Deep": [{"Policy": "{}"}, ({"AccessKeyId": "hush"},)],
        }
    )

    assert "hush" not in json.dumps(params)
    assert params["Endpoint"][1]["Other"] == "https://***@h/?q=1"
    assert params["Deep"][0]["Policy"].startswith("sha256:")
