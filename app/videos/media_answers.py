"""What the answers of 2026, which have `media` instead of operations, say of one row.

Such an answer names a video by a key, has its status and its error, sometimes its URL, and never a media generation id,
so this module returns no id. Pure, like app.media_ids.extraction: never raises, whatever the body is.
"""

from dataclasses import dataclass

from app.media_ids.extraction import FAILED_STATUS, SUCCESSFUL_STATUS, OperationFacts, error_text
from app.media_ids.operations import parse_answer


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What the row's own entry in `media` says."""

    facts: OperationFacts
    failure: str | None = None
    """The API's reason, '' where it gave none; None where the video did not fail."""


def media_facts(raw_response: str | bytes, operation_name: str | None) -> MediaFacts | None:
    """Return what a body says of the video with this name; None where no entry, or more than one, names it."""
    named = [entry for entry in _entries(raw_response) if operation_name and operation_name in _names(entry)]
    if len(named) != 1:
        return None
    status = _inside(named[0], "mediaMetadata", "mediaStatus") or _inside(named[0], "mediaStatus")
    word = _text(status.get("mediaGenerationStatus"))
    return MediaFacts(OperationFacts(word, *_urls(named[0])), _failure(status, word))


def media_names(raw_response: str | bytes) -> tuple[str, ...]:
    """Return the names that a body's media answer to, in its order; empty where it has none or is no JSON."""
    return tuple(dict.fromkeys(name for entry in _entries(raw_response) for name in _names(entry)))


def _entries(raw_response: str | bytes) -> list[dict[str, object]]:
    """Return the media of a direct or wrapped body; entries that are no objects do not count."""
    try:
        level = parse_answer(raw_response)
    except (ValueError, RecursionError):
        return []
    while isinstance(level, dict):
        media = level.get("media")
        if isinstance(media, list):
            return [entry for entry in media if isinstance(entry, dict)]
        level = level.get("raw")  # type: ignore[assignment]  # JSON like what it stands in
    return []


def _names(entry: dict[str, object]) -> tuple[str, ...]:
    """Return the entry's name; where it has none, its operation's. Not both: they could be two videos'."""
    inner = (_inside(entry, "operation"), _inside(entry, "video", "operation"))
    names = (entry.get("name"), *(one.get("name") for one in inner))
    return tuple(name for name in map(_text, names) if name)[:1]


def _failure(status: dict[str, object], word: str | None) -> str | None:
    """Return why the video failed: the error's message, else the reasons, else the error's code; None if it did not."""
    error = status.get("error")
    is_empty_beside_success = error == {} and word == SUCCESSFUL_STATUS
    if word != FAILED_STATUS and (error is None or is_empty_beside_success):
        return None
    reasons = status.get("failureReasons")
    listed = ", ".join(filter(None, map(_text, reasons))) if isinstance(reasons, list) else ""
    has_message = isinstance(error, dict) and _text(error.get("message"))
    return error_text(error) if has_message or not listed else listed


def _urls(entry: dict[str, object]) -> tuple[str | None, str | None]:
    """Return the fife URL and the serving URI, from the first of the known places that has one."""
    places = (
        _inside(entry, "video", "generatedVideo"),
        _inside(entry, "video"),
        _inside(entry, "video", "operation", "metadata", "video"),
        _inside(entry, "mediaMetadata", "video"),
    )
    fife, serving = (next(filter(None, (_text(place.get(name)) for place in places)), None) for name in URL_NAMES)
    return fife, serving


URL_NAMES = ("fifeUrl", "servingBaseUri")


def _inside(value: dict[str, object], *path: str) -> dict[str, object]:
    """Return the object at a path; an empty one where there is none."""
    found: object = value
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
