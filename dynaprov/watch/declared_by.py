"""The commit that last touched a declaration, asked of git.

git is run as a program: no shell, no pager, no hooks (``blame`` has none), no file system monitor,
no text conversion, no lock, no prompt, no fetching of what a partial clone lacks, and nothing of
``GIT_*`` from the environment, so that the repository is the one that the file lies in.  A clean
filter that the user's own configuration sets for the file does run: what is committed went through
it.  git may be missing, and the file need not be in a repository: then the commit says so in words.
Nothing is ever raised.
"""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dynaprov.model.attribution import Commit
from dynaprov.model.source import Position

#: How long git may take for one file.
TIMEOUT_SECONDS = 20
#: Where git's object names are nothing but zeros, the line is not committed.
_ZEROS = frozenset("0")

#: Runs a program in an environment: its exit code, its output, its complaints.
Runner = Callable[[Sequence[str], Mapping[str, str]], tuple[int, str, str]]


def declared_by(positions: Iterable[Position], run: Runner | None = None) -> dict[Position, Commit]:
    """The commits of these places in spec files, one run of git for each file.

    Args:
        positions: places of a spec; their files as the spec names them.
        run: runs git; tests give their own.
    """
    by_file: defaultdict[str, list[Position]] = defaultdict(list)
    for each in dict.fromkeys(positions):
        by_file[each.file].append(each)
    found: dict[Position, Commit] = {}
    for file, places in by_file.items():
        found |= _of_file(file, places, run or _run)
    return found


def _of_file(file: str, places: Sequence[Position], run: Runner) -> dict[Position, Commit]:
    path = Path(file)
    if not file or not path.is_file():
        return _all(places, "it is not written in a file")
    lines = sorted({max(each.line, 1) for each in places})
    # fmt: off
    command = [
        "git", "-C", str(path.parent.absolute()), "--no-pager", "--no-optional-locks",
        "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
        "blame", "--porcelain", "--no-textconv", "--no-progress",
        *(word for line in lines for word in ("-L", f"{line},{line}")),
        "--", path.name,
    ]
    # fmt: on
    try:
        code, out, complaint = run(command, _environment())
    except FileNotFoundError:
        return _all(places, "git is not installed")
    except subprocess.TimeoutExpired:
        return _all(places, f"git took longer than {TIMEOUT_SECONDS} s")
    except OSError as problem:
        return _all(places, f"git could not be run: {problem.strerror or problem}")
    if code != 0:
        return _all(places, _why(complaint))
    blamed = _parsed(out)
    return {
        each: blamed[line](each) if line in blamed else Commit(each, problem="git says nothing")
        for each in places
        for line in [max(each.line, 1)]
    }


def _all(places: Iterable[Position], problem: str) -> dict[Position, Commit]:
    return {each: Commit(each, problem=problem) for each in places}


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PAGER": "cat",
        "LC_ALL": "C",
    }


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    done = subprocess.run(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout, done.stderr


def _why(complaint: str) -> str:
    """The complaint of git in our words; its own where we have none."""
    text = complaint.strip()
    if "not a git repository" in text:
        return "the file is in no git repository"
    if "no such path" in text or "no such ref" in text:
        return "the file is not committed"
    if "dubious ownership" in text:
        return "git does not trust the repository: it belongs to another user"
    first = text.splitlines()[0] if text else "no reason given"
    return f"git: {first.removeprefix('fatal: ')}"


def _parsed(out: str) -> dict[int, Callable[[Position], Commit]]:
    """Commits by line of the file, from ``--porcelain``, which describes each commit once."""
    about: defaultdict[str, dict[str, str]] = defaultdict(dict)
    lines: dict[int, str] = {}
    name = ""
    for text in out.split("\n"):
        if text.startswith("\t"):
            name = ""
            continue
        first, _, rest = text.partition(" ")
        if not name and len(first) >= 40:
            name = first
            lines[int(rest.split(" ")[1])] = name
        elif name:
            about[name][first] = rest
    return {line: _maker(name, about[name]) for line, name in lines.items()}


def _maker(name: str, about: Mapping[str, str]) -> Callable[[Position], Commit]:
    def made(position: Position) -> Commit:
        if set(name) <= _ZEROS:
            return Commit(position, problem="the line is changed and not committed")
        seconds = about.get("author-time", "")
        return Commit(
            position,
            id=name,
            author=about.get("author", ""),
            email=about.get("author-mail", "").strip("<>"),
            time=datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None,
            summary=about.get("summary", ""),
        )

    return made
