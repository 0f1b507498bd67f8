"""The embedded endpoint behind ``--local``: an AWS in memory, for trying things and for tests."""
