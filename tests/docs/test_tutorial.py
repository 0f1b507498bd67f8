"""The tutorials: every command is run on the embedded endpoint, and prints what the page says."""

import subprocess
from pathlib import Path

import pytest

from support.tutorials import blocks, masked, played, surroundings

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted(
    page for page in (ROOT / "docs" / "tutorials").glob("*.md") if page.stem != "index"
)


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda path: path.stem)
def test_every_command_prints_what_the_page_says(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    text = page.read_text(encoding="utf-8")
    environment = surroundings(tmp_path)
    try:
        made = played(text, tmp_path, environment)
    finally:
        subprocess.run(["dynaprov", "local", "down"], env=environment, cwd=tmp_path, check=False)

    if request.config.getoption("--update-golden"):
        page.write_text(masked(made), encoding="utf-8")
        text = page.read_text(encoding="utf-8")

    assert masked(made) == masked(text), "run: pytest tests/docs --update-golden"


def test_what_differs_from_run_to_run_is_masked() -> None:
    text = "Fingerprint 0123456789abcdef at http://127.0.0.1:8764 (1.2 s)"

    assert masked(text) == "Fingerprint <fingerprint> at http://127.0.0.1:<port> (<seconds>)"


def test_a_file_and_commands_are_told_apart() -> None:
    page = '```yaml title="a.yaml"\nx: 1\n```\n```text\nno\n```\n```console\n$ ls\na\n```\n'

    assert [(block.file, block.commands()) for block in blocks(page)] == [
        ("a.yaml", []),
        ("", ["ls"]),
    ]
