"""Codes, guards, and public names: each is explained once, and has one meaning."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import dynaprov

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
HEADINGS = re.findall(r"^### (DP\d{3}) (.+)$", (REFERENCE / "diagnostics.md").read_text(), re.M)
CODE = re.compile(r"DP\d{3}")


def used() -> Iterator[tuple[str, str]]:
    """Every diagnostic code and its summary; those of ``spec`` stand in a table of their own."""
    for module in sorted((ROOT / "dynaprov").rglob("*.py")):
        if "spec" in module.parts:
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            if not isinstance(node, ast.Call):
                continue
            words = [*node.args, *(keyword.value for keyword in node.keywords)]
            texts = [
                word.value
                for word in words
                if isinstance(word, ast.Constant) and isinstance(word.value, str)
            ]
            for at, text in enumerate(texts):
                if CODE.fullmatch(text):
                    yield text, texts[at + 1] if at + 1 < len(texts) else ""


def codes_in_the_package() -> set[str]:
    text = "".join(path.read_text() for path in (ROOT / "dynaprov").rglob("*.py"))
    return set(re.findall(r"\"(DP\d{3})\"", text))


def test_every_code_has_one_section_and_every_section_a_code() -> None:
    explained = [code for code, _ in HEADINGS]

    assert sorted(set(explained)) == sorted(explained)
    assert set(explained) == codes_in_the_package()


def test_a_code_is_used_in_one_part_of_the_package_only() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for module in sorted((ROOT / "dynaprov").rglob("*.py")):
        parts = module.relative_to(ROOT / "dynaprov").parts
        part = "/".join(parts[:2]) if parts[0] == "kinds" else parts[0]
        for code in re.findall(r"\"(DP\d{3})\"", module.read_text()):
            places[code].add(part)

    assert {code: found for code, found in places.items() if len(found) > 1} == {}


def test_a_code_has_the_same_summary_wherever_it_is_used() -> None:
    summaries: dict[str, set[str]] = defaultdict(set)
    for code, summary in used():
        summaries[code].add(summary)

    assert summaries["DP514"] == {"the plan is refused"}
    assert {code: found for code, found in summaries.items() if len(found) > 1} == {}


def test_every_public_name_is_in_the_reference_of_python() -> None:
    text = (REFERENCE / "python.md").read_text()

    assert [name for name in dynaprov.__all__ if not re.search(rf"`{name}\b", text)] == []


def test_every_page_is_named_by_the_index_of_its_folder() -> None:
    missing = []
    for folder in ("tutorials", "how-to", "reference", "explanation", "contributing"):
        index = (ROOT / "docs" / folder / "index.md").read_text()
        pages = [page.name for page in (ROOT / "docs" / folder).glob("*.md")]
        missing += [f"{folder}/{name}" for name in pages if f"({name}" not in index]

    assert [name for name in missing if not name.endswith("/index.md")] == []
