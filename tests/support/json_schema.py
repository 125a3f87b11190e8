"""The part of JSON Schema that this project's schemas use: where a value is not as its schema says."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

KINDS: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
KNOWN = {
    *("$schema", "$defs", "$ref", "title", "description", "type", "enum", "pattern"),
    *("properties", "required", "additionalProperties", "items"),
}


def problems(value: object, schema: Mapping[str, Any], root: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield where a value differs from a schema, and how. Raises ValueError for keywords that are not looked at."""
    if unknown := set(schema) - KNOWN:
        raise ValueError(f"keywords {unknown}")
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if "type" in schema and not _is_one_of(value, schema["type"]):
        yield f"{at}: {json.dumps(value)} is not of type {schema['type']}"
    if value not in schema.get("enum", [value]):
        yield f"{at}: {value} is none of {schema['enum']}"
    if isinstance(value, str) and re.search(schema.get("pattern", ""), value) is None:
        yield f"{at}: {value} has another form"
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from problems(item, schema.get("items", {}), root, f"{at}[{number}]")
    if isinstance(value, dict):
        yield from _problems_inside(value, schema, root, at)


def _problems_inside(
    value: Mapping[str, object], schema: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[str]:
    named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name in schema.get("required", []):
        if name not in value:
            yield f"{at}.{name} is missing"
    for name, inner in value.items():
        if name in named or isinstance(others, dict):
            yield from problems(inner, named.get(name, others), root, f"{at}.{name}")
        elif not others:
            yield f"{at}.{name} is in no schema"


def _is_one_of(value: object, kinds: str | list[str]) -> bool:
    wanted = [kinds] if isinstance(kinds, str) else kinds
    return any(isinstance(value, KINDS[kind]) and isinstance(value, bool) == (kind == "boolean") for kind in wanted)
