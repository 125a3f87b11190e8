"""Pages of generations, newest first: what a filter selects, and where the next page begins.

Keyset pages: a page begins after the last row of the one before, so that rows created meanwhile neither move nor
repeat others. The database compares, on the text as it is stored; Python's order is not the collation's.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import defer

from app.db import format_timestamp
from app.errors import ConfigurationError, PageTokenError
from app.models import Veo3VideoGeneration as Generation
from app.storable import is_storable, require_storable

DEFAULT_PAGE_ROWS: Final = 50
MOST_PAGE_ROWS: Final = 1_000

CREATED_TEXT: Final = sa.func.coalesce(sa.type_coerce(Generation.created_at, sa.Text), "")
"""The stored text: rows without `created_at`, which some variants admit, come last."""


@dataclass(frozen=True, kw_only=True)
class GenerationFilter:
    """Which rows: those that meet every condition given. Moments are aware; cut to milliseconds, as stored."""

    profile_id: str | None = None
    status: str | None = None
    created_from: datetime | None = None
    """The first moment that counts."""
    created_before: datetime | None = None
    """The first moment that no longer counts."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows, newest first, and the token of the page after them: None where there is none."""

    generations: tuple[Generation, ...]
    next_token: str | None


def page_statement(wanted: GenerationFilter, limit: int, token: str | None) -> sa.Select[Generation, str]:
    """Return the query for one page and one row more, without the bodies. Raises as `list_page` does."""
    if not 1 <= limit <= MOST_PAGE_ROWS:
        raise ConfigurationError("limit", f"must be 1 to {MOST_PAGE_ROWS} rows, got {limit}")
    statement = (
        sa.select(Generation, CREATED_TEXT)
        .where(*_conditions(wanted))
        .order_by(CREATED_TEXT.desc(), Generation.id.desc())
        .limit(limit + 1)
        .options(defer(Generation.raw_response))
    )
    if token is None:
        return statement
    created_text, generation_id = _position(token)
    here = sa.tuple_(sa.literal(created_text, sa.Text), sa.literal(generation_id, sa.Text))
    return statement.where(sa.tuple_(CREATED_TEXT, Generation.id) < here)


def page_of(rows: Sequence[sa.Row[Generation, str]], limit: int) -> Page:
    """Return the page for the rows that the query gave: at most `limit`, and a token if there was one more."""
    token = _token(rows[limit - 1]) if len(rows) > limit else None
    return Page(generations=tuple(row[0] for row in rows[:limit]), next_token=token)


def _conditions(wanted: GenerationFilter) -> list[sa.ColumnElement[bool]]:
    conditions = [
        column == require_storable(column.key, value)
        for column, value in ((Generation.profile_id, wanted.profile_id), (Generation.status, wanted.status))
        if value is not None
    ]
    if wanted.created_from is not None:
        conditions.append(_bound("created_from", wanted.created_from) <= CREATED_TEXT)
    if wanted.created_before is not None:
        conditions.append(_bound("created_before", wanted.created_before) > CREATED_TEXT)
    return conditions


def _bound(name: str, moment: datetime) -> sa.ColumnElement[Any]:
    try:
        return sa.literal(format_timestamp(moment), sa.Text)
    except ValueError as error:
        raise ConfigurationError(name, str(error)) from None


def _token(row: sa.Row[Generation, str]) -> str:
    position = json.dumps([row[1], row[0].id], separators=(",", ":"))
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _position(token: str) -> tuple[str, str]:
    """Return the text of `created_at` and the id that a token holds. Raises PageTokenError for any other text."""
    try:
        position = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise PageTokenError(token) from None
    match position:
        case [str(created_text), str(generation_id)] if is_storable(created_text + generation_id):
            return created_text, generation_id
    raise PageTokenError(token)
