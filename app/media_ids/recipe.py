"""The recipe of the media generation ids, which extract() finds in the stored answers."""

from collections.abc import Callable
from functools import cache

from sqlalchemy.orm import DeclarativeBase

from app.backfill.recipe import Derived, PlainInSqlite, Recipe, Skipped
from app.backfill.recipe import Failed as NotDerived
from app.media_ids.extraction import EXTRACTOR_VERSION, Found, extract
from app.media_ids.extraction import Skipped as NothingFound
from app.media_ids.plain_in_postgresql import with_plain_ids
from app.media_ids.plain_in_sqlite import found_id, readable

LONGEST_ID_KNOWN = 175
"""Characters of an upscaled video's id (API answers)."""


@cache
def media_generation_ids(model: type[DeclarativeBase]) -> Recipe:
    """Return the recipe that fills `media_generation_id` of a mapped class, of which only names and types are used."""
    return Recipe(
        name=f"{model.__tablename__}.media_generation_id",
        model=model,
        shows="id",
        reads=("raw_response", "operation_name", "scene_id"),
        fills="media_generation_id",
        touches="updated_at",
        derive=derive,
        version=EXTRACTOR_VERSION,
        most_characters=LONGEST_ID_KNOWN,
        plain_in_postgresql=with_plain_ids,
        plain_in_sqlite=PlainInSqlite(found_id, readable),
        bulky=("prompt", "video_url"),
        may_be_uuid=frozenset({"scene_id"}),
    )


def derive(raw_response: str | bytes, operation_name: str | None, scene_id: str | None) -> Derived:
    """Return the id that extract() finds, or why there is none."""
    if (plain := _plain()(raw_response, operation_name)) is not None:
        return plain
    outcome = extract(raw_response, operation_name, scene_id)
    if isinstance(outcome, Found):
        return outcome.media_generation_id
    if isinstance(outcome, NothingFound):
        return Skipped(outcome.reason)
    return NotDerived(outcome.reason, outcome.detail)


@cache
def _plain() -> Callable[[str | bytes, str | None], str | None]:
    """Return `plain_id`, imported with its decoder when the first answer is read."""
    from app.media_ids.plain_in_python import plain_id  # noqa: PLC0415

    return plain_id
