"""Pure values: what everything else speaks in.

Standard library only, and pydantic for states.  Nothing here reads files, calls AWS or prints.
"""
