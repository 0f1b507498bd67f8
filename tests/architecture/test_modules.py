"""The shape of the package: how long a module may be, and what it may not be called."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "dynaprov"
MODULES = sorted(PACKAGE.rglob("*.py"))

MAX_LINES = 450
EMPTY_WORDS = {"manager", "handler", "helper", "util", "common", "base", "misc"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_in_one_head(module: Path) -> None:
    lines = len(module.read_text().splitlines())

    assert lines <= MAX_LINES, f"{module.name} has {lines} lines: does it hold one thing?"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_named_for_what_it_holds(module: Path) -> None:
    parts = module.relative_to(ROOT).with_suffix("").parts

    assert not [part for part in parts if _empty_words(part)]


@pytest.mark.parametrize("name", ["table_manager", "utils", "helpers", "base", "_common"])
def test_an_empty_word_is_found(name: str) -> None:
    assert _empty_words(name)


@pytest.mark.parametrize("name", ["database", "planner", "baseline", "outcome"])
def test_a_word_that_only_contains_one_is_not(name: str) -> None:
    assert not _empty_words(name)


def _empty_words(name: str) -> set[str]:
    words = {word for word in name.lower().split("_") if word}
    return (words | {word.removesuffix("s") for word in words}) & EMPTY_WORDS
