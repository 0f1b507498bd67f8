"""All entries: what must be found, and what must stay silent."""

from __future__ import annotations

from support.drift_catalogue import alike, resources, settings, under_way
from support.drift_catalogue.entry import Entry

DRIFT: list[Entry] = [*settings.ROWS, *resources.ROWS]
SILENT: list[Entry] = [*alike.ROWS, *under_way.ROWS]
ENTRIES: list[Entry] = [*DRIFT, *SILENT]
