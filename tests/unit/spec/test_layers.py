from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaprov.kinds.kms_key.state import KmsKeySection
from dynaprov.kinds.pitr import PitrState
from dynaprov.kinds.table.state import TableSection
from dynaprov.kinds.ttl import TtlState
from dynaprov.model.spec import Spec, TableSpec
from dynaprov.spec.show import explain
from support.spec_files import PROJECT, brief, problems, resolved

ORDERS = "tables/orders.yaml"
DEV = "environments/dev.yaml"
KEY = "partition_key: id\n"


def orders(directory: Path, files: dict[str, str], *sets: str) -> TableSpec:
    return resolved(directory, files, *sets).spec.tables["orders"]


def own(table: TableSpec) -> TableSection:
    section = table.section("", TableSection)
    assert section is not None
    return section


def test_each_layer_overrides_the_weaker_ones(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    sets: list[str] = []
    steps: list[tuple[str, str, str]] = [
        ("project.yaml", PROJECT + "defaults: {retention_days: 1}", "project.yaml:3:28 (project)"),
        (ORDERS, KEY + "retention_days: 2", "orders.yaml:2:17 (table)"),
        (DEV, "defaults: {retention_days: 3}", "dev.yaml:1:28 (environment)"),
        (
            DEV,
            "defaults: {retention_days: 3}\ntables: {orders: {retention_days: 4}}",
            "dev.yaml:2:35 (environment table)",
        ),
        ("", "defaults.retention_days=5", "--set defaults.retention_days=5 (command line)"),
        (
            "",
            "tables.orders.retention_days=6",
            "--set tables.orders.retention_days=6 (command line)",
        ),
    ]
    for number, (name, text, origin) in enumerate(steps, 1):
        if name:
            files[name] = text
        else:
            sets.append(text)
        table = orders(tmp_path, files, *sets)
        assert table.retention_days == number
        assert str(table.origins["retention_days"]).endswith(origin)


def test_billing_mode_is_a_default_of_its_layer(tmp_path: Path) -> None:
    capacity = "capacity: {read: 1, write: 1}\n"
    files = {"project.yaml": PROJECT + "billing_mode: PAY_PER_REQUEST", ORDERS: KEY + capacity}
    assert own(orders(tmp_path, files)).billing_mode == "PAY_PER_REQUEST"
    files[ORDERS] = KEY + capacity + "billing_mode: PROVISIONED"
    assert own(orders(tmp_path, files)).billing_mode == "PROVISIONED"
    files[DEV] = "billing_mode: PAY_PER_REQUEST"
    assert own(orders(tmp_path, files)).billing_mode == "PAY_PER_REQUEST"
    files[DEV] += "\ntables: {orders: {billing_mode: PROVISIONED}}"
    assert own(orders(tmp_path, files)).billing_mode == "PROVISIONED"
    table = orders(tmp_path, files, "billing_mode=PAY_PER_REQUEST")
    assert own(table).billing_mode == "PAY_PER_REQUEST"


def test_mappings_merge_and_all_else_is_replaced(tmp_path: Path) -> None:
    index = "indexes: {Index: {partition_key: [a, b], projection: [x, y]}}"
    files = {
        ORDERS: f"{KEY}{index}\nttl: {{attribute: t}}",
        DEV: "tables: {orders: {indexes: {Index: {partition_key: c}}, ttl: none}}",
    }
    table = orders(tmp_path, files)
    indexes = own(table).indexes
    assert [str(key) for key in indexes["Index"].partition_key] == ["c (S)"]
    assert indexes["Index"].projection == ("x", "y")
    assert table.is_none("ttl")
    assert str(table.origins["indexes.Index"]).endswith("orders.yaml:2:11 (table)")
    assert str(table.origins["ttl"]).endswith("dev.yaml:1:62 (environment table)")


def test_what_no_layer_says_stays_undeclared(tmp_path: Path) -> None:
    table = orders(tmp_path, {})
    assert own(table).model_fields_set == {"partition_key"}
    assert set(table.sections) == {""}
    assert not resolved(tmp_path, {}).spec.sections


def test_the_table_file_is_the_origin_of_the_table(tmp_path: Path) -> None:
    assert str(orders(tmp_path, {}).origins[""]).endswith("specs/tables/orders.yaml (table)")


def test_a_setting_with_another_name_in_the_spec_has_both_origins(tmp_path: Path) -> None:
    table = orders(tmp_path, {ORDERS: KEY + "class: STANDARD"})
    assert table.origins["class"] is table.origins["table_class"]


def test_enable_ttl_false_switches_every_ttl_off(tmp_path: Path) -> None:
    files = {ORDERS: KEY + "ttl: {attribute: t}"}
    assert orders(tmp_path, files, "enable_ttl=true").section("ttl", TtlState)
    table = orders(tmp_path, files, "enable_ttl=false")
    assert table.is_none("ttl")
    assert str(table.origins["ttl"]) == "--set enable_ttl=false (command line)"
    assert "ttl" not in orders(tmp_path, {ORDERS: KEY}, "enable_ttl=true").sections


def test_point_in_time_recovery_goes_to_tables_that_say_nothing(tmp_path: Path) -> None:
    on = ("enable_point_in_time_recovery=true", "backup_retention_days=9")
    assert orders(tmp_path, {}, *on).section("pitr", PitrState) == PitrState(
        enabled=True, recovery_period_days=9
    )
    assert orders(tmp_path, {}, on[0]).section("pitr", PitrState) == PitrState(enabled=True)
    assert orders(tmp_path, {}, "enable_point_in_time_recovery=false").is_none("pitr")
    assert "pitr" not in orders(tmp_path, {}, on[1]).sections
    said = {ORDERS: KEY + "pitr: none"}
    assert orders(tmp_path, said, *on).is_none("pitr")
    said = {ORDERS: KEY + "pitr: {enabled: true}"}
    off = orders(tmp_path, said, "enable_point_in_time_recovery=false", on[1])
    assert off.section("pitr", PitrState) == PitrState(enabled=True, recovery_period_days=9)
    said = {ORDERS: KEY + "pitr: {enabled: false}"}
    assert orders(tmp_path, said, *on).section("pitr", PitrState) == PitrState(enabled=False)
    said = {ORDERS: KEY + "pitr: {recovery_period_days: 3}"}
    assert orders(tmp_path, said, *on).section("pitr", PitrState) == PitrState(
        recovery_period_days=3
    )


def test_streams_go_to_tables_that_say_nothing(tmp_path: Path) -> None:
    assert own(orders(tmp_path, {}, "enable_streams=true")).stream == "NEW_AND_OLD_IMAGES"
    off = own(orders(tmp_path, {}, "enable_streams=false"))
    assert off.declared("stream")
    assert off.stream is None
    said = {ORDERS: KEY + "stream: KEYS_ONLY"}
    for switch in ("true", "false"):
        assert own(orders(tmp_path, said, f"enable_streams={switch}")).stream == "KEYS_ONLY"


def test_alarms_can_be_switched_off_as_one(tmp_path: Path) -> None:
    files = {
        "project.yaml": PROJECT + "topic: {}\naccount_alarms: {user_errors: {threshold: 1}}",
        ORDERS: KEY + "alarms: {suite: basic}",
    }
    spec = resolved(tmp_path, files).spec
    assert "account_alarms" in spec.sections
    assert "alarms" in spec.tables["orders"].sections
    spec = resolved(tmp_path, files, "enable_cloudwatch_alarms=false").spec
    assert "account_alarms" not in spec.sections
    assert "alarms" not in spec.tables["orders"].sections


def test_the_deletion_window_fills_in_where_the_key_says_nothing(tmp_path: Path) -> None:
    def window(key: str) -> int | None:
        files = {"project.yaml": PROJECT + "kms_deletion_window: 8\n" + key}
        spec = resolved(tmp_path, files).spec
        section = spec.section("kms_key", KmsKeySection)
        return section.deletion_window_days if section else None

    assert window("kms_key: {rotation: true}") == 8
    assert window("kms_key: {deletion_window_days: 20}") == 20
    assert window("") is None
    assert window("kms_key: none") is None


def test_the_inputs_are_handed_on(tmp_path: Path) -> None:
    spec = resolved(tmp_path, {DEV: "enable_ttl: true"}, "project_name=store").spec
    assert spec.project == "store"
    assert spec.inputs == {"environment": "dev", "project_name": "store", "enable_ttl": True}


def test_the_head_of_the_spec_is_resolved(tmp_path: Path) -> None:
    files = {
        "project.yaml": PROJECT
        + "accounts: {dev: 123456789012}\ntags: {A: a, B: b}\n"
        + "limits: {global_indexes: 25, rates: {cloudwatch:PutMetricAlarm: 20}}",
        DEV: "stamp: false\nallow_destroy: true\ntags: {B: none}\nregion: us-east-1",
    }
    spec = resolved(tmp_path, files).spec
    assert spec.account == "123456789012"
    assert spec.tags == {"A": "a", "B": None}
    assert spec.limits == {"global_indexes": 25}
    assert spec.rates == {"cloudwatch:PutMetricAlarm": 20.0}
    assert (spec.stamp, spec.allow_destroy, spec.region) == (False, True, "us-east-1")
    assert str(spec.origins["tags.B"]).endswith("dev.yaml:3:11 (environment)")


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("enable_stream=true", "DP110 --set enable_stream=true"),
        ("enable_streams", "DP122 --set enable_streams"),
        ("=true", "DP122 --set =true"),
        ("a..b=1", "DP122 --set a..b=1"),
        ("a.=1", "DP122 --set a.=1"),
        ('a"b"=1', 'DP122 --set a"b"=1'),
        ("enable_streams=", "DP109 --set enable_streams="),
        ("enable_streams=null", "DP109 --set enable_streams=null"),
        ("enable_streams=[1", "DP101 --set enable_streams=[1"),
        ("enable_streams=a\n- b", "DP122 --set enable_streams=a\n- b"),
        ("enable_streams=on", "DP111 --set enable_streams=on"),
        ("tables.order.class=STANDARD", "DP118 --set tables.order.class=STANDARD"),
        ("tables.orders.clas=STANDARD", "DP110 --set tables.orders.clas=STANDARD"),
        ("tables.orders.class=X", "DP113 --set tables.orders.class=X"),
        ("region=here", "DP121 --set region=here"),
    ],
)
def test_a_wrong_set_is_reported_by_its_own_words(word: str, found: str, tmp_path: Path) -> None:
    assert brief(problems(tmp_path, {}, word)) == [found]


def test_set_takes_collections_quoted_steps_and_names_with_dots(tmp_path: Path) -> None:
    files = {"tables/a.b.yaml": KEY}
    words = ('tags."x.y"=z', "tables.a.b.ttl={attribute: t}", 'tables."a.b".retention_days=3')
    spec = resolved(tmp_path, files, *words).spec
    assert spec.tags == {"x.y": "z"}
    assert spec.tables["a.b"].section("ttl", TtlState) == TtlState(attribute="t")
    assert spec.tables["a.b"].retention_days == 3


def test_the_later_of_two_sets_wins(tmp_path: Path) -> None:
    spec = resolved(tmp_path, {}, "stamp=false", "stamp=true").spec
    assert spec.stamp


def test_explain_gives_every_value_its_place(tmp_path: Path) -> None:
    files = {DEV: "tags: {A: a}\ndefaults: {capacity: {read: 1}}\ntopic: {statements: []}"}
    lines = [
        f"{line.path}={line.value} {str(line.origin).rpartition('/')[2]}"
        for line in explain(resolved(tmp_path, files))
    ]
    assert lines == [
        "project_name=shop project.yaml:1:15 (project)",
        "region=eu-west-1 project.yaml:2:9 (project)",
        "tags.A=a dev.yaml:1:11 (environment)",
        "topic.statements=[] dev.yaml:3:9 (environment)",
        "tables.orders.partition_key=id orders.yaml:1:16 (table)",
        "tables.orders.capacity.read=1 dev.yaml:2:29 (environment)",
    ]


DOCUMENT: dict[str, Any] = {
    "partition_key": "id",
    "indexes": {
        "Abc": {"partition_key": "a", "projection": "ALL"},
        "Xyz": {"partition_key": "b", "projection": "KEYS_ONLY"},
    },
    "ttl": {"attribute": "t"},
    "tags": {"A": "1", "B": "2"},
}


def shuffled(value: Any, draw: Any) -> str:
    if not isinstance(value, dict):
        return f'"{value}"'
    keys = draw(st.permutations(list(value)))
    return "{" + ", ".join(f"{key}: {shuffled(value[key], draw)}" for key in keys) + "}"


def bare(spec: Spec) -> Spec:
    tables = {name: replace(table, origins={}) for name, table in spec.tables.items()}
    return replace(spec, origins={}, tables=tables)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_order_of_keys_means_nothing(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one, two = (
        resolved(tmp_path_factory.mktemp("specs"), {ORDERS: shuffled(DOCUMENT, data.draw)}).spec
        for _ in range(2)
    )
    assert bare(one) == bare(two)
    assert one.revision == two.revision
