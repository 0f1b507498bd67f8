"""The outputs of an environment in the forms that other programs read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dynaprov.model.masking import masked_values
from dynaprov.model.visible import harmless, json_text

FORMATS = ("table", "json", "yaml", "dotenv")

#: Strings that YAML reads as themselves without quotes.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "none", "y", "n", "nan"})


def written(outputs: Mapping[str, Any], form: str) -> str:
    """The outputs as text, with a line end.

    Args:
        outputs: names to JSON values.
        form: one of ``FORMATS``.
    """
    writers: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
        "json": _json,
        "yaml": _yaml,
        "dotenv": _dotenv,
        "table": _table,
    }
    return writers[form](masked_values(outputs))


def explained(values: Sequence[tuple[str, Any, str]]) -> str:
    """Values with their paths, one per line, and behind each the place that decided it."""
    rows = [
        (harmless(f"{path}: {_yaml_scalar(value)}"), harmless(source))
        for path, value, source in masked_values(values)
    ]
    width = min(max((len(text) for text, _ in rows), default=0), 60)
    return "".join(f"{text.ljust(width)}  # {source}\n" for text, source in rows)


def _json(outputs: Mapping[str, Any]) -> str:
    return json_text(outputs) + "\n"


def _yaml(outputs: Mapping[str, Any]) -> str:
    return "".join(f"{row}\n" for row in _yaml_lines(outputs, ""))


def _yaml_lines(value: Mapping[str, Any], lead: str) -> Iterator[str]:
    for name, each in value.items():
        key = _yaml_scalar(str(name))
        if isinstance(each, Mapping) and each:
            yield f"{lead}{key}:"
            yield from _yaml_lines(each, lead + "  ")
        elif isinstance(each, list) and each:
            yield f"{lead}{key}:"
            for item in each:
                yield f"{lead}  - {_yaml_scalar(item)}"
        else:
            yield f"{lead}{key}: {_yaml_scalar(each)}"


def _yaml_scalar(value: Any) -> str:
    """JSON is YAML; only words that are surely strings go without quotes."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    # YAML refuses characters that cannot be printed, and knows no surrogates.
    return "".join(
        c if c.isprintable() and harmless(c) == c else f"\\U{ord(c):08x}" for c in quoted
    )


def _dotenv(outputs: Mapping[str, Any]) -> str:
    return "".join(f"{name}={_quoted(value)}\n" for name, value in flat(outputs, "_", _variable))


def _variable(word: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", word).upper()


def _quoted(value: Any) -> str:
    """A value for a .env file; single quotes keep shells from reading anything into it."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    if re.fullmatch(r"[A-Za-z0-9_./:@%+,-]*", text):
        return text
    text = harmless(text)
    return "'" + text.replace("'", "'\\''") + "'"


def _table(outputs: Mapping[str, Any]) -> str:
    rows = []
    for name, value in outputs.items():
        rows.append(harmless(name))
        entries = value if isinstance(value, Mapping) else {"": value}
        pairs = [(harmless(key), harmless(_cell(each))) for key, each in flat(entries, ".", str)]
        width = max((len(key) for key, _ in pairs), default=0)
        rows += ["  " + f"{key.ljust(width)}  {each}".strip() for key, each in pairs]
        rows.append("")
    return "\n".join(rows).rstrip("\n") + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return "none" if value is None else json.dumps(value) if isinstance(value, bool) else str(value)


def flat(
    value: Mapping[str, Any], joint: str, name: Callable[[str], str]
) -> Iterator[tuple[str, Any]]:
    """All leaves of nested mappings with their joined names."""
    for key, each in value.items():
        if isinstance(each, Mapping):
            for below, leaf in flat(each, joint, name):
                yield f"{name(str(key))}{joint}{below}", leaf
        else:
            yield name(str(key)), each
