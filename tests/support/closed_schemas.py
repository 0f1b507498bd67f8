"""The schemas of the documents, closed: a member that they do not know is an error."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from dynaprov.report.document_schema import document_schemas


def closed(schema: Any) -> Any:
    """The schema with every object that names its members holding no others."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(each) for key, each in schema.items()}
    if "properties" in made and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def problems(name: str, document: Any) -> list[str]:
    """What is wrong with a document by its closed schema."""
    validator = Draft202012Validator(
        closed(document_schemas()[name]), format_checker=FormatChecker()
    )
    return [f"{each.json_path}: {each.message[:300]}" for each in validator.iter_errors(document)]
