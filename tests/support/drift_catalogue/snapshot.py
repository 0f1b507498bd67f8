"""A copy of all that moto keeps, so that one converged account serves every entry.

moto keeps everything in its backends, one per service, account and region.  Their contents are
pickled once and loaded before each entry; what refers to a backend refers to the living one again.
What the rule layer remembers goes with it, where there is one; its clock is not turned back, so
that the copy is taken of an account at rest.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from support.rules import Layer

#: Given by moto itself, large, and never changed: amazon's machine images and their snapshots.
_SHARED = {"ec2": frozenset({"amis", "snapshots"})}

Key = tuple[str, str, str]


def _backends() -> Iterator[tuple[Key, BaseBackend]]:
    for services in BackendDict._instances:  # moto has no other list of them
        for account, region, backend in services.iter_backends():
            yield (services.service_name, account, region), backend


class Snapshot:
    """The contents of all backends at one moment."""

    def __init__(self, layer: Layer | None = None) -> None:
        """Take it now."""
        self._layer = layer
        self._remembered = layer.world.copied() if layer else {}
        self._kept: dict[Key, dict[str, Any]] = {}
        contents: dict[Key, dict[str, Any]] = {}
        for key, backend in _backends():
            shared = _SHARED.get(key[0], frozenset())
            self._kept[key] = {name: backend.__dict__[name] for name in shared}
            contents[key] = {n: v for n, v in backend.__dict__.items() if n not in shared}
        names = {id(backend): key for key, backend in _backends()}
        names |= {id(each): (each.service_name, "", "") for each in BackendDict._instances}

        class Pickler(pickle.Pickler):
            def persistent_id(self, value: Any) -> Key | None:
                return names.get(id(value))

        written = io.BytesIO()
        Pickler(written, pickle.HIGHEST_PROTOCOL).dump(contents)
        self._pickled = written.getvalue()

    def restore(self) -> None:
        """Put everything back as it was; what was made since is gone."""
        living: dict[Key, Any] = dict(_backends())
        living |= {(each.service_name, "", ""): each for each in BackendDict._instances}

        class Unpickler(pickle.Unpickler):
            def persistent_load(self, key: Any) -> Any:
                return living[key]

        contents = Unpickler(io.BytesIO(self._pickled)).load()
        for key, backend in _backends():
            if key not in contents:
                backend.reset()
                continue
            backend.__dict__.clear()
            backend.__dict__.update(contents[key])
            backend.__dict__.update(self._kept[key])
        if self._layer is not None:
            self._layer.world.put_back(self._remembered)
