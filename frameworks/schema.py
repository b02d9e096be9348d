"""The JSON Schema of a framework's file, which editors' programs check YAML by as it is typed."""

import json

from .document import FrameworkFile

# What people type as a bare number in YAML, and we read as they typed it.
_BARE_NUMBERS = {"PMID", "issued"}


def json_schema() -> dict:
    """The schema (draft 2020-12) of `frameworks/<slug>.yaml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_tidied(FrameworkFile.model_json_schema()),
    }


def as_text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidied(schema: dict) -> dict:
    """Without what only pydantic means: nulls (what is not there is left out), and titles that repeat names."""
    schema = {name: value for name, value in schema.items() if not (name == "default" and value is None)}
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    for kind in kinds:
        schema = {**kind, **schema}
    for holder in ("properties", "$defs"):
        if holder in schema:
            schema[holder] = {name: _tidied(part) for name, part in schema[holder].items()}
    for name, part in schema.get("properties", {}).items():
        part.pop("title", None)
        if name in _BARE_NUMBERS:
            part["type"] = [part["type"], "integer"]
    return schema
