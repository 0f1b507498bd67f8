"""What the documentation shows of specs is valid, and what it shows of Python runs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from dynaprov.local.memory import in_process
from dynaprov.spec.resolve import load_specs

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FRAGMENT = re.compile(r"^( *)```yaml spec=(\w+)\n(.*?)^\1```$", re.M | re.S)
PYTHON = re.compile(r"^```python runs\n(.*?)^```$", re.M | re.S)

#: Tables that the fragments of environments name.
TABLES = ("log-metadata", "system-config", "audit-trail")


def fragments() -> list[tuple[str, str, str]]:
    found = []
    for page in PAGES:
        for number, (lead, place, text) in enumerate(FRAGMENT.findall(page.read_text()), 1):
            plain = "".join(line.removeprefix(lead) for line in text.splitlines(keepends=True))
            found.append((f"{page.relative_to(ROOT)}-{number}", place, plain))
    return found


@pytest.mark.parametrize(
    ("place", "text"), [f[1:] for f in fragments()], ids=[f[0] for f in fragments()]
)
def test_a_fragment_is_valid_where_it_says_that_it_stands(
    place: str, text: str, tmp_path: Path
) -> None:
    files = {
        "project.yaml": "project_name: docs\nkms_key: {policy: standard}\n",
        "environments/dev.yaml": "region: us-east-1\n",
        "environments/prod.yaml": "region: us-east-1\n",
        **{f"tables/{name}.yaml": "partition_key: id\n" for name in TABLES},
    }
    written = {
        "project": "project.yaml",
        "environment": "environments/dev.yaml",
        "table": "tables/shown.yaml",
    }
    files[written[place]] = text
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)

    load_specs(tmp_path, "dev")


def test_the_examples_of_queries_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT / "docs" / "how-to" / "query-well.md"
    program = "\n".join(PYTHON.findall(page.read_text()))
    outputs = {
        "table_names": {"log-metadata": "logs"},
        "table_configurations": {
            "log-metadata": {"ttl_attribute": "ttl", "retention_seconds": 86400}
        },
    }
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}

    with in_process():
        _make_table()
        exec(compile(program, str(page), "exec"), names)  # the page itself is what is tested
        count = boto3.client("dynamodb").scan(TableName="logs", Select="COUNT")["Count"]

    assert count == 100
    assert names["left"] == {}
    assert names["item"] == {"log_id": "log-1", "timestamp": "2026-01-01T00:00:00Z"}


def _make_table() -> None:
    def key(partition: str) -> list[dict[str, str]]:
        return [
            {"AttributeName": partition, "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ]

    boto3.client("dynamodb").create_table(
        TableName="logs",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("log_id", "timestamp", "service_name")
        ],
        KeySchema=key("log_id"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ServiceIndex",
                "KeySchema": key("service_name"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def test_the_example_of_the_python_reference_runs(tmp_path: Path) -> None:
    page = ROOT / "docs" / "reference" / "python.md"
    [program] = PYTHON.findall(page.read_text())
    frame = (
        "import sys\nsys.path.insert(0, {root!r})\n"
        "from dynaprov.local.memory import in_process\n"
        "with in_process():\n{body}"
    )
    body = "".join(f"    {line}\n" for line in program.splitlines())
    (tmp_path / "program.py").write_text(frame.format(root=str(ROOT), body=body))
    (tmp_path / "specs").symlink_to(ROOT / "specs")

    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    counted, *rest = done.stdout.splitlines()
    assert re.fullmatch(r"\d+ changes, \d+ calls", counted)
    assert rest == ["converged", "streaming-logs-dev-log-metadata"]
