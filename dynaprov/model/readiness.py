"""Readiness: whether applications can read what the spec declares, thing by thing.

Values only; ``kinds/table/readiness.py`` finds them out.
"""

from __future__ import annotations

from dataclasses import dataclass

from dynaprov.model.address import Address


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether code that reads a table or an index may be deployed.

    Attributes:
        address: the table, or one of its global indexes.
        resource: the physical name of the table.
        safe_to_deploy: it can be read, and is the one that the spec declares.
        status: AWS's word for it (``ACTIVE``, ``CREATING``); empty where it does not exist.
        reason: why it is not safe; empty when it is.
        in_time: whether it becomes safe by itself; ``False`` too where it is safe already.
    """

    address: Address
    resource: str
    safe_to_deploy: bool
    status: str = ""
    reason: str = ""
    in_time: bool = False
