"""The shipped specs and the starter: valid, complete, and in step with their schemas."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from dynaprov.kinds.table.state import TableSection
from dynaprov.model.errors import UsageProblem
from dynaprov.spec.load import load
from dynaprov.spec.resolve import Resolved, default_environment, load_specs
from dynaprov.spec.schema import DOCUMENTS, schema_documents, schema_text, write_schemas
from dynaprov.spec.show import explain, resolved_document
from dynaprov.spec.starter import starter_files

ROOT = Path(__file__).parents[3]
SPECS = ROOT / "specs"
FILES = sorted(SPECS.rglob("*.yaml"))
FOLDERS = {"specs": "project", "tables": "table", "environments": "environment"}


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    return schema_documents()


def of(environment: str) -> Resolved:
    return load_specs(SPECS, environment)


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_every_environment_resolves_without_a_word(environment: str) -> None:
    assert of(environment).warnings == ()


def test_dev_is_the_default() -> None:
    assert default_environment(load(SPECS)) == "dev"
    assert load_specs(SPECS).spec.environment == "dev"


def test_the_seven_indexes_have_the_keys_that_queries_need() -> None:
    found = {}
    for name, table in of("dev").spec.tables.items():
        section = table.section("", TableSection)
        assert section is not None
        keys = [section.partition_key, section.sort_key]
        found[name] = " ".join(key.name for key in keys if key)
        for index, state in section.indexes.items():
            assert state.projection == "ALL"
            every = [*state.partition_key, *(state.sort_key or ())]
            found[index] = " ".join(key.name for key in every)
    assert found == {
        "log-metadata": "log_id timestamp",
        "ServiceIndex": "service_name timestamp",
        "LogLevelIndex": "log_level timestamp",
        "UserIndex": "user_id timestamp",
        "user-sessions": "session_id user_id",
        "UserSessionIndex": "user_id created_at",
        "system-config": "config_key",
        "EnvironmentIndex": "environment",
        "audit-trail": "audit_id timestamp",
        "ActionTypeIndex": "action_type timestamp",
        "UserAuditIndex": "user_id timestamp",
    }


@pytest.mark.parametrize(
    ("environment", "mode", "days", "streams", "suite", "retention"),
    [
        ("dev", "PAY_PER_REQUEST", 7, 1, "basic", [90, 30, None, 7]),
        ("staging", "PAY_PER_REQUEST", 14, 4, "full", [365, 60, None, 14]),
        ("prod", "PROVISIONED", 35, 4, "full", [2555, 90, None, 30]),
    ],
)
def test_environments_differ_as_they_should(
    environment: str, mode: str, days: int, streams: int, suite: str, retention: list[int | None]
) -> None:
    tables = of(environment).spec.tables.values()
    documents = [resolved_document(of(environment), table.name) for table in tables]
    assert {str(each["billing_mode"]) for each in documents} == {mode}
    assert [each["pitr"] for each in documents] == [
        {"enabled": True, "recovery_period_days": days}
    ] * 4
    assert sum(each["stream"] != "none" for each in documents) == streams
    for each in documents:
        assert isinstance(each["alarms"], dict)
        assert each["alarms"]["suite"] == suite
    assert [table.retention_days for table in tables] == retention


def test_only_dev_may_be_destroyed_and_only_prod_has_everything() -> None:
    allowed = {name: of(name).spec.allow_destroy for name in ("dev", "staging", "prod")}
    assert allowed == {"dev": True, "staging": False, "prod": False}
    assert set(of("dev").spec.sections) == {"kms_key", "topic"}
    assert {"dashboard", "access_policies"} <= set(of("prod").spec.sections)


def missing(state: Any, path: str) -> Iterator[str]:
    for name in type(state).model_fields:
        if name not in state.model_fields_set:
            yield f"{path}.{name}"
            continue
        value = getattr(state, name)
        for key, each in value.items() if isinstance(value, dict) else [(name, value)]:
            if hasattr(each, "model_fields_set"):
                yield from missing(each, f"{path}.{key}")


def test_prod_declares_every_setting() -> None:
    spec = of("prod").spec
    left = {path for name, section in spec.sections.items() for path in missing(section, name)}
    for table in spec.tables.values():
        for name, section in table.sections.items():
            if section is not None:
                left |= set(missing(section, name))
    # Nobody subscribes to an example; local indexes exist only from a table's creation; the type
    # of a key is told once, in `attributes`.
    assert left == {
        "topic.subscriptions",
        ".local_indexes",
        ".partition_key.type",
        ".sort_key.type",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_fits_the_schema_that_it_names(path: Path, schemas: dict[str, Any]) -> None:
    name = FOLDERS[path.parent.name]
    first = path.read_text().splitlines()[0]
    named = path.parent / first.removeprefix("# yaml-language-server: $schema=")
    assert named.resolve() == SPECS / ".schema" / f"{name}.json"
    document = yaml.safe_load(path.read_text())
    for schema in (schemas[name], schemas["spec"]):
        assert list(Draft202012Validator(schema).iter_errors(document)) == []


def test_the_schemas_are_schemas_that_refuse_what_is_wrong(schemas: dict[str, Any]) -> None:
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    table = Draft202012Validator(schemas["table"])
    key = {"partition_key": "a"}
    for wrong in (
        {},
        {**key, "ttl": {"atribute": "x"}},
        {**key, "capacity": {"read": 0}},
        {**key, "indexes": {"Abc": {"partition_key": ["a"] * 5}}},
    ):
        assert not table.is_valid(wrong)
    for right in (key, {**key, "ttl": False}, {**key, "pitr": "none"}):
        assert table.is_valid(right)
    environment = Draft202012Validator(schemas["environment"])
    assert environment.is_valid({"tables": {"a": {"indexes": {"Abc": {"projection": "ALL"}}}}})
    assert not environment.is_valid({"tables": {"a": {"classs": "STANDARD"}}})


def test_the_committed_schemas_are_up_to_date(tmp_path: Path) -> None:
    written = write_schemas(tmp_path)
    assert [path.stem for path in written] == list(DOCUMENTS)
    for path in written:
        committed = SPECS / ".schema" / path.name
        assert committed.read_text() == path.read_text(), (
            "run python -m dynaprov.spec.schema specs/.schema"
        )
    assert schema_text(schema_documents()["table"]) == written[1].read_text()


def test_a_starter_is_valid_in_every_environment(tmp_path: Path) -> None:
    for name, text in starter_files("shop").items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for environment in ("dev", "staging", "prod"):
        resolved = load_specs(tmp_path, environment)
        assert resolved.warnings == ()
        assert list(resolved.spec.tables) == ["events"]


def test_the_resolved_document_is_whole_or_one_table() -> None:
    resolved = of("prod")
    whole = resolved_document(resolved)
    assert whole["environment"] == "prod"
    assert isinstance(whole["tables"], dict)
    one = resolved_document(resolved, "audit-trail")
    assert one == {"table": "audit-trail", **whole["tables"]["audit-trail"]}  # type: ignore[dict-item]
    paths = [line.path for line in explain(resolved, "audit-trail")]
    assert "ttl.attribute" in paths
    with pytest.raises(UsageProblem, match="audit-trial"):
        resolved_document(resolved, "audit-trial")
