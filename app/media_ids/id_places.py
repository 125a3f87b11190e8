"""Id places: where in a stored answer the ids of a row's operation stand, for a person who must look. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from app.media_ids.operations import inner_of, operation_of_row, parse_answer, video_in


class IdPlace(NamedTuple):
    """A place where an id belongs, as a path from the answer's root, and what stands there."""

    path: str
    value: object


def id_places(raw_response: str | bytes, operation_name: str | None, scene_id: str | None) -> Sequence[IdPlace]:
    """Return the places that `extract` takes the row's id from and that are not empty. Raises nothing.

    None where the answer cannot be read, or has no operation that is certainly the row's.
    """
    try:
        body = parse_answer(raw_response)
    except (ValueError, RecursionError):
        return ()
    path, entries = _list_of_operations(body)
    operation = operation_of_row([entry for entry in entries if isinstance(entry, dict)], operation_name, scene_id)
    if operation is None:
        return ()
    at = f"{path}[{next(number for number, entry in enumerate(entries) if entry is operation)}]"
    places = (
        IdPlace(f"{at}.mediaGenerationId", operation.get("mediaGenerationId")),
        IdPlace(
            f"{at}.operation.metadata.video.mediaGenerationId", video_in(inner_of(operation)).get("mediaGenerationId")
        ),
    )
    return [place for place in places if place.value is not None]


def _list_of_operations(body: object) -> tuple[str, list[object]]:
    """Return the path and the entries of what `operations.operations_in` takes the operations from."""
    level, path = body, "$"
    while isinstance(level, dict):
        entries = level.get("operations")
        is_there = isinstance(entries, list) and entries
        path += ".operations" if is_there else ".raw"
        level = entries if is_there else level.get("raw")
    return path, level if isinstance(level, list) else []
