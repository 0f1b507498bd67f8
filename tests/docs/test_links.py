"""Every relative link of the documentation leads to a file, and to a heading where it names one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    assert [
        link for link in relative_links(page.read_text()) if not leads_somewhere(page, link)
    ] == []


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `short` Title\n")

    assert leads_somewhere(page, "page.md")
    assert leads_somewhere(page, "#a-short-title")
    assert not leads_somewhere(page, "#another-title")
    assert not leads_somewhere(page, "missing.md")


def test_a_link_in_code_is_not_a_link() -> None:
    text = "[one](a.md) `[two](b.md)`\n```text\n[three](c.md)\n```\n[four](https://example.org)"

    assert relative_links(text) == ["a.md"]


def relative_links(text: str) -> list[str]:
    prose = CODE.sub("", FENCE.sub("", text))
    return [link for link in LINK.findall(prose) if not re.match(r"[a-z]+:", link)]


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return False
    return not heading or heading in anchors(target.read_text())


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    titles = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
