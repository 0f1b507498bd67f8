"""The safety rules that a plan must pass: one rule per file, each with its own code."""
