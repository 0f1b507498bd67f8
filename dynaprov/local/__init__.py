"""The embedded endpoint for ``--local`` and for tests."""
