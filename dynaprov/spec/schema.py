"""JSON Schema of the spec files, made from the kinds, for editors and other tools.

Deterministic: the same kinds give the same text.  ``python -m dynaprov.spec.schema DIRECTORY``
writes the committed files that the first line of every spec file points at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from dynaprov.kinds import KINDS
from dynaprov.model.kind import Kind
from dynaprov.model.setting import State
from dynaprov.spec.documents import EnvironmentHead, ProjectHead, TableHead, grammar

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DOCUMENTS = ("project", "table", "environment")
_NONE = {"enum": ["none", False]}

Schema = dict[str, Any]


def schema_documents(kinds: tuple[Kind, ...] = KINDS) -> dict[str, Schema]:
    """The schemas by document: ``project``, ``table``, ``environment``, and ``spec`` for any."""
    words = grammar(kinds)
    table_models: list[type[State]] = [TableHead, *([words.table] if words.table else [])]
    sections = words.table_sections
    whole = _document("A table of the spec.", table_models, sections)
    if words.table is not None and "partition_key" in whole["properties"]:
        whole["required"] = ["partition_key"]
    part = _partial(_document("What tables have here.", table_models, sections))
    environment_sections = words.environment_sections
    project = _partial(
        _document("What all environments have in common.", (ProjectHead,), environment_sections)
    )
    environment = _partial(_document("One environment.", (EnvironmentHead,), environment_sections))
    _embed(project, part, ("defaults",))
    _embed(environment, part, ("defaults", "tables"))
    made = {"project": project, "table": whole, "environment": environment}
    made["spec"] = _any(made)
    return {name: _sorted_definitions(name, schema) for name, schema in made.items()}


def schema_text(schema: Schema) -> str:
    """A schema as the committed files have it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _document(
    description: str, heads: Iterable[type[State]], sections: Mapping[str, type[State]]
) -> Schema:
    """One document: the fields of its heads, then its sections."""
    models = [*heads, *sections.values()]
    keys, definitions = models_json_schema(
        [(model, "validation") for model in models], by_alias=True
    )
    found: Schema = definitions.get("$defs", {})
    properties: Schema = {}
    used = set()
    for head in heads:
        reference = keys[(head, "validation")]["$ref"].rpartition("/")[2]
        properties |= found[reference]["properties"]
        used.add(reference)
    for name, model in sections.items():
        properties[name] = {"anyOf": [keys[(model, "validation")], _NONE]}
    kept = {name: schema for name, schema in found.items() if name not in used}
    return {
        "description": description,
        "type": "object",
        "properties": {name: _clean(schema) for name, schema in properties.items()},
        "additionalProperties": False,
        "$defs": {name: _clean(schema) for name, schema in kept.items()},
    }


def _clean(schema: Any) -> Any:
    """Without what says nothing to a reader: generated titles, and defaults.

    An undeclared setting has no default: it is left alone.
    """
    if isinstance(schema, list):
        return [_clean(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    named = {"properties", "$defs"}
    schema = _bounded_lists(schema)
    return {
        key: {name: _clean(each) for name, each in value.items()} if key in named else _clean(value)
        for key, value in schema.items()
        if key not in ("title", "default")
    }


def _bounded_lists(schema: Schema) -> Schema:
    """Bounds that pydantic puts beside alternatives of which one is a list belong to the list.

    It writes them as lengths of text, which would refuse a right value (a key by its name alone).
    """
    bounds = {"maxLength": "maxItems", "minLength": "minItems"}
    options = schema.get("anyOf")
    if options is None or not bounds.keys() & schema.keys():
        return schema
    moved = {bounds[key]: schema[key] for key in bounds if key in schema}
    kept = {key: value for key, value in schema.items() if key not in bounds}
    kept["anyOf"] = [{**o, **moved} if o.get("type") == "array" else o for o in options]
    return kept


def _partial(schema: Any) -> Any:
    """The schema of a layer: every key may be missing."""
    if isinstance(schema, list):
        return [_partial(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _partial(value)
        for key, value in schema.items()
        if key != "required" or not isinstance(value, list)
    }


def _embed(document: Schema, part: Schema, keys: Iterable[str]) -> None:
    """Put the partial table document under ``defaults`` and ``tables``."""
    body = _under("table", part)
    definitions = {f"table.{key}": value for key, value in body.pop("$defs").items()}
    document["$defs"] = {**document["$defs"], **definitions, "table": body}
    reference = {"$ref": "#/$defs/table"}
    described = {
        "defaults": {**reference, "description": "What every table has, the weakest word on it."},
        "tables": {
            "type": "object",
            "description": "What single tables have here, by name; the strongest word on them.",
            "additionalProperties": reference,
        },
    }
    document["properties"] |= {key: described[key] for key in keys}


def _under(name: str, schema: Schema) -> Schema:
    """The same schema with its references to definitions that are called ``<name>.<...>``."""
    moved: Schema = json.loads(json.dumps(schema).replace('"#/$defs/', f'"#/$defs/{name}.'))
    return moved


def _any(made: Mapping[str, Schema]) -> Schema:
    """One schema for any of the documents, each with its definitions under its own name."""
    definitions: Schema = {}
    for name, schema in made.items():
        own = _under(name, schema)
        definitions |= {f"{name}.{key}": value for key, value in own.pop("$defs").items()}
        definitions[name] = own
    return {
        "description": "Any spec file.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in made],
        "$defs": definitions,
    }


def _sorted_definitions(name: str, schema: Schema) -> Schema:
    definitions = schema.pop("$defs")
    return {
        "$schema": DIALECT,
        "title": f"dynaprov {name}",
        **schema,
        "$defs": {key: definitions[key] for key in sorted(definitions)},
    }


def write_schemas(directory: Path, kinds: tuple[Kind, ...] = KINDS) -> list[Path]:
    """Write the three documents' schemas as ``<directory>/<document>.json``."""
    directory.mkdir(parents=True, exist_ok=True)
    made = schema_documents(kinds)
    written = []
    for name in DOCUMENTS:
        path = directory / f"{name}.json"
        path.write_text(schema_text(made[name]), encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1] if len(sys.argv) > 1 else "specs/.schema"))
