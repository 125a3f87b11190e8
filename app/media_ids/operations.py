"""Operations: what a stored API answer holds, and which of its operations is a row's.

Pure: no database, no clock, no logging.
"""

import json
from typing import TypeAlias

import orjson

Json: TypeAlias = dict[str, object] | list[object] | str | int | float | bool | None
Operation: TypeAlias = dict[str, object]


def parse_answer(raw_response: str | bytes) -> Json:
    """Parse with the fast parser; text is malformed only if Python's own parser rejects it (NaN is not).

    Python's parser also admits lone surrogates. No number is used, so `parse_int=float` may be given to avoid Python's
    limit on the digits of an integer. Raises ValueError and RecursionError.
    """
    try:
        return orjson.loads(raw_response)  # type: ignore[no-any-return]
    except ValueError:
        text = raw_response if isinstance(raw_response, str) else raw_response.decode()
        return json.loads(text, parse_int=float)  # type: ignore[no-any-return]


def operation_names(raw_response: str | bytes) -> tuple[str, ...]:
    """Return the operation names that a body answers for, in its order; empty where it has none or is no JSON."""
    try:
        body = parse_answer(raw_response)
    except (ValueError, RecursionError):
        return ()
    return tuple(name for name in map(name_of, operations_in(body)) if name)


def operations_in(body: object) -> list[Operation]:
    """Return the operations of a direct or wrapped body; entries that are no objects do not count."""
    level = body
    while isinstance(level, dict):
        entries = level.get("operations")
        level = entries if isinstance(entries, list) and entries else level.get("raw")
    if not isinstance(level, list):
        return []
    if len(level) == 1 and isinstance(level[0], dict):  # nearly every body
        return level
    return [entry for entry in level if isinstance(entry, dict)]


def has_media(body: object) -> bool:
    """Say whether a body lists media, as the newer contract of the API does, instead of operations."""
    level = body
    while isinstance(level, dict):
        if isinstance(level.get("media"), list):
            return True
        level = level.get("raw")
    return False


def operation_of_row(operations: list[Operation], operation_name: str | None, scene_id: str | None) -> Operation | None:
    """Return the one operation that is certainly the row's, else None: another video's id is worse than none."""
    if operation_name:
        if len(operations) == 1 and name_of(operations[0]) == operation_name:  # nearly every row
            return operations[0]
        matching = [operation for operation in operations if name_of(operation) == operation_name]
    else:
        matching = [operation for operation in operations if scene_id and operation.get("sceneId") == scene_id]
    if not matching and len(operations) == 1 and _may_be_nameless(operations[0], scene_id):
        matching = operations
    return matching[0] if len(matching) == 1 else None


def _may_be_nameless(operation: Operation, scene_id: str | None) -> bool:
    """A single operation without a name is the row's, unless it names another scene than the row does."""
    other_scene = bool(scene_id and operation.get("sceneId")) and operation["sceneId"] != scene_id
    return not name_of(operation) and not other_scene


def inner_of(operation: Operation) -> dict[str, object]:
    """Return the object `operation` in an entry of `operations`; an empty one where there is none."""
    return object_or_empty(operation.get("operation"))


def video_in(inner: dict[str, object]) -> dict[str, object]:
    """Return `metadata.video` of what `inner_of` returns; an empty object where there is none."""
    return object_or_empty(object_or_empty(inner.get("metadata")).get("video"))


def name_of(operation: Operation) -> str | None:
    """Return `operation.name`; a name that is no text is no name."""
    return text_or_none(inner_of(operation).get("name"))


def object_or_empty(value: object) -> dict[str, object]:
    """Return the value if it is a JSON object, else an empty object."""
    return value if isinstance(value, dict) else {}


def text_or_none(value: object) -> str | None:
    """Return the value if it is a text and not empty, else None."""
    return value if isinstance(value, str) and value else None
