"""Every rule there is, in the order in which they are asked."""

from __future__ import annotations

from support.rules import dynamodb, lags, rates, scaling
from support.rules.rule import Rule

RULES: tuple[Rule, ...] = (*rates.RULES, *lags.RULES, *scaling.RULES, *dynamodb.RULES)
