"""``python -m dynaprov`` is ``dynaprov``."""

from dynaprov.cli.main import entry_point

entry_point()
