"""Measure ``drift --env all`` over a fleet on moto's server, and print the result as Markdown.

    python tests/benchmarks/fleet.py [--accounts 20] [--regions 5] [--tables 20] [--runs 1]

One account more than asked for is in the fleet whose role nobody may assume: its members have to
come out as "not compared" and all others as in sync, else the exit code is 1.  What is measured
and how to read it is in README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import programs
from servers import Server, running

REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2"),
    *("eu-central-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1"),
)
DENIED = "999999999999"
TABLE = {
    "partition_key": "id",
    "sort_key": "at",
    "indexes": {"ByOwner": {"partition_key": "owner", "projection": "ALL"}},
    "ttl": {"attribute": "expires"},
    "stream": "NEW_AND_OLD_IMAGES",
    "alarms": {"suite": "basic"},
}


@dataclass
class Run:
    """One run of the command."""

    seconds: float
    cpu: float
    megabytes: float
    server_cpu: float
    calls: int
    role_calls: int
    per_member: list[int]
    wrong: list[str]


def write(folder: Path, accounts: int, regions: int, tables: int) -> None:
    """The specs: so many tables in each account and region, and the account that is denied."""
    role = "arn:aws:iam::{account}:role/check"
    where = {"environments": ["prod"], "regions": list(REGIONS[:regions]), "role": role}
    named = [f"{100000000000 + number}" for number in range(1, accounts + 1)]
    documents: dict[str, Any] = {
        "project.yaml": {
            "project_name": "shop",
            "region": REGIONS[0],
            "billing_mode": "PAY_PER_REQUEST",
            "enable_point_in_time_recovery": True,
            "stamp": True,
            "tags": {"Team": "shop"},
            "fleet": [{**where, "accounts": named}, {**where, "accounts": [DENIED]}],
        },
        "environments/prod.yaml": {},
        **{f"tables/table-{number:03}.yaml": TABLE for number in range(tables)},
    }
    for name, document in documents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document))


def measure(
    server: Server, specs: Path, environment: dict[str, str], more: list[str], regions: int
) -> Run:
    """Run the command once."""
    before = server.ask("GET", "/benchmark/counts")
    report = Path(environment["HOME"]) / "report.json"
    command = programs.dynaprov(
        *("drift", "--env", "all", "--specs", str(specs), "--endpoint-url", server.url),
        *("--pacing", "off", "--json", *more),
    )
    begun = time.perf_counter()
    with report.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=environment["HOME"], stdout=output,
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        said = process.stderr.read().decode(errors="replace")
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    if process.returncode not in (0, 4):
        raise programs.ProgramFailed(f"exit code {process.returncode}\n{said[-4000:]}")
    after = server.ask("GET", "/benchmark/counts")
    counts = after["counts"]
    members: Counter[str] = Counter()
    of_role = 0
    for name, count in counts.items():
        key, region, service = name.split(" ")
        if service == "sts" and key == environment["AWS_ACCESS_KEY_ID"]:
            of_role += count
        elif service:
            members[f"{key} {region}"] += count
    return Run(
        seconds,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2),
        after["cpu"] - before["cpu"],
        of_role + members.total(),
        of_role,
        sorted(members.values()),
        wrong(json.loads(report.read_text()), process.returncode, regions),
    )


def wrong(document: Any, code: int, regions: int) -> list[str]:
    """What of the report is not as it must be."""
    found = []
    for each in document["checks"]:
        verdicts = {name for name, count in each["verdicts"].items() if count}
        expected = {"not-compared"} if each["account"] == DENIED else set()
        if verdicts != expected:
            found.append(f"{each['account']} {each['region']}: {verdicts or 'nothing'} was found")
    if sum(each["account"] == DENIED for each in document["checks"]) != regions or code != 4:
        found.append(f"the account that is denied is not told of, or the exit code is {code}")
    return found


def markdown(runs: list[Run], members: int) -> str:
    """The table."""
    middle = {
        name: statistics.median(getattr(each, name) for each in runs)
        for name in ("seconds", "cpu", "server_cpu", "megabytes")
    }
    last = runs[-1]
    calls = f"{last.per_member[0]} to {last.per_member[-1]}"
    share = 100 * middle["cpu"] / (middle["cpu"] + middle["server_cpu"])
    rows = {
        "members, compared": f"{members}, {len(last.per_member)}",
        "wall time": f"{middle['seconds']:.1f} s",
        "processor time of dynaprov": f"{middle['cpu']:.1f} s ({share:.0f}% of both)",
        "of it for each member": f"{1000 * middle['cpu'] / members:.0f} ms",
        "processor time of moto's server": f"{middle['server_cpu']:.1f} s",
        "calls": f"{last.calls}, {last.role_calls} of them to assume roles",
        "calls for each member": calls,
        "most memory of dynaprov": f"{middle['megabytes']:.0f} MB",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())])


def main() -> int:
    """Measure and print; 1 when the report was not as it must be."""
    parser = argparse.ArgumentParser(description="Measure a check of a whole fleet.")
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--regions", type=int, default=5, choices=range(1, len(REGIONS) + 1))
    parser.add_argument("--tables", type=int, default=20, help="of each account and region")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("more", nargs="*", help="further options of drift, after --")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dynaprov-fleet-") as directory:
        home = Path(directory)
        environment = programs.surroundings(home)
        specs, log = home / "specs", home / "server.log"
        write(specs, options.accounts, options.regions, options.tables)
        program = str(programs.HERE / "fleet_server.py")
        words = programs.python(program, "--specs", str(specs), "--denied", DENIED)
        begun = time.perf_counter()
        with running(words, environment, log) as port:
            server = Server(port)
            try:
                server.ask("GET", "/benchmark/counts", 1800)
                print(f"filled in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
                runs = []
                for _ in range(options.runs):
                    runs.append(measure(server, specs, environment, options.more, options.regions))
                    print(runs[-1], file=sys.stderr)
            except BaseException:
                sys.stderr.write(log.read_text(errors="replace")[-4000:])
                raise
    print(markdown(runs, (options.accounts + 1) * options.regions))
    problems = [each for run in runs for each in run.wrong]
    print(*problems, sep="\n", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
