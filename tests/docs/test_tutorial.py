"""The tutorials: every command is run on the embedded endpoint, and prints what the page says."""

import subprocess
from pathlib import Path

import pytest

from support.tutorials import blocks, masked, played, surroundings

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted(
    page for page in (ROOT / "docs" / "tutorials").glob("*.md") if page.stem != "index"
)
FIRST_MINUTES = "## The first five minutes\n"


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda path: path.stem)
def test_every_command_prints_what_the_page_says(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    _play(page, page.read_text(encoding="utf-8"), tmp_path, request)


def test_the_first_minutes_of_the_readme_are_what_it_says(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for name in ("specs", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    readme = ROOT / "README.md"
    after = readme.read_text(encoding="utf-8").partition(FIRST_MINUTES)[2]

    _play(readme, after.partition("\n## ")[0], tmp_path, request)


def _play(page: Path, text: str, folder: Path, request: pytest.FixtureRequest) -> None:
    """Run the text, a part of the page, and compare; or write the page anew."""
    environment = surroundings(folder)
    try:
        made = masked(played(text, folder, environment))
    finally:
        subprocess.run(["dynaprov", "local", "down"], env=environment, cwd=folder, check=False)

    if request.config.getoption("--update-golden"):
        page.write_text(page.read_text(encoding="utf-8").replace(text, made), encoding="utf-8")
        text = made

    assert made == masked(text), "run: pytest tests/docs --update-golden"


def test_what_differs_from_run_to_run_is_masked() -> None:
    text = "Fingerprint 0123456789abcdef at http://127.0.0.1:8764 (1.2 s)"

    assert masked(text) == "Fingerprint <fingerprint> at http://127.0.0.1:<port> (<seconds>)"


def test_a_file_and_commands_are_told_apart() -> None:
    page = '```yaml title="a.yaml"\nx: 1\n```\n```text\nno\n```\n```console\n$ ls\na\n```\n'

    assert [(block.file, block.commands()) for block in blocks(page)] == [
        ("a.yaml", []),
        ("", ["ls"]),
    ]
