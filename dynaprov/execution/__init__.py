<<<<<<< HEAD
"""Carrying out a plan: what may start now, attempts, waits, the journal."""
=======
"""Runs the operations of a plan in their order and records what became of each."""
>>>>>>> d70f982
