<<<<<<< HEAD
"""The embedded endpoint for ``--local`` and for tests."""
=======
"""The embedded endpoint behind ``--local``: an AWS in memory, for trying things and for tests."""
>>>>>>> d70f982
