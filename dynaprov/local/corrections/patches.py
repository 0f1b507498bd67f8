"""How a correction replaces one method of moto, and gives it back.

Lives here: the list of replacements with install and undo, the one lock, and paging by position.
Must not live here: anything about a service.

Every corrected method runs under one lock. moto itself has none: two threads that create the same
name, or one that lists while another creates, can meet in the middle of its loops. All of it is
short work in memory, so a single reentrant lock costs nothing that the interpreter's own does not.
"""

import functools
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any, TypeVar

LOCK = RLock()

_MISSING = object()
_Function = TypeVar("_Function", bound=Callable[..., Any])
_Item = TypeVar("_Item")


class Patches:
    """Replacements of attributes of moto's classes and modules, installed and undone as one."""

    def __init__(self) -> None:
        self._wanted: list[tuple[Any, str, Callable[..., Any], bool]] = []
        self._before: list[tuple[Any, str, Any]] = []

    def around(
        self, owner: Any, name: str, *, locked: bool = True
    ) -> Callable[[_Function], _Function]:
        """Replace a method or function by the decorated one, which gets the original first.

        Args:
            owner: The class or module that holds it.
            name: Its name there.
            locked: Whether it runs under the lock; not for what may call over the network.
        """

        def register(replacement: _Function) -> _Function:
            self._wanted.append((owner, name, replacement, locked))
            return replacement

        return register

    def added(self, owner: Any, name: str) -> Callable[[_Function], _Function]:
        """Add the decorated method, which moto lacks, to a class."""

        def register(addition: _Function) -> _Function:
            @functools.wraps(addition)
            def without_original(_original: Any, *args: Any, **kwargs: Any) -> Any:
                return addition(*args, **kwargs)

            self._wanted.append((owner, name, without_original, True))
            return addition

        return register

    def serialised(self, owner: Any, *names: str) -> None:
        """Run moto's own methods under the lock, as they loop over what others change."""
        for name in names:
            self._wanted.append((owner, name, _unchanged, True))

    def install(self) -> bool:
        """Put the replacements in place; returns whether they were not there yet."""
        if self._before:
            return False
        for owner, name, replacement, locked in self._wanted:
            before = vars(owner).get(name, _MISSING)
            self._before.append((owner, name, before))
            corrected: Any = _bound(getattr(owner, name, None), replacement, locked)
            if isinstance(before, staticmethod):
                corrected = staticmethod(corrected)
            setattr(owner, name, corrected)
        return True

    def undo(self) -> None:
        """Give back what was there before."""
        while self._before:
            owner, name, before = self._before.pop()
            if before is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)


def _unchanged(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return original(*args, **kwargs)


def _bound(original: Any, replacement: Callable[..., Any], locked: bool) -> Callable[..., Any]:
    # moto finds the operations of a service with inspect.isfunction: this must be a plain function.
    @functools.wraps(replacement if original is None else original)
    def corrected(*args: Any, **kwargs: Any) -> Any:
        if not locked:
            return replacement(original, *args, **kwargs)
        with LOCK:
            return replacement(original, *args, **kwargs)

    return corrected


def page(items: Sequence[_Item], token: str | None, size: int) -> tuple[list[_Item], str | None]:
    """Cut one page; the token is the position of its first item.

    Args:
        items: Everything, in an order that stays.
        token: What the page before gave back, if any.
        size: The most items to give.

    Returns:
        The items of the page, and the token of the next one or None.

    Raises:
        ValueError: The token is not one of ours.
    """
    start = int(token) if token else 0
    end = start + size
    return list(items[start:end]), str(end) if end < len(items) else None
