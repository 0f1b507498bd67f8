"""Figures out of samples, the targets, and the Markdown that is printed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from programs import Sample

OURS, FLOOR = "dynaprov", "floor"
#: The floor of a start, and the most that ours may be, as a multiple of its processor time.
START, START_TARGET = "import click", 1.5

#: Most that the wall time may be, as a multiple of the floor's: by command and number of tables.
WALL_TARGETS = {"diff": ((4, 1.0), (400, 1.1)), "apply": ((400, 1.2),)}

#: At AWS's rates: throttled calls of 100, and the wall time as a multiple of what the rates allow.
MOST_THROTTLED, MOST_OVER_BOUND = 1.0, 1.1
#: With very many tables: megabytes, and the time that is not waiting for AWS, in 100.
MOST_MEGABYTES, MOST_THINKING = 300, 10


def figures(samples: Sequence[Sample], round_trips: int | None) -> dict[str, Any]:
    """What is kept of several runs of one program.

    Without a count of round trips of its own, the fewest of the runs is taken.
    """
    seconds = [sample.seconds for sample in samples]
    traffic = [sample.traffic for sample in samples if sample.traffic]
    counted: dict[str, Any] = {}
    if traffic:
        fewest = min(each["round_trips"] for each in traffic)
        counted = {
            "calls": traffic[-1]["calls"],
            "failed": traffic[-1]["failed"],
            "total": median(each["total"] for each in traffic),
            "chain": fewest,
            "round_trips": round_trips,
            "at_once": max(each["at_once"] for each in traffic),
            "connections": traffic[-1]["connections"],
            "proxy_cpu": median(each["cpu"] for each in traffic),
        }
    return {
        "median": median(seconds),
        "fastest": min(seconds),
        "cpu": min(sample.cpu for sample in samples),
        "seconds": [round(each, 4) for each in seconds],
        "megabytes": max(sample.megabytes for sample in samples),
        **counted,
        **_phases(samples),
    }


def _phases(samples: Sequence[Sample]) -> dict[str, Any]:
    """The floor says where its time went; medians of it."""
    said = []
    for sample in samples:
        lines = sample.stderr.strip().splitlines()
        if lines and lines[-1].startswith('{"import"'):
            said.append(json.loads(lines[-1]))
    if not said:
        return {}
    return {"phases": {part: median(each[part] for each in said) for part in said[0]}}


def targets(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each target with what was measured; ``met`` is ``None`` where nothing was."""
    found = list(_start_targets(document["start"]))
    for size in document["sizes"]:
        for command, limits in WALL_TARGETS.items():
            limit = next((most for up_to, most in limits if size["tables"] <= up_to), limits[-1][1])
            ratio = _ratio(size[command], "median")
            what = f"`{command}` at {size['tables']} tables, wall time"
            found.append(_target(what, limit, ratio))
        found.append(_calls_target(size))
    if "large" in document:
        found += _large_targets(document["large"])
    if "paced" in document:
        found += _paced_targets(document["paced"])
    return found


def _paced_targets(measured: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for command in ("apply", "diff"):
        each, what = (
            measured[command],
            f"`{command}` at {measured['tables']} tables, at AWS's rates",
        )
        throttled = 100 * each["throttled"] / each["calls"]
        yield _target(f"{what}, throttled calls in 100", MOST_THROTTLED, throttled)
        yield _target(f"{what}, wall time to its bound", MOST_OVER_BOUND, each["ratio"])


def _start_targets(start: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Instructions where they could be counted, else processor time."""
    for name, each in start.items():
        if name == START:
            continue
        counted = each["instructions"] and start[START]["instructions"]
        figure, what = ("instructions", "instructions") if counted else ("cpu", "processor time")
        ratio = each[figure] / start[START][figure]
        yield _target(f"`{name}` against `{START}`, {what}", START_TARGET, ratio)


def _large_targets(measured: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    what = f"`diff` at {measured['tables']} tables"
    yield _target(f"{what}, MB of both processes", MOST_MEGABYTES, measured["together"])
    part = (measured["planning"] + measured["other"]) / measured["seconds"]
    yield _target(f"{what}, time after observing, of 100", MOST_THINKING, 100 * part)


def _calls_target(size: Mapping[str, Any]) -> dict[str, Any]:
    both = size["diff"]
    more = both[OURS]["total"] - both[FLOOR]["total"] if OURS in both else None
    return _target(f"`diff` at {size['tables']} tables, calls beyond the floor's", 0, more)


def _target(what: str, limit: float, measured: float | None) -> dict[str, Any]:
    met = None if measured is None else round(measured, 2) <= limit
    return {"what": what, "limit": limit, "measured": measured, "met": met}


def _ratio(both: Mapping[str, Any], figure: str) -> float | None:
    return float(both[OURS][figure] / both[FLOOR][figure]) if OURS in both else None


def markdown(document: Mapping[str, Any]) -> str:
    """The whole report."""
    cost = document["proxy"]
    lines = [
        f"# Benchmarks: {document['delay_ms']:g} ms added to every call",
        "",
        f"The proxy adds {cost['added_ms']:.2f} ms to a call of {cost['direct_ms']:.2f} ms without "
        f"delay, uses {cost['cpu_ms']:.2f} ms of processor time for it, and with the delay a call "
        f"that is answered from its memory takes {cost['beyond_delay_ms']:.2f} ms more than that.",
        "",
        *_start(document["start"]),
    ]
    for size in document["sizes"]:
        lines += [f"## {size['tables']} tables", "", *_wall(size)]
        for command in ("diff", "apply"):
            lines += [f"API calls of `{command}`:", "", *_calls(size[command])]
    if "large" in document:
        import large

        lines += ["## Very many tables", "", *large.markdown(document["large"])]
    if "paced" in document:
        import paced

        lines += ["## At AWS's rates, in virtual time", "", *paced.markdown(document["paced"])]
    return "\n".join([*lines, *_targets(document["targets"])])


def _start(start: Mapping[str, Any]) -> Iterator[str]:
    yield from _table(
        ("start", "median ms", "fastest ms", "processor ms", "ratio", "million instructions", "MB"),
        [
            (
                f"`{name}`",
                f"{each['median'] * 1000:.0f}",
                f"{each['fastest'] * 1000:.0f}",
                f"{each['cpu'] * 1000:.0f}",
                f"{each['cpu'] / start[START]['cpu']:.2f}",
                f"{each['instructions'] / 1e6:.0f}" if each["instructions"] else "",
                f"{each['megabytes']:.0f}",
            )
            for name, each in start.items()
        ],
    )


def _wall(size: Mapping[str, Any]) -> Iterator[str]:
    rows = []
    for command in ("diff", "apply"):
        floor = size[command][FLOOR]
        for name, each in size[command].items():
            rows.append(
                (
                    f"`{command}`",
                    name,
                    f"{each['median']:.2f}",
                    f"{each['fastest']:.2f}",
                    f"{each['median'] / floor['median']:.2f}",
                    f"{each['fastest'] / floor['fastest']:.2f}",
                    f"{each['cpu']:.2f}",
                    f"{each['total']:g}",
                    "" if each["round_trips"] is None else str(each["round_trips"]),
                    str(each["chain"]),
                    str(each["at_once"]),
                    f"{each['megabytes']:.0f}",
                    _phases_text(each),
                )
            )
    yield from _table(
        (
            "command",
            "program",
            "median s",
            "fastest s",
            "ratio",
            "ratio of fastest",
            "processor s",
            "calls",
            "round trips",
            "chain",
            "at once",
            "MB",
            "import + clients + calls, s",
        ),
        rows,
    )


def _phases_text(each: Mapping[str, Any]) -> str:
    return " + ".join(f"{seconds:.2f}" for seconds in each.get("phases", {}).values())


def _calls(programs: Mapping[str, Any]) -> Iterator[str]:
    operations = sorted({name for each in programs.values() for name in each["calls"]})
    rows = [
        (operation, *(str(each["calls"].get(operation, 0)) for each in programs.values()))
        for operation in operations
    ]
    rows.append(("all", *(str(sum(each["calls"].values())) for each in programs.values())))
    yield from _table(("operation", *programs), rows)


def _targets(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Targets"
    yield ""
    words = {True: "met", False: "**not met**", None: "not measured"}
    yield from _table(
        ("target", "at most", "measured", ""),
        [
            (
                target["what"],
                f"{target['limit']:g}",
                "" if target["measured"] is None else f"{target['measured']:.2f}",
                words[target["met"]],
            )
            for target in found
        ],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""
