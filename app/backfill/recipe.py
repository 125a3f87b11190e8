"""Recipe: what a backfill fills: a table, the columns that it reads, the column that it fills, and how to derive it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

BODY, FILLED, TOUCHED, SHOWN = "body", "filled", "touched", "shown"
"""The names of the columns in statements, by their role."""
ROLES: Final = (SHOWN, BODY, FILLED, TOUCHED)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row has nothing to recover, or not yet."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A person should look at a row."""

    reason: str
    detail: str = ""


Derived: TypeAlias = str | Skipped | Failed
"""The value to fill in, or why there is none."""


class PlainValues(NamedTuple):
    """Rows with their bodies as text, and the value in each body where PostgreSQL can tell it by itself, else NULL."""

    rows: sa.FromClause
    body: sa.ColumnElement[str]
    value: sa.ColumnElement[str]


class PlainInSqlite(NamedTuple):
    """How SQLite finds a value by itself: two functions from the expression of a body to an expression."""

    value: Callable[[sa.Table, sa.ColumnElement[Any]], sa.ColumnElement[Any]]
    """The value in a row's own body, else NULL."""
    readable: Callable[[sa.ColumnElement[Any]], sa.ColumnElement[Any]]
    """The body, where SQLite reads it as `derive` does, else NULL."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What to fill. From the mapped class only names and types are taken; nothing is executed on it."""

    name: str
    """Identifies the backfill in the ledger. It must never change."""
    model: type[DeclarativeBase]
    shows: str
    """The column by which people know a row."""
    reads: tuple[str, ...]
    """The columns that `derive` takes, in its order. A row is pending if the first is not NULL and `fills` is empty."""
    fills: str
    touches: str | None
    """The column that takes the moment of the change."""
    derive: Callable[..., Derived]
    """Pure: the value that follows from the columns read. The first may come as UTF-8 bytes. Never raises."""
    version: int
    """Increase it to have rows that failed tried again."""
    most_characters: int
    """Length of the longest known value; a table whose filled column is shorter is refused."""
    plain_in_postgresql: Callable[[sa.Subquery], PlainValues] | None = None
    """May find less than `derive`, never another value. Takes rows with a body called `text`, and the other columns
    that are read under their own names."""
    plain_in_sqlite: PlainInSqlite | None = None
    """As `plain_in_postgresql`, for SQL that is written offline for SQLite."""
    bulky: tuple[str, ...] = ()
    """Columns besides the body that may be long; they count for the size of a row on PostgreSQL's pages."""
    may_be_uuid: frozenset[str] = field(default_factory=frozenset)
    """Of the columns read, those that may be of type uuid."""

    def __post_init__(self) -> None:
        """Raise ValueError for names that statements could not tell apart."""
        names = [name for name in (self.shows, *self.reads, self.fills, self.touches) if name is not None]
        if len(set(names)) < len(names) or set(self.reads[1:]) & set(ROLES):
            raise ValueError(f"recipe {self.name}: its columns must have names of their own, other than {ROLES}")

    @property
    def table(self) -> str:
        """The table's name."""
        return str(self.model.__tablename__)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns that are read or written, in the order that statements have them in."""
        return (self.shows, *self.reads[1:], self.reads[0], self.fills, *self.written[1:])

    @property
    def written(self) -> tuple[str, ...]:
        """The names of the columns that are written."""
        return (self.fills,) if self.touches is None else (self.fills, self.touches)
