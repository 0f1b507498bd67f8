"""What a recorded call says of a setting: one row of the table in ``explanations``.

A row names an API, where in its recorded request the value stands, and what else the request must
say.  CloudTrail writes parameters in lower camel case (``sSESpecification``); names are compared
without case.  A call that overwrites the whole thing (PutMetricAlarm) explains a setting even where
the record leaves its value out; one that changes only what it names (UpdateTable) does not.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dynaprov.watch.trail import Event


class _Absent:
    """The record does not say the value; ``None`` is a value (explicitly none)."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Row:
    """A call that sets something.

    Attributes:
        service: of the event, without its domain.
        name: of the API.
        at: where the value stands, as words with dots; ``[word]`` keeps the entries of a list that
            mention the question's word of that name (``[index]``), ``{word}`` is that word.  Empty:
            the call has no value.
        whole: it sets this whether or not the record has the value.
        where: parameters that must have this text; ``{word}`` is the question's, and an empty text
            means that the parameter is not there.  After a name that ends in ``?`` an empty text
            means that it is not known and anything will do.
        value: what the call says, where it says always the same.
        read: from the recorded value to the setting's.
    """

    service: str
    name: str
    at: str = ""
    whole: bool = False
    where: tuple[tuple[str, str], ...] = ()
    value: Any = ABSENT
    read: Callable[[Any], Any] | None = None

    def explains(self, event: Event, words: Mapping[str, str]) -> bool:
        """Whether the event is such a call."""
        if event.name != self.name or event.service != self.service:
            return False
        if not all(self._says(event, key, text.format_map(words)) for key, text in self.where):
            return False
        return self.whole or not self.at or self._found(event, words) is not ABSENT

    def said(self, event: Event, words: Mapping[str, str]) -> Any:
        """The value that the event set; ``ABSENT`` where the record does not say."""
        if not self.at:
            return self.value
        found = self._found(event, words)
        if found is ABSENT or self.value is not ABSENT:
            return ABSENT if found is ABSENT else self.value
        return self.read(found) if self.read else found

    def _found(self, event: Event, words: Mapping[str, str]) -> Any:
        return next(_at(event.parameters, self.at.split("."), words), ABSENT)

    def _says(self, event: Event, key: str, text: str) -> bool:
        if key.endswith("?"):
            if not text:
                return True
            key = key[:-1]
        found = str(next(_at(event.parameters, key.split("."), {}), ""))
        # SNS hides some endpoints: HIDDEN_DUE_TO_SECURITY_REASONS.
        return found.lower() == text.lower() or found.startswith("HIDDEN")


def _at(value: Any, path: list[str], words: Mapping[str, str]) -> Iterator[Any]:
    if not path:
        yield value
        return
    if not isinstance(value, Mapping):
        return
    head, _, word = path[0].format_map(words).rstrip("]").partition("[")
    for key, inner in value.items():
        if key.lower() != head.lower():
            continue
        if not word:
            yield from _at(inner, path[1:], words)
        elif isinstance(inner, list):
            for entry in inner:
                if _mentions(entry, words.get(word, "")):
                    yield from _at(entry, path[1:], words)


def _mentions(entry: Any, text: str) -> bool:
    if isinstance(entry, Mapping):
        return any(_mentions(each, text) for each in entry.values())
    return isinstance(entry, str) and (entry == text or entry.endswith(f":{text}"))
