"""Running a tutorial: its blocks in order, each command in a shell, its output compared.

A block ``console`` holds commands (``$ dynaprov diff``) and what they print on stdout; a block with
``title="PATH"`` is a file that the reader writes.  What differs from run to run is masked on both
sides.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from support.clock import HANGS_SECONDS

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(?P<word>\w+)(?P<rest>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
TITLE = re.compile(r'title="([^"]+)"')

#: What is another value in every run, and what stands for it.
MASKS = (
    (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:<port>"),
    (r"revision [0-9a-f]{12}", "revision <revision>"),
    (r"Fingerprint [0-9a-f]{16}", "Fingerprint <fingerprint>"),
    (r"Journal .*", "Journal <file>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "<time>"),
    (r"(found on|until) \d{4}-\d\d-\d\d", r"\1 <day>"),
    (r"key/[0-9a-f-]{36}", "key/<id>"),
    (r"stream/[0-9T:.\-]+", "stream/<time>"),
    (r"\(\d+\.\d s\)", "(<seconds>)"),
)


@dataclass(frozen=True)
class Block:
    """A block of the page: a file to write, or commands with what they print."""

    start: int
    end: int
    file: str
    text: str

    def commands(self) -> list[str]:
        """The commands, in order."""
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]


def blocks(page: str) -> Iterator[Block]:
    """The blocks of the page that a reader acts on."""
    for found in BLOCK.finditer(page):
        title = TITLE.search(found["rest"])
        if found["word"] == "console" or title:
            file = title[1] if title else ""
            yield Block(found.start("text"), found.end("text"), file, found["text"])


def masked(text: str) -> str:
    """The text with a placeholder for whatever differs from run to run."""
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return text


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of a reader: `dynaprov` and `python` on the path, a state of their own."""
    programs = folder / "bin"
    programs.mkdir()
    for name, words in {"dynaprov": "-m dynaprov", "python": ""}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "DYNAPROV_STATE_DIR": str(folder / "state"),
        "COLUMNS": "100",
    }


def played(page: str, folder: Path, environment: Mapping[str, str]) -> str:
    """The page with the output that its commands really print."""
    made, at = [], 0
    for block in blocks(page):
        made.append(page[at : block.start])
        at = block.end
        made.append(block.text if block.file else _run(block, folder, environment))
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
    return "".join([*made, page[at:]])


def _run(block: Block, folder: Path, environment: Mapping[str, str]) -> str:
    lines = []
    for command in block.commands():
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=HANGS_SECONDS,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        lines += [f"$ {command}", *(line.rstrip() for line in done.stdout.splitlines())]
    return "\n".join(lines) + "\n"
