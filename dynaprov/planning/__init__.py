"""From desired and observed to a plan: observe, diff, operations, guards.  Pure but for observe."""
