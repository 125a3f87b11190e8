"""The new values that an update gives a generation's columns, as pure functions: no session, no clock.

These rules keep the write path from erasing values that it does not know.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias, TypedDict, cast

from app.database.timestamps import format_timestamp, parse_timestamp
from app.videos.errors import GenerationNameFixedError, MediaIdConflictError, UnknownStatusError
from app.videos.models import STATUSES, Veo3VideoGeneration
from app.videos.storable_text import require_storable

MILLISECOND: Final = timedelta(milliseconds=1)
LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)

Status: TypeAlias = Literal["pending", "processing", "completed", "failed"]


class Changes(TypedDict, total=False):
    """The columns that an update may set. None and blank text change nothing.

    Only `error_message` can be cleared, with None. `operation_name` and `scene_id` can be set once.
    """

    operation_name: str | None
    scene_id: str | None

    status: Status
    media_generation_id: str | None
    fife_url: str | None
    serving_base_uri: str | None
    video_url: str | None
    video_path: str | None
    raw_response: str | None
    error_message: str | None


def new_values(generation: Veo3VideoGeneration, changes: Changes, moment: datetime) -> dict[str, object]:
    """Return new values by column, with `completed_at` and `updated_at`; empty if nothing changes.

    `updated_at` is `moment`, or a millisecond after the row's last update if that is later. Raises MediaIdConflictError
    for another media id than the row's, GenerationNameFixedError, UnknownStatusError, UnstorableTextError, and
    TypeError for a name that is no field of Changes. Changes nothing itself.
    """
    given = given_in(changes)
    _refuse_other_names(generation, given)
    _refuse_other_media_id(generation, given.get("media_generation_id"))
    different = {name: value for name, value in given.items() if _differs(name, getattr(generation, name), value)}
    if not different:
        return {}
    updated_at = _moment_after(generation.updated_at, moment)
    becomes_completed = different.get("status") == "completed" and generation.completed_at is None
    completion = {"completed_at": updated_at} if becomes_completed else {}
    return {**different, **completion, "updated_at": updated_at}


def _differs(column: str, stored: str | None, given: str | None) -> bool:
    """Tell whether a value differs from the stored one. Bodies are compared as JSON, which jsonb spells its own way."""
    if stored == given or column != "raw_response" or not stored or not given:
        return stored != given
    try:
        return _canonical(stored) != _canonical(given)
    except (ValueError, RecursionError):
        return True


def _canonical(body: str) -> str:
    return json.dumps(json.loads(body), sort_keys=True)


def to_millisecond(moment: datetime) -> datetime:
    """Return the moment cut to milliseconds, as the database will return it."""
    return parse_timestamp(format_timestamp(moment))


def given_in(changes: Changes) -> dict[str, str | None]:
    """Return the changes that are neither None nor blank, and `error_message` as given. Raises as `new_values` does."""
    if unknown := changes.keys() - Changes.__annotations__.keys():
        raise TypeError(f"no field of an update: {', '.join(sorted(unknown))}")
    if "status" in changes:
        require_status(changes["status"])
    texts = cast("Mapping[str, str | None]", changes)
    for column, text in texts.items():
        require_storable(column, text or "")
    return {name: text for name, text in texts.items() if name == "error_message" or (text and text.strip())}


def require_status(status: object) -> None:
    """Raise UnknownStatusError for what is no status of a row."""
    if status not in STATUSES:
        raise UnknownStatusError(status, STATUSES)


def _refuse_other_names(generation: Veo3VideoGeneration, given: Mapping[str, str | None]) -> None:
    for column in ("operation_name", "scene_id"):
        known, offered = getattr(generation, column), given.get(column)
        if offered and known and known.strip() and offered != known:
            raise GenerationNameFixedError(generation.id, column, known, offered)


def _refuse_other_media_id(generation: Veo3VideoGeneration, offered: str | None) -> None:
    known = generation.media_generation_id
    if known and offered and offered != known:
        raise MediaIdConflictError(generation.id, known, offered)


def _moment_after(last: datetime | None, moment: datetime) -> datetime:
    """Return the moment or, if it is later, the first millisecond after `last`. An absurdly late `last` is ignored."""
    if last is None or last > LAST_MOMENT - MILLISECOND:  # a datetime cannot be later than LAST_MOMENT
        return to_millisecond(moment)
    return to_millisecond(max(moment, last + MILLISECOND))
