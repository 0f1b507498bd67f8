"""No plan of any case spends the same budget of the same owner twice at once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

CASES = Path(__file__).parents[2] / "cases"


def test_no_plan_spends_a_budget_twice_at_once() -> None:
    spending = 0
    for path in CASES.glob("*/*/plan.json"):
        operations = json.loads(path.read_text(encoding="utf-8")).get("operations", ())
        spent = Counter(
            budget.partition(":")[0]
            for operation in operations
            if "not_before" not in operation
            for budget in operation.get("budgets", ())
        )
        assert [each for each, count in spent.items() if count > 1] == [], path.parent.name
        spending += bool(spent)

    assert spending > 20
