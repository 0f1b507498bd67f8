"""The embedded endpoint: AWS on this machine, for ``--local`` and for tests.

Lives here: moto with its omissions put right (``corrections``), moto in this process
(``memory``), moto as a background server (``server`` is the program, ``process`` starts, finds
and stops it, ``state`` is what it keeps on disk), and the dummy settings that go with them
(``environment``).

Must not live here: anything that knows specs, plans or kinds. This package imports moto, werkzeug,
botocore and the standard library only, and nothing outside tests and the command line imports it.

The names below are loaded when first used: asking where the server is must not load moto.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynaprov.local.environment import (
        LOCAL_ACCOUNT,
        LOCAL_ENVIRONMENT,
        LOCAL_REGION,
        local_environment,
    )
    from dynaprov.local.memory import in_process
    from dynaprov.local.process import (
        Endpoint,
        LocalEndpointUnavailable,
        down,
        reset,
        status,
        up,
    )
    from dynaprov.local.state import LocalEndpointError

__all__ = [
    "LOCAL_ACCOUNT",
    "LOCAL_ENVIRONMENT",
    "LOCAL_REGION",
    "Endpoint",
    "LocalEndpointError",
    "LocalEndpointUnavailable",
    "down",
    "in_process",
    "local_environment",
    "reset",
    "status",
    "up",
]

_HOMES = {
    "LOCAL_ACCOUNT": "environment",
    "LOCAL_ENVIRONMENT": "environment",
    "LOCAL_REGION": "environment",
    "local_environment": "environment",
    "in_process": "memory",
    "LocalEndpointError": "state",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'process')}"), name)
