from pathlib import Path

import pytest

from dynaprov.model.errors import SpecInvalid
from dynaprov.spec.load import load
from dynaprov.spec.problems import nearest
from dynaprov.spec.resolve import resolve
from support.spec_files import PROJECT, brief, problems, write

ORDERS = "tables/orders.yaml"
DEV = "environments/dev.yaml"
INDEX = "indexes:\n  Index:\n    partition_key: a\n    projection: ALL\n"


def table(text: str) -> dict[str, str]:
    return {ORDERS: f"partition_key: id\n{text}"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("billing_mod: X", "DP110 tables/orders.yaml:2:1"),
        ("ttl: {atribute: x}", "DP110 tables/orders.yaml:2:7"),
        ("sort_key: {name: a, typ: S}", "DP110 tables/orders.yaml:2:21"),
        ("capacity: {read: '5'}", "DP111 tables/orders.yaml:2:18"),
        ("capacity: {read: 5.0}", "DP111 tables/orders.yaml:2:18"),
        ("capacity: {read: true}", "DP111 tables/orders.yaml:2:18"),
        ("capacity: 5", "DP111 tables/orders.yaml:2:11"),
        ("deletion_protection: on", "DP111 tables/orders.yaml:2:22"),
        ("deletion_protection: no", "DP111 tables/orders.yaml:2:22"),
        ("deletion_protection: 1", "DP111 tables/orders.yaml:2:22"),
        ("description: 5", "DP111 tables/orders.yaml:2:14"),
        ("tags: {A: 5}", "DP111 tables/orders.yaml:2:11"),
        ("indexes: [a]", "DP111 tables/orders.yaml:2:10"),
        ("pitr: on", "DP111 tables/orders.yaml:2:7"),
        ("capacity: {read: 0, write: 1}", "DP112 tables/orders.yaml:2:18"),
        ("pitr: {recovery_period_days: 36}", "DP112 tables/orders.yaml:2:30"),
        ("retention_days: 0", "DP112 tables/orders.yaml:2:17"),
        ("ttl: {attribute: ''}", "DP112 tables/orders.yaml:2:18"),
        ("class: standard", "DP113 tables/orders.yaml:2:8"),
        ("stream: NEW_IMAGES", "DP113 tables/orders.yaml:2:9"),
        (INDEX.replace("ALL", "ALLE"), "DP113 tables/orders.yaml:5:17"),
        ("sort_key: {type: S}", "DP114 tables/orders.yaml:2:1"),
        ("encryption: mine", "DP115 tables/orders.yaml:2:13"),
        ("indexes: {I: {partition_key: a, projection: ALL}}", "DP119 tables/orders.yaml:2:11"),
        ("indexes: {'a b c': none}", "DP119 tables/orders.yaml:2:11"),
        ("table: order", "DP124 tables/orders.yaml:2:8"),
        ("tags: {'aws:x': y}", "DP120 tables/orders.yaml:2:8"),
        ("tags: {'Dynaprov:x': y}", "DP120 tables/orders.yaml:2:8"),
        ("tags: {'a#': y}", "DP120 tables/orders.yaml:2:8"),
        ("tags: {a: 'y#'}", "DP120 tables/orders.yaml:2:11"),
    ],
)
def test_a_wrong_table_document_is_reported_once_at_its_place(
    text: str, found: str, tmp_path: Path
) -> None:
    assert brief(problems(tmp_path, table(text))) == [found]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"project.yaml": "region: eu-west-1"}, "DP114 project.yaml"),
        ({"project.yaml": PROJECT + "default_environment: de"}, "DP117 project.yaml:3:22"),
        ({"project.yaml": PROJECT + "accounts: {de: '111111111111'}"}, "DP117 project.yaml:3:12"),
        ({"project.yaml": PROJECT + "accounts: {dev: 11}"}, "DP121 project.yaml:3:17"),
        ({"project.yaml": PROJECT + "defaults: 5"}, "DP111 project.yaml:3:11"),
        ({"project.yaml": PROJECT + "defaults: {clas: X}"}, "DP110 project.yaml:3:12"),
        ({"project.yaml": PROJECT + "limits: {global_index: 2}"}, "DP110 project.yaml:3:10"),
        (
            {"project.yaml": PROJECT + "limits: {rates: {kms:Nothing: 2}}"},
            "DP119 project.yaml:3:18",
        ),
        (
            {"project.yaml": PROJECT + "limits: {rates: {kms:CreateKey: 0}}"},
            "DP112 project.yaml:3:33",
        ),
        ({"project.yaml": PROJECT + "tags: {a: '" + "x" * 257 + "'}"}, "DP120 project.yaml:3:11"),
        ({"project.yaml": PROJECT + "tags: {'': x}"}, "DP120 project.yaml:3:8"),
        ({"project.yaml": "project_name: sh.op\nregion: eu-west-1"}, "DP119 project.yaml:1:15"),
        ({"project.yaml": "project_name: shop\nregion: eu-west"}, "DP121 project.yaml:2:9"),
        ({DEV: "regin: eu-west-1"}, "DP110 environments/dev.yaml:1:1"),
        ({DEV: "region: here"}, "DP121 environments/dev.yaml:1:9"),
        ({DEV: "kms_deletion_window: 6"}, "DP112 environments/dev.yaml:1:22"),
        ({DEV: "enable_ttl: yes"}, "DP111 environments/dev.yaml:1:13"),
        ({DEV: "tables: {order: {class: STANDARD}}"}, "DP118 environments/dev.yaml:1:10"),
        ({DEV: "tables: [orders]"}, "DP111 environments/dev.yaml:1:9"),
        ({DEV: "tables: {orders: 5}"}, "DP111 environments/dev.yaml:1:18"),
        ({DEV: "tables: {orders: {class: X}}"}, "DP113 environments/dev.yaml:1:26"),
        ({DEV: "defaults: {table_class: X}"}, "DP110 environments/dev.yaml:1:12"),
        ({DEV: "topic: 5"}, "DP111 environments/dev.yaml:1:8"),
        ({DEV: "- a"}, "DP111 environments/dev.yaml:1:1"),
        ({DEV: "dashboard: {range: -PT3H, widgets: [alarms]}"}, "DP114 environments/dev.yaml:1:1"),
        ({DEV: "access_policies: {all: {tables: '*'}}"}, "DP114 environments/dev.yaml:1:19"),
        (
            {DEV: "access_policies: {all: {tables: '*', roles: [red]}}"},
            "DP113 environments/dev.yaml:1:46",
        ),
        ({"table/x.yaml": "a: 1"}, "DP116 table/x.yaml"),
        ({"tables/x.yml": "a: 1"}, "DP116 tables/x.yml"),
        ({"projects.yaml": "a: 1"}, "DP116 projects.yaml"),
        ({"tables/topic.yaml": "partition_key: a"}, "DP125 tables/topic.yaml"),
        ({"tables/a b.yaml": "partition_key: a"}, "DP119 tables/a b.yaml"),
        ({f"tables/{'a' * 248}.yaml": "partition_key: a"}, f"DP119 tables/{'a' * 248}.yaml"),
        ({"environments/a.b.yaml": ""}, "DP119 environments/a.b.yaml"),
        ({"tables/empty.yaml": ""}, "DP150 tables/empty.yaml"),
        ({DEV: "tables:"}, "DP109 environments/dev.yaml:1:1"),
    ],
)
def test_a_wrong_file_is_reported_once_at_its_place(
    files: dict[str, str], found: str, tmp_path: Path
) -> None:
    assert brief(problems(tmp_path, files)) == [found]


def test_every_problem_of_every_file_is_reported_in_one_go(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        {
            "project.yaml": PROJECT + "a: b: c",
            ORDERS: "partition_key: id\nttl: {attribute: 5}\npitr:\n",
            "environments/prod.yaml": "allow_destroi: true",
            DEV: "tables: {orders: {stream: OFF}}",
        },
        "x",
    )
    assert brief(found) == [
        "DP122 --set x",
        "DP113 environments/dev.yaml:1:27",
        "DP110 environments/prod.yaml:1:1",
        "DP101 project.yaml:3:5",
        "DP111 tables/orders.yaml:2:18",
        "DP109 tables/orders.yaml:3:1",
    ]


def test_a_diagnostic_carries_the_line_and_a_hint(tmp_path: Path) -> None:
    [found] = problems(tmp_path, table("ttl: {atribute: x}"))
    assert found.text == "ttl: {atribute: x}"
    assert found.hint == "did you mean `attribute`?"
    assert found.detail == "nothing is called `atribute` in `ttl`"
    assert found.summary == "unknown key"


@pytest.mark.parametrize(
    ("text", "detail", "hint"),
    [
        (
            "deletion_protection: off",
            '`deletion_protection` must be true or false; it is the text "off"',
            "write `false`",
        ),
        (
            "capacity: {read: 1_000}",
            '`capacity.read` must be a whole number; it is the text "1_000"',
            "write a decimal number without quotes, underscores or units",
        ),
        (
            "description: 1.5",
            "`description` must be text; it is the number 1.5",
            "put it in quotes to make it text",
        ),
        (
            "stream: {a: 1}",
            "`stream` must be `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE`, `NEW_AND_OLD_IMAGES` or "
            "`none`; it is a mapping",
            "What the change stream holds of an item; `none` switches it off.",
        ),
        (
            "pitr: {recovery_period_days: 0}",
            "`pitr.recovery_period_days` must be at least 1; it is the number 0",
            "How many days back the window reaches, 1 to 35.",
        ),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(
    text: str, detail: str, hint: str, tmp_path: Path
) -> None:
    [found] = problems(tmp_path, table(text))
    assert (found.detail, found.hint) == (detail, hint)


def test_the_rules_of_the_kinds_run_beside_other_problems(tmp_path: Path) -> None:
    found = problems(tmp_path, table("class: X\nbilling_mode: PROVISIONED"))
    assert [each.code for each in found] == ["DP113", "DP151"]
    assert [each.text for each in found] == ["class: X", "billing_mode: PROVISIONED"]


def test_a_rule_does_not_echo_a_problem_of_the_same_thing(tmp_path: Path) -> None:
    found = problems(tmp_path, table("indexes: {Index: {partition_key: a, projection: X}}"))
    assert [each.code for each in found] == ["DP113"]


def test_an_unknown_environment_names_the_nearest(tmp_path: Path) -> None:
    [found] = problems(tmp_path, {"environments/prod.yaml": ""}, env="prd")
    assert (found.code, found.hint) == ("DP117", "did you mean `prod`?")


def test_a_default_environment_without_a_file_is_told_once(tmp_path: Path) -> None:
    files = {"project.yaml": PROJECT + "default_environment: prod"}
    assert brief(problems(tmp_path, files, env=None)) == ["DP117 project.yaml:3:22"]


def test_no_specs_at_all_lead_to_init(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for directory in (tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(SpecInvalid) as error:
            load(directory)
        [found] = error.value.diagnostics
        assert found.code == "DP100"
        assert "dynaprov init" in found.hint


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    root = write(tmp_path, {})
    (root / "tables" / "dir.yaml").mkdir()
    with pytest.raises(SpecInvalid) as error:
        resolve(load(root), "dev")
    assert brief(error.value.diagnostics)[0] == "DP123 tables/dir.yaml"


def test_a_file_in_another_encoding_is_reported(tmp_path: Path) -> None:
    root = write(tmp_path, {})
    (root / "tables" / "orders.yaml").write_bytes(b"partition_key: id\n# \xe9")
    with pytest.raises(SpecInvalid) as error:
        resolve(load(root), "dev")
    assert "DP108 tables/orders.yaml:2:3" in brief(error.value.diagnostics)


@pytest.mark.parametrize("many", [46, 60])
def test_more_tags_than_aws_takes_are_refused(many: int, tmp_path: Path) -> None:
    tags = "".join(f"  k{n}: v\n" for n in range(many))
    files = {"project.yaml": f"{PROJECT}tags:\n{tags}"}
    assert brief(problems(tmp_path, files)) == ["DP120 project.yaml:3:1"]
    split = {
        "project.yaml": f"{PROJECT}tags: {{a: b}}\n",
        ORDERS: f"partition_key: id\ntags:\n{tags}",
    }
    assert brief(problems(tmp_path / "b", split)) == ["DP120 tables/orders.yaml:2:1"]


def test_tags_that_are_none_do_not_count(tmp_path: Path) -> None:
    tags = "".join(f"  k{n}: v\n" for n in range(45))
    assert not problems(tmp_path, {"project.yaml": f"{PROJECT}tags:\n{tags}  old: none\n"})


def test_the_nearest_word_is_found_across_case_and_dashes() -> None:
    assert nearest("TTL", ["ttl", "pitr"]) == "did you mean `ttl`?"
    assert nearest("partition-key", ["partition_key"]) == "did you mean `partition_key`?"
    assert nearest("zzz", ["b", "a"]) == "known here: `a`, `b`"
    assert nearest("zzz", []) == ""
