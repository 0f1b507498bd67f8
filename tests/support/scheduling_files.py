"""The files of docs/how-to/scheduling, and the command lines of dynaprov in them."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "docs" / "how-to" / "scheduling"
ASSIGNMENT = re.compile(r"^[A-Z_]+=")
#: What ends a command in a shell.
ENDS = frozenset({"|", "||", "&&", ";", ">", "2>", "<", ">>", "2>&1"})


@dataclass(frozen=True)
class Cron:
    """A crontab: its environment and its one entry."""

    environment: Mapping[str, str]
    times: str
    command: str


def text(name: str) -> str:
    """A file as it is."""
    return (FOLDER / name).read_text(encoding="utf-8")


def documents(name: str) -> list[dict[str, Any]]:
    """The documents of a YAML file, with `on` as a word, not as a truth."""
    return [dict(each) for each in yaml.load_all(text(name), _Words)]


class _Words(yaml.SafeLoader):
    """YAML whose words stay words."""


_Words.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Words.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def crontab() -> Cron:
    """The crontab as cron reads it: five fields, and the rest of the line up to a bare `%`."""
    lines = [line for line in text("crontab").splitlines() if line and not line.startswith("#")]
    given = dict(line.split("=", 1) for line in lines if ASSIGNMENT.match(line))
    [entry] = [line for line in lines if not ASSIGNMENT.match(line)]
    *times, command = entry.split(maxsplit=5)
    return Cron(given, " ".join(times), re.split(r"(?<!\\)%", command)[0])


def unit(name: str) -> dict[str, list[tuple[str, str]]]:
    """The sections of a systemd unit; a key may stand there more than once."""
    sections: dict[str, list[tuple[str, str]]] = {}
    keep = configparser.ConfigParser(interpolation=None, strict=False, delimiters="=")
    keep.optionxform = str  # type: ignore[assignment, method-assign]
    keep.read_string(text(name))  # what is no unit file at all is refused here
    section = ""
    for line in text(name).splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            sections[section] = []
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            sections[section].append((key, value))
    assert list(sections) == keep.sections()
    return sections


def container() -> list[tuple[str, str]]:
    """The instructions of the container file."""
    joined = re.sub(r"\\\n\s*", "", text("Containerfile"))
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Every command line of dynaprov in these files, as (file, words after `dynaprov`)."""
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            name = path.relative_to(FOLDER).as_posix()
            for words in _lines(name):
                yield name, words


def _lines(name: str) -> Iterator[list[str]]:
    if name == "crontab":
        yield from _in_shell(crontab().command)
    elif name.endswith(".service"):
        yield from _in_shell(dict(unit(name)["Service"])["ExecStart"])
    elif name == "Containerfile":
        yield json.loads(dict(container())["CMD"])
    elif name.startswith("kubernetes"):
        for each in _containers(documents(name)):
            if each.get("command") == ["sh", "-c"]:
                yield from _in_shell(each["args"][0])
            else:
                yield each["args"]
    elif name == "lambda.yaml":
        schedule = documents(name)[0]["Resources"]["Schedule"]["Properties"]
        yield ["drift", *json.loads(schedule["Target"]["Input"])["arguments"]]
    elif name.endswith(".yml"):
        for script in _scripts(documents(name)):
            yield from _in_shell(script)


def _containers(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        yield from found.get("containers", ())
        for each in found.values():
            yield from _containers(each)
    elif isinstance(found, list):
        for each in found:
            yield from _containers(each)


def _scripts(found: Any) -> Iterator[str]:
    """What a CI runs in a shell: `run` of steps, and the lines of scripts."""
    if isinstance(found, dict):
        for key, each in found.items():
            if key == "run":
                yield each
            elif key in ("script", "before_script"):
                yield from each
            else:
                yield from _scripts(each)
    elif isinstance(found, list):
        for each in found:
            yield from _scripts(each)


def _in_shell(script: str) -> Iterator[list[str]]:
    for line in script.replace("\\\n", " ").splitlines():
        words = shlex.split(line)
        for at, word in enumerate(words):
            if word.rpartition("/")[2] == "dynaprov" and words[at - 1 : at] != ["install"]:
                rest = words[at + 1 :]
                end = next((n for n, each in enumerate(rest) if each in ENDS), len(rest))
                yield rest[:end]
