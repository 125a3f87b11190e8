"""Extraction: a stored API answer and the row it belongs to -> the row's media generation id, or why there is none.

The backfill and the status checker call `extract`; the fast paths inside the database must agree with it.
Pure: no database, no clock, no logging.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from app.media_ids.operations import (
    Operation,
    has_media,
    inner_of,
    name_of,
    object_or_empty,
    operation_of_row,
    operations_in,
    parse_answer,
    text_or_none,
    video_in,
)

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
    """Status and URLs of the row's operation, as the API wrote them. Not validated."""

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
    try:
        return _outcome(operation) if isinstance(operation, dict) else operation
    except RecursionError as error:  # the parser goes deeper than what compares two values, or shows one
        return Failed("invalid_json", _first_line(error))


def operation_facts(raw_response: str | bytes, operation_name: str | None, scene_id: str | None) -> OperationFacts:
    """Return status and URLs of the operation that `extract` reads; empty facts where it reads none. Never raises.

    For the write path alone: whether a URL may be stored is the caller's decision, taken from `extract`'s outcome.
    """
    operation = _select(raw_response, operation_name, scene_id)
    if not isinstance(operation, dict):
        return OperationFacts()
    video = video_in(inner_of(operation))
    return OperationFacts(
        text_or_none(operation.get("status")),
        text_or_none(video.get("fifeUrl")),
        text_or_none(video.get("servingBaseUri")),
    )


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
    operations = operations_in(body)
    if not operations:
        return Skipped("media_contract" if has_media(body) else "no_operations")
    operation = operation_of_row(operations, operation_name, scene_id)
    return Failed("operation_mismatch", _names(operations)) if operation is None else operation


def _outcome(operation: Operation) -> Outcome:
    inner = inner_of(operation)
    error, status, video = inner.get("error"), operation.get("status"), video_in(inner)
    candidates = _candidates(operation.get("mediaGenerationId"), video.get("mediaGenerationId"))
    valid = list(filter(is_valid_id, candidates))
    if status == FAILED_STATUS or (error is not None and not (error == {} and status == SUCCESSFUL_STATUS and valid)):
        return Skipped("generation_failed", error_text(error))
    if len(valid) == 1:
        return Found(str(valid[0]), text_or_none(video.get("fifeUrl")), text_or_none(video.get("servingBaseUri")))
    if valid:
        return Failed("ids_disagree", " / ".join(map(str, valid)))
    if candidates:
        return Failed("invalid_id", repr(candidates[0])[:MAX_ID_LENGTH])
    return Skipped("not_finished" if _is_unfinished(status) else "no_media_generation_id")


def _candidates(top_level: object, nested: object) -> list[object]:
    """Return the distinct values that stand where an id belongs, without null and blank ones."""
    if top_level is None or nested is None or top_level == nested:
        candidate = nested if top_level is None else top_level
        return [] if _is_blank(candidate) else [candidate]
    return [candidate for candidate in (top_level, nested) if not _is_blank(candidate)]


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
    facts = object_or_empty(error)
    message, code = facts.get("message"), facts.get("code")
    if isinstance(message, str) and message.strip():
        return message
    has_code = isinstance(code, int | float | str) and not isinstance(code, bool) and str(code).strip()
    return f"error code {code}" if has_code else ""


def _names(operations: list[Operation]) -> str:
    return "body answers for " + ", ".join(name_of(operation) or "(no name)" for operation in operations[:4])


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
