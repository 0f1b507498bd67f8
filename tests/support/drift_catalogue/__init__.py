"""The drift catalogue: ways to change an account behind dynaprov's back, and what a check must say.

One declarative table in several files: what is done by plain boto3 calls on a converged account,
and exactly which findings a drift check then has, no more and no less.  ``alike`` holds what must
stay silent.  The page docs/reference/drift-catalogue.md is made of the same table.
"""
