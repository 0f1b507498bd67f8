"""Every case directory gives exactly the plan, or the problems, that stand in it.

``pytest tests/cases --update-golden`` writes what comes out; read the difference as a reviewer.
"""

from pathlib import Path

import pytest

from support.cases import outcome

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/spec.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: str(path.relative_to(HERE)))
def test_a_case_gives_what_stands_in_it(
    case: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name, text = outcome(case, tmp_path)

    if request.config.getoption("--update-golden"):
        (case / name).write_text(text, encoding="utf-8")
    expected = [path.name for path in case.iterdir() if path.name in ("plan.json", "problems.txt")]
    assert expected == [name]
    assert text == (case / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda path: str(path.relative_to(HERE)))
def test_a_case_holds_only_known_files(case: Path) -> None:
    known = {"spec.yaml", "observed.yaml", "choices.yaml", "plan.json", "problems.txt"}

    assert {path.name for path in case.iterdir()} <= known
