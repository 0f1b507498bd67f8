"""Whether tables and indexes can be read, as members of a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynaprov.model.readiness import Readiness


def readiness_document(rows: Sequence[Readiness]) -> dict[str, Any]:
    """Whether code that reads these tables and indexes may be deployed, and why not."""
    return {
        "safe_to_deploy": bool(rows) and all(row.safe_to_deploy for row in rows),
        "readiness": [
            {
                "address": str(row.address),
                "resource": row.resource,
                "safe_to_deploy": row.safe_to_deploy,
                "status": row.status,
                "reason": row.reason,
                "in_time": row.in_time,
            }
            for row in rows
        ],
    }
