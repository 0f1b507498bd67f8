"""Tables: everything that CreateTable and UpdateTable manage, which is why it is one kind.

Keys, billing mode, throughput, global and local indexes, stream, encryption, table class and
deletion protection interact: AWS takes one logical change per UpdateTable and one change per table
at a time.  ``state`` holds the settings, ``checks`` the rules of a valid spec, ``reading`` what
DescribeTable says, ``operations`` the calls, ``kind`` ties them together.
"""

from __future__ import annotations

from dynaprov.kinds.table.kind import KIND
from dynaprov.kinds.table.reading import describe_table
from dynaprov.kinds.table.state import Capacity, IndexState, Key, TableSection, TableState

__all__ = [
    "KIND",
    "Capacity",
    "IndexState",
    "Key",
    "TableSection",
    "TableState",
    "describe_table",
]
