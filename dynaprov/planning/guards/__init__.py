"""Safety rules, one per file: each reads a plan in the making and may refuse."""
