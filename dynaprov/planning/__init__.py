<<<<<<< HEAD
"""From desired and observed to a plan: observe, diff, operations, guards.  Pure but for observe."""
=======
"""Observed against desired: the diff, the order of the operations, and the plan; never writes."""
>>>>>>> d70f982
