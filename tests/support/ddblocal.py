"""DynamoDB Local: fetched by Maven, started on the loopback, ended with whoever started it.

Nothing is installed: a JDK and Maven have to be there, and Maven has to reach its registry or have
everything in its own cache.  ``Unavailable`` says in one line what is missing.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import IO

HERE = Path(__file__).parents[1] / "ddblocal"
POM = HERE / "pom.xml"
LAUNCHER = HERE / "Loopback.java"
LIBRARIES = HERE / "target" / "libraries"

LEAST_JAVA = 17
DOWNLOAD_SECONDS = 600
START_SECONDS = 60
END_SECONDS = 10

#: As it was before the tests moved the home away: Maven's own settings and cache stand there.
SURROUNDINGS = dict(os.environ)


class Unavailable(Exception):
    """Why DynamoDB Local cannot be had here, in one line."""


@dataclass
class Server:
    """A running DynamoDB Local."""

    url: str
    pid: int
    errors: list[str] = field(default_factory=list)


def version() -> str:
    """The version that is asked for."""
    found = re.search(
        r"<artifactId>DynamoDBLocal</artifactId>\s*<version>([^<]+)<", POM.read_text()
    )
    assert found
    return found[1]


def java(surroundings: Mapping[str, str] = SURROUNDINGS) -> str:
    """The path of a Java that can compile and is young enough.

    Raises:
        Unavailable: when there is none.
    """
    home = surroundings.get("JAVA_HOME", "")
    path = shutil.which("java", path=f"{home}/bin" if home else surroundings.get("PATH"))
    if path is None:
        raise Unavailable(f"there is no Java here; it needs a JDK of {LEAST_JAVA} or newer")
    modules = _said([path, "--list-modules"], surroundings)
    release = re.search(r"^java\.base@(\d+)", modules, re.MULTILINE)
    if release is None or int(release[1]) < LEAST_JAVA:
        raise Unavailable(f"the Java here is older than {LEAST_JAVA}")
    if "jdk.compiler@" not in modules:
        raise Unavailable("the Java here cannot compile; it needs a JDK, not only a runtime")
    return path


def libraries(
    surroundings: Mapping[str, str] = SURROUNDINGS,
    folder: Path = LIBRARIES,
    seconds: float = DOWNLOAD_SECONDS,
) -> Path:
    """The folder with DynamoDB Local and what it needs, brought by Maven when it is not there.

    Raises:
        Unavailable: without Maven, or when Maven cannot bring it in time.
    """
    stamp = folder / "from-pom"
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    maven = shutil.which("mvn", path=surroundings.get("PATH"))
    if maven is None:
        raise Unavailable("there is no Maven (mvn) here, which brings DynamoDB Local")
    shutil.rmtree(folder, ignore_errors=True)
    command = [maven, "-B", "-ntp", "-q", "-f", str(POM), "dependency:copy-dependencies"]
    _bring([*command, f"-DoutputDirectory={folder}"], surroundings, seconds)
    stamp.write_text(wanted)
    return folder


def _bring(command: list[str], surroundings: Mapping[str, str], seconds: float) -> None:
    """Run Maven, and end it with everything that it started when it takes too long."""
    with subprocess.Popen(
        command,
        env=dict(surroundings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as maven:
        try:
            said, _ = maven.communicate(timeout=seconds)
        except BaseException as exc:
            with suppress(ProcessLookupError):
                os.killpg(maven.pid, signal.SIGKILL)
            if isinstance(exc, subprocess.TimeoutExpired):
                problem = f"Maven did not bring DynamoDB Local within {seconds:g} s"
                raise Unavailable(problem) from None
            raise
    if maven.returncode:
        first = next((line for line in said.splitlines() if "[ERROR]" in line), said[-300:])
        plain = re.sub(r"\x1b\[[0-9;]*m|\[ERROR\]|-> \[Help 1\]", "", " ".join(first.split()))
        raise Unavailable(f"Maven cannot bring DynamoDB Local: {plain.strip()[:300]}")


@contextmanager
def server(path: str, folder: Path, *, slow: bool = False) -> Iterator[Server]:
    """DynamoDB Local on a free port of 127.0.0.1, for as long as the block runs.

    Raises:
        Unavailable: when it has no native library for this machine.
    """
    command = [
        path,
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Djava.net.preferIPv4Stack=true",
        f"-Dsqlite4java.library.path={folder}",
        "-cp",
        f"{folder}/*",
        str(LAUNCHER),
        *(["--slow"] if slow else []),
    ]
    process = subprocess.Popen(
        command,
        # Its standard input is a pipe of ours, which ends with us however we end.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.defpath, "DDB_LOCAL_TELEMETRY": "0"},
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    errors: list[str] = []
    reader = Thread(target=errors.extend, args=(process.stderr,), daemon=True)
    reader.start()
    try:
        port = _first_line(process.stdout)
        if not port:
            process.kill()
            process.wait()
            reader.join()
            raise _not_started(errors)
        yield Server(f"http://127.0.0.1:{port}", process.pid, errors)
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join()
        process.stdout.close()
        process.stderr.close()


def _first_line(stream: IO[str]) -> str:
    """The first line that comes in time, else nothing."""
    lines: list[str] = []
    reader = Thread(target=lambda: lines.append(stream.readline()), daemon=True)
    reader.start()
    reader.join(START_SECONDS)
    return lines[0].strip() if lines else ""


def _not_started(errors: list[str]) -> Exception:
    said = "".join(errors)
    if "UnsatisfiedLinkError" in said or "sqlite4java" in said:
        machine = f"{platform.system()} {platform.machine()}"
        return Unavailable(f"DynamoDB Local has no native library for {machine}")
    return RuntimeError(f"DynamoDB Local did not start:\n{said[-2000:]}")


def _said(command: list[str], surroundings: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command, env=dict(surroundings), capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
