"""Extraction: a stored API answer and the row it belongs to -> the row's media generation id, or why there is none.

The one truth about stored answers: the backfill, the status checker and the database's own fast path agree with it.
Pure: no database, no clock, no logging.
"""

import json
import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import orjson

EXTRACTOR_VERSION: Final = 2
"""Raise it when a body could get another outcome than before: failures of an older version are then tried again."""

MAX_ID_LENGTH: Final = 255
STATUS_PREFIX: Final = "MEDIA_GENERATION_STATUS_"
SUCCESSFUL_STATUS: Final = f"{STATUS_PREFIX}SUCCESSFUL"
FAILED_STATUS: Final = f"{STATUS_PREFIX}FAILED"
UNFINISHED_STATUSES: Final = frozenset(f"{STATUS_PREFIX}{name}" for name in ("PENDING", "ACTIVE", "SCHEDULED"))

SkipReason: TypeAlias = Literal[
    "no_operations", "media_contract", "generation_failed", "not_finished", "no_media_generation_id"
]
FailureReason: TypeAlias = Literal["invalid_json", "not_an_object", "operation_mismatch", "ids_disagree", "invalid_id"]

Json: TypeAlias = dict[str, object] | list[object] | str | int | float | bool | None
Operation: TypeAlias = dict[str, object]

_NO_PART_OF_AN_ID = re.compile(r"[\s\x00\ud800-\udfff]")
"""White space; and NUL and lone surrogates, which no database stores."""


@dataclass(frozen=True, slots=True)
class Found:
    """The row's id, and the URLs that stood beside it (the write path stores them, the backfill does not)."""

    media_generation_id: str
    fife_url: str | None = None
    serving_base_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing to recover (yet)."""

    reason: SkipReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A person should look at this row."""

    reason: FailureReason
    detail: str = ""


Outcome: TypeAlias = Found | Skipped | Failed


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """What the row's operation says besides its id, as the API wrote it: nothing judged, nothing looked up."""

    status: str | None = None
    """`MEDIA_GENERATION_STATUS_…`, or whatever text stands there."""
    fife_url: str | None = None
    serving_base_uri: str | None = None


def extract(raw_response: str | bytes, operation_name: str | None, scene_id: str | None) -> Outcome:
    """Return the media generation id of the row with this `operation_name` and `scene_id` from its stored body.

    Never raises, whatever the body is, and never returns an id that is not in the body. `raw_response` is text or
    its UTF-8 bytes. Reads nothing else and does not judge whether the id is known to the API.
    """
    operation = _select(raw_response, operation_name, scene_id)
    return _outcome(operation) if isinstance(operation, dict) else operation


def operation_facts(raw_response: str | bytes, operation_name: str | None, scene_id: str | None) -> OperationFacts:
    """Return what the operation that `extract` reads says besides its id; no facts where it reads none. Never raises.

    For the write path alone: whether a URL may be stored is the caller's decision, taken from `extract`'s outcome.
    """
    operation = _select(raw_response, operation_name, scene_id)
    if not isinstance(operation, dict):
        return OperationFacts()
    video = video_in(inner_of(operation))
    return OperationFacts(
        _text(operation.get("status")), _text(video.get("fifeUrl")), _text(video.get("servingBaseUri"))
    )


def operation_names(raw_response: str | bytes) -> tuple[str, ...]:
    """Return the operation names that a body answers for, in its order; empty where it has none or is no JSON."""
    try:
        body = parse_answer(raw_response)
    except (ValueError, RecursionError):
        return ()
    return tuple(name for name in map(_name, operations_of(body)) if name)


def _select(
    raw_response: str | bytes, operation_name: str | None, scene_id: str | None
) -> Operation | Skipped | Failed:
    """Return the row's operation in a body, or why there is none. Never raises."""
    try:
        body = parse_answer(raw_response)
    except (ValueError, RecursionError) as error:
        return Failed("invalid_json", _first_line(error))
    if body is None:
        return Skipped("no_operations")
    if not isinstance(body, dict | list):
        return Failed("not_an_object", type(body).__name__)
    operations = operations_of(body)
    if not operations:
        return Skipped("media_contract" if _has_media(body) else "no_operations")
    operation = operation_of_row(operations, operation_name, scene_id)
    return Failed("operation_mismatch", _names(operations)) if operation is None else operation


def parse_answer(raw_response: str | bytes) -> Json:
    """Parse with the fast parser; only what Python's own rejects is malformed (NaN, lone surrogates are not).

    Numbers are not looked at: `parse_int=float` lifts Python's limit on the digits of an integer. Raises ValueError
    and RecursionError.
    """
    try:
        return orjson.loads(raw_response)  # type: ignore[no-any-return]
    except ValueError:
        text = raw_response if isinstance(raw_response, str) else raw_response.decode()
        return json.loads(text, parse_int=float)  # type: ignore[no-any-return]


def operations_of(body: object) -> list[Operation]:
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


def _has_media(body: object) -> bool:
    level = body
    while isinstance(level, dict):
        if isinstance(level.get("media"), list):
            return True
        level = level.get("raw")
    return False


def operation_of_row(operations: list[Operation], operation_name: str | None, scene_id: str | None) -> Operation | None:
    """Return the one operation that is certainly the row's, else None: another video's id is worse than none."""
    if operation_name:
        if len(operations) == 1 and _name(operations[0]) == operation_name:  # nearly every row
            return operations[0]
        matching = [operation for operation in operations if _name(operation) == operation_name]
    else:
        matching = [operation for operation in operations if scene_id and operation.get("sceneId") == scene_id]
    if not matching and len(operations) == 1 and _may_be_nameless(operations[0], scene_id):
        matching = operations
    return matching[0] if len(matching) == 1 else None


def _may_be_nameless(operation: Operation, scene_id: str | None) -> bool:
    """A single operation without a name is the row's, unless it names another scene than the row does."""
    other_scene = bool(scene_id and operation.get("sceneId")) and operation["sceneId"] != scene_id
    return not _name(operation) and not other_scene


def _outcome(operation: Operation) -> Outcome:
    inner = inner_of(operation)
    error, status, video = inner.get("error"), operation.get("status"), video_in(inner)
    candidates = _candidates(operation.get("mediaGenerationId"), video.get("mediaGenerationId"))
    valid = list(filter(is_valid_id, candidates))
    if status == FAILED_STATUS or (error is not None and not (error == {} and status == SUCCESSFUL_STATUS and valid)):
        return Skipped("generation_failed", error_text(error))
    if len(valid) == 1:
        return Found(str(valid[0]), _text(video.get("fifeUrl")), _text(video.get("servingBaseUri")))
    if valid:
        return Failed("ids_disagree", " / ".join(map(str, valid)))
    if candidates:
        return Failed("invalid_id", repr(candidates[0])[:MAX_ID_LENGTH])
    return Skipped("not_finished" if _is_unfinished(status) else "no_media_generation_id")


def _candidates(top_level: object, nested: object) -> list[object]:
    """Return the distinct values that stand where an id belongs; null and blank are none."""
    if top_level is None or nested is None or top_level == nested:
        candidate = nested if top_level is None else top_level
        return [] if _is_blank(candidate) else [candidate]
    return [candidate for candidate in (top_level, nested) if not _is_blank(candidate)]


def inner_of(operation: Operation) -> dict[str, object]:
    """Return what stands in an operation's field `operation`; nothing where that is no object."""
    return _object(operation.get("operation"))


def video_in(inner: dict[str, object]) -> dict[str, object]:
    """Return the video in what `inner_of` returned."""
    return _object(_object(inner.get("metadata")).get("video"))


def _name(operation: Operation) -> str | None:
    """Return `operation.name`; a name that is no text is no name."""
    return _text(inner_of(operation).get("name"))


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def is_valid_id(value: object) -> bool:
    """Say whether a value can be a media generation id: a text of 1 to 255 characters without white space."""
    return isinstance(value, str) and 0 < len(value) <= MAX_ID_LENGTH and not _has_forbidden_character(value)


def _has_forbidden_character(value: str) -> bool:
    if value.isascii() and value.isprintable():  # every real id: no search by character needed
        return " " in value
    return _NO_PART_OF_AN_ID.search(value) is not None


def _is_unfinished(status: object) -> bool:
    return status is None or (isinstance(status, str) and status in UNFINISHED_STATUSES)


def error_text(error: object) -> str:
    """Return an API error's message; where it has none, its code; '' where it has neither."""
    facts = _object(error)
    message, code = facts.get("message"), facts.get("code")
    if isinstance(message, str) and message.strip():
        return message
    has_code = isinstance(code, int | float | str) and not isinstance(code, bool) and str(code).strip()
    return f"error code {code}" if has_code else ""


def _names(operations: list[Operation]) -> str:
    return "body answers for " + ", ".join(_name(operation) or "(no name)" for operation in operations[:4])


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
