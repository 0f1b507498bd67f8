"""Every block of the documentation that says it is YAML is YAML."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

BLOCK = re.compile(r"^( *)```ya?ml\b[^\n]*\n(.*?)^\1```[ \t]*$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_yaml_block_parses(page: Path) -> None:
    for _, block in BLOCK.findall(page.read_text()):
        list(yaml.safe_load_all(block))


def test_a_block_is_found_with_its_text() -> None:
    text = "before\n```yaml title=x\nkey: [1, 2]\n```\nafter\n```text\nno: yaml: here\n```\n"

    assert [block for _, block in BLOCK.findall(text)] == ["key: [1, 2]\n"]
