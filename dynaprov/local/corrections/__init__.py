"""moto's omissions, put right: what makes every setting converge on the embedded endpoint.

Lives here: when corrections are installed and undone; the corrections themselves are one module or
package per service, each with a ``PATCHES`` list that names the moto method it replaces and why.
Must not live here: rules of AWS that only say *no* at the wrong moment (states, budgets, rate
limits, one change at a time). A correction mends what moto drops, distorts or crashes on.

Corrections of a service are loaded when moto first loads that service, as moto does with its
backends: loading all of them takes two seconds, loading DynamoDB and KMS a tenth of one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from moto import backends

from dynaprov.local.corrections.patches import LOCK, Patches

# Corrections by moto service. One service reaches into the backend of another without a request
# (DynamoDB makes KMS keys, Application Auto Scaling makes alarms), so those come along.
_DYNAMODB = (
    "kms",
    "dynamodb.description",
    "dynamodb.tables",
    "dynamodb.updates",
    "dynamodb.settings",
    "dynamodb.insights",
)
CORRECTIONS: dict[str, tuple[str, ...]] = {
    "applicationautoscaling": ("cloudwatch", "applicationautoscaling"),
    "cloudwatch": ("cloudwatch",),
    "dynamodb": _DYNAMODB,
    "dynamodbstreams": (*_DYNAMODB, "dynamodb.streams"),
    "ec2": ("ec2",),
    "iam": ("iam",),
    "kms": ("kms",),
    "resourcegroupstaggingapi": ("resourcegroupstaggingapi",),
    "sns": ("sns",),
}

_LOADER = Patches()
_installed: list[Patches] = []
_ready: set[str] = set()
_depth = 0


@_LOADER.around(backends, "_import_backend")
def _import_backend(original: Any, module_name: str, backends_name: str) -> Any:
    """Correct a service at the moment when moto first needs it."""
    found = original(module_name, backends_name)
    if module_name not in _ready:
        _correct(module_name)
    return found


def _correct(service: str) -> None:
    for name in CORRECTIONS.get(service, ()):
        patches: Patches = import_module(f"{__name__}.{name}").PATCHES
        if patches.install():
            _installed.append(patches)
    _ready.add(service)


def install() -> None:
    """Correct moto in this process until ``uninstall`` was called as often as ``install``."""
    global _depth
    with LOCK:
        _depth += 1
        _LOADER.install()


def uninstall() -> None:
    """Undo one ``install``; the last one gives moto back as it was."""
    global _depth
    with LOCK:
        if _depth == 0:
            return
        _depth -= 1
        if _depth:
            return
        _LOADER.undo()
        while _installed:
            _installed.pop().undo()
        _ready.clear()


@contextmanager
def corrections() -> Iterator[None]:
    """Correct moto in this process for as long as the context lasts."""
    install()
    try:
        yield
    finally:
        uninstall()
