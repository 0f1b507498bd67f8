"""Addresses: the key of everything that dynaprov names.

An address says which part of which table a value, a change or an operation is about, in the words
of the spec (never a physical AWS name).  It is the key of every map, of the JSON documents, of
``--target`` and of test ids.  Nothing here knows what the parts mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

#: First words of addresses that belong to the environment and not to one table.  A table cannot
#: have one of these as its name in the spec; a test compares the set with the registered kinds.
ENVIRONMENT_PARTS = frozenset(
    {"kms-key", "topic", "alarm", "dashboard", "access-policy", "vpc-endpoint"}
)


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where something stands: ``table``, ``table/part``, ``table/part/name`` or ``part[/name]``.

    ``table`` is the table's name in the spec, empty for what belongs to the whole environment.
    ``name`` may itself contain slashes (``log-metadata/alarm/ServiceIndex/read-throttles``).
    """

    table: str
    part: str = ""
    name: str = ""

    def __str__(self) -> str:
        return "/".join(word for word in (self.table, self.part, self.name) if word)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read what ``str(address)`` wrote.

        Raises:
            ValueError: when the text is empty.
        """
        if not text:
            raise ValueError("an address is empty")
        first, _, rest = text.partition("/")
        if first in ENVIRONMENT_PARTS:
            return cls("", first, rest)
        part, _, name = rest.partition("/")
        return cls(first, part, name)

    def child(self, word: str) -> Address:
        """The address one level below this one (``kms-key`` -> ``kms-key/tags``)."""
        if not self.part:
            return Address(self.table, word)
        return Address(self.table, self.part, f"{self.name}/{word}" if self.name else word)

    def matches(self, pattern: str) -> bool:
        """Whether ``--target PATTERN`` means this address or something above it.

        The pattern is a shell pattern over the printed address; naming a table means all of it.
        """
        text = str(self)
        return fnmatchcase(text, pattern) or fnmatchcase(text, pattern.rstrip("/") + "/*")
