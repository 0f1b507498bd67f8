<<<<<<< HEAD
"""Safety rules, one per file: each reads a plan in the making and may refuse."""
=======
"""The safety rules that a plan must pass: one rule per file, each with its own code."""
>>>>>>> d70f982
