"""Pages of generations, newest or oldest first: what a filter selects, and where the next page begins.

Keyset pages: a page begins after the last row of the one before, so that rows created meanwhile neither move nor
repeat others. The database compares the stored texts, since Python's order is not the collation's. docs/application.md
names the index that large tables need.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import defer

from app.database.timestamps import format_timestamp
from app.errors import ConfigurationError
from app.videos.answer_rules import UNREADABLE
from app.videos.errors import PageTokenError
from app.videos.models import Veo3VideoGeneration as Generation
from app.videos.native_columns import AS_TEXT, NativeColumns
from app.videos.native_types import MomentText, NativeText
from app.videos.new_values import require_status
from app.videos.storable_text import is_storable

DEFAULT_PAGE_ROWS: Final = 50
MOST_PAGE_ROWS: Final = 1_000

NO_MOMENT: Final = sa.literal_column("'0001-01-01T00:00:00Z'", NativeText)
"""A timestamp before every other one, compared as text or as timestamptz. A literal and not a parameter: an index on
the expression is used only if the query has the same expression."""
CREATED: Final = sa.func.coalesce(sa.type_coerce(Generation.created_at, MomentText), NO_MOMENT)
"""`created_at` as it is stored; rows without one, which some variants of the table admit, count as the oldest."""
UPDATED: Final = sa.func.coalesce(sa.type_coerce(Generation.updated_at, MomentText), NO_MOMENT)
OLDEST_FIRST: Final = "oldest"
"""The first entry in the token of a page in this order."""


@dataclass(frozen=True, kw_only=True)
class GenerationFilter:
    """Selects the rows that meet every condition given. Moments are aware, and are cut to milliseconds."""

    profile_id: str | None = None
    project_id: str | None = None
    operation_name: str | None = None
    status: str | Sequence[str] | None = None
    """One status, or several: a row must have one of them."""
    created_from: datetime | None = None
    """Rows that were created at this moment or later."""
    created_before: datetime | None = None
    """Rows that were created before this moment."""
    updated_before: datetime | None = None
    """Rows that were written before this moment, or at an unknown one."""
    unreadable: bool = False
    """Only rows whose last answer was no JSON."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows in the order asked for, and the token of the next page; None on the last page."""

    generations: tuple[Generation, ...]
    next_token: str | None


def page_statement(
    wanted: GenerationFilter,
    limit: int,
    token: str | None,
    *,
    oldest_first: bool = False,
    columns: NativeColumns = AS_TEXT,
) -> sa.Select[Generation, str]:
    """Return the query for one page and one row more, without the bodies. Raises as `list_page` does."""
    require_limit(limit)
    place = (CREATED, Generation.id)
    statement = (
        sa.select(Generation, CREATED)
        .where(*_conditions(wanted, columns))
        .order_by(*(column if oldest_first else column.desc() for column in place))
        .limit(limit + 1)
        .options(defer(Generation.raw_response))
    )
    if token is None:
        return statement
    created_text, generation_id = _position(token, oldest_first=oldest_first)
    moment = sa.literal(created_text, NativeText)
    here, row = sa.tuple_(moment, sa.literal(generation_id, NativeText)), sa.tuple_(*place)
    if oldest_first:
        return statement.where(moment <= CREATED, row > here)
    return statement.where(moment >= CREATED, row < here)  # the first condition is for SQLite's planner


def require_limit(limit: int) -> None:
    """Raise ConfigurationError for a number of rows out of range."""
    if not 1 <= limit <= MOST_PAGE_ROWS:
        raise ConfigurationError("limit", f"must be 1 to {MOST_PAGE_ROWS} rows, got {limit}")


def page_of(rows: Sequence[sa.Row[Generation, str]], limit: int, *, oldest_first: bool = False) -> Page:
    """Return a page of at most `limit` of the query's rows, with a token if the query found one row more."""
    token = _token(rows[limit - 1], oldest_first=oldest_first) if len(rows) > limit else None
    return Page(generations=tuple(row[0] for row in rows[:limit]), next_token=token)


def _conditions(wanted: GenerationFilter, columns: NativeColumns) -> list[sa.ColumnElement[bool]]:
    named = (
        (Generation.profile_id, wanted.profile_id),
        (Generation.project_id, wanted.project_id),
        (Generation.operation_name, wanted.operation_name),
    )
    conditions = [columns.equal(column, value) for column, value in named if value is not None]
    if wanted.status is not None:
        conditions.append(columns.one_of(Generation.status, _statuses(wanted.status)))
    if wanted.created_from is not None:
        conditions.append(_bound("created_from", wanted.created_from) <= CREATED)
    if wanted.created_before is not None:
        conditions.append(_bound("created_before", wanted.created_before) > CREATED)
    if wanted.updated_before is not None:
        conditions.append(_bound("updated_before", wanted.updated_before) > UPDATED)
    if wanted.unreadable:
        conditions.append(Generation.error_message.startswith(UNREADABLE, autoescape=True))
    return conditions


def _statuses(wanted: str | Sequence[str]) -> list[str]:
    """Return one status or several as a list. Raises UnknownStatusError: a misspelt one would give an empty page."""
    statuses = [wanted] if isinstance(wanted, str) else list(wanted)
    if not statuses:
        raise ConfigurationError("status", "names no status; leave it out for all of them")
    for status in statuses:
        require_status(status)
    return statuses


def _bound(name: str, moment: datetime) -> sa.ColumnElement[Any]:
    try:
        return sa.literal(format_timestamp(moment), NativeText)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(name, str(error)) from None


def _token(row: sa.Row[Generation, str], *, oldest_first: bool) -> str:
    position = json.dumps([*_head(oldest_first=oldest_first), row[1], row[0].id], separators=(",", ":"))
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _head(*, oldest_first: bool) -> list[str]:
    return [OLDEST_FIRST] if oldest_first else []


def _position(token: str, *, oldest_first: bool) -> tuple[str, str]:
    """Return the text of `created_at` and the id that a token holds. Raises PageTokenError for any other text."""
    try:
        position = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise PageTokenError(token) from None
    match position:
        case [*head, str(created_text), str(generation_id)] if head == _head(oldest_first=oldest_first) and is_storable(
            created_text + generation_id
        ):
            return created_text, generation_id
    raise PageTokenError(token)
