"""Observed against desired: the diff, the order of the operations, and the plan; never writes."""
