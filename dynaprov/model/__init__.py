<<<<<<< HEAD
"""Pure values: what everything else speaks in.

Standard library only, and pydantic for states.  Nothing here reads files, calls AWS or prints.
"""
=======
"""Pure values that every other package speaks in; standard library and pydantic only, no IO."""
>>>>>>> d70f982
