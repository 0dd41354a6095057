"""Validates JSON against the part of JSON Schema that our schema files use, without a dependency.

Results are written and read on login nodes and in site containers that have pytest and a framework but no
jsonschema. A test holds this subset equal to the real library on good and broken documents.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
_KEYWORDS = {
    *("$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "const", "minimum", "maximum"),
    *("required", "properties", "additionalProperties", "items"),
}


@cache
def load(name: str) -> dict[str, Any]:
    """The schema file `name`.schema.json of this package."""
    schema: dict[str, Any] = json.loads((Path(__file__).parent / f"{name}.schema.json").read_text("utf-8"))
    return schema


def problems(value: Any, name: str) -> list[str]:
    """What is wrong with `value` by the schema `name`: one line each, empty when it is valid."""
    root = load(name)
    return _check(value, root, root, "")


def _check(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str) -> list[str]:
    assert set(schema) <= _KEYWORDS, f"the schema uses {set(schema) - _KEYWORDS}"
    if "$ref" in schema:
        return _check(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, where)
    place = where or "the document"
    if "const" in schema and value != schema["const"]:
        return [f"{place} is {value!r}, expected {schema['const']!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{place} is {value!r}, expected one of {', '.join(map(repr, schema['enum']))}"]
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(_is(value, t) for t in wanted):
        return [f"{place} is {json.dumps(value)[:40]}, expected {' or '.join(wanted)}"]
    if isinstance(value, dict):
        return _check_object(value, schema, root, where)
    if isinstance(value, list) and "items" in schema:
        return [p for i, v in enumerate(value) for p in _check(v, schema["items"], root, f"{where}[{i}]")]
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        return [] if low <= value <= high else [f"{place} is {value}, expected {low} to {high}"]
    return []


def _check_object(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], where: str) -> list[str]:
    found = [f"{where or 'the document'} lacks {key!r}" for key in schema.get("required", []) if key not in value]
    properties, other = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, item in value.items():
        inner = f"{where}.{key}" if where else key
        if key in properties:
            found += _check(item, properties[key], root, inner)
        elif other is False:
            found.append(f"{inner} is not known; known are {', '.join(properties)}")
        elif isinstance(other, dict):
            found += _check(item, other, root, inner)
    return found


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()  # as JSON Schema: 1.0 is an integer
    return isinstance(value, _TYPES[kind])
