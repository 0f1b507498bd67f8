"""Runs the operations of a plan in their order and records what became of each."""
