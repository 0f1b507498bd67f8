"""What AWS is still at work on: told as such, and no difference.

On the tests' model of AWS (``support.rules``), where work takes its time; each entry has an account
of its own, since the model's clocks cannot be turned back.  While a value that is seen is being
changed away from what is declared or back to it, AWS shows the old one: a check then tells both.
"""

from __future__ import annotations

from support.breaking import tables
from support.breaking.tables import update
from support.drift_catalogue.entry import Entries, Found
from support.drift_catalogue.place import Stage

DONE = Entries()
AT_WORK = [Found("orders", "", "in-progress", "low")]


@DONE("index-being-built", AT_WORK, place="work")
def index(stage: Stage) -> None:
    """An index was declared and applied, and is still being built."""
    stage.respecify(
        "tables.orders.indexes.ByDay.partition_key=day",
        "tables.orders.indexes.ByDay.projection=ALL",
    )
    stage.world.apply(stage.spec, patient=False)


@DONE("time-to-live-being-enabled", place="work")
def time_to_live(_: Stage) -> None:
    """Time to live is switched off and on again; it is still ENABLING."""
    tables.ttl("expires", on=False)
    tables.ttl("expires", on=True)


@DONE("stream-being-enabled", AT_WORK, place="work")
def stream(_: Stage) -> None:
    """A stream is switched off and on again; the table is still UPDATING."""
    update("orders", StreamSpecification={"StreamEnabled": False})
    update("orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})


@DONE("warm-throughput-being-raised", AT_WORK, place="work")
def warm(_: Stage) -> None:
    """Warm throughput is being raised."""
    update("orders", WarmThroughput={"ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 8_000})


ROWS = DONE.rows
