"""Key walk: windows in the order of a key that the database compares. Any database; on SQLite, the rowid."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

import sqlalchemy as sa

from app.backfill import statements
from app.backfill.plan import Recovered, Span, Window
from app.backfill.reading import Row, judge
from app.backfill.transactions import NO_SETTINGS

STREAMED_ROWS: Final = 4
"""Rows fetched at a time where the driver would else fetch all: memory must not grow with the bodies."""


class KeyAccess(NamedTuple):
    """How the rows of a table are found by a key, and fetched."""

    key: Sequence[sa.ColumnElement[Any]]
    as_bytes: bool = False
    """Bodies can be fetched as UTF-8 bytes, which the parser wants."""
    singly: bool = False
    """Rows can be locked one at a time only: Citus locks no rows of several shards together."""


class KeyWalk:
    """Windows in the order of a key that the database compares: any database; on SQLite, the rowid.

    Reads outside the write transaction. Under the write lock the rows are read once more if anybody else may have
    written in between: on SQLite `PRAGMA data_version` tells, elsewhere always.
    """

    reading: Mapping[str, str] = NO_SETTINGS
    filling: Mapping[str, str] = NO_SETTINGS

    def __init__(self, table: sa.TableClause, access: KeyAccess, *, name: str) -> None:
        """Take the table, how its rows are found and fetched, and what the report calls the walk."""
        self.name = name
        self._streaming = {} if access.as_bytes else {"yield_per": STREAMED_ROWS}
        self._table = table
        self._key = tuple(access.key)
        self._singly = access.singly
        self._body = sa.cast(table.c.raw_response, sa.LargeBinary) if access.as_bytes else table.c.raw_response
        self._read_at: object = None
        self._sweep_at: object = None
        self._ends: tuple[int, int] | None = None

    def start_sweep(self, connection: sa.Connection) -> None:
        """Remember the state of the database, and where the table begins and ends."""
        self._sweep_at = _data_version(connection)
        self._ends = self._find_ends(connection)

    def untouched(self, connection: sa.Connection, commits: int) -> bool:  # noqa: ARG002  # a connection's own do not count
        """Compare with the state at the start of the sweep."""
        return self._sweep_at is not None and _data_version(connection) == self._sweep_at

    def cut(self, cursor: str | None) -> Span:
        """Return all that is left: where a window ends is not known before it is read, so one worker reads them."""
        return Span(cursor)

    def read(self, connection: sa.Connection, span: Span, rows: int, limit: int | None) -> Window:
        """Read up to `rows` pending rows from the span's start on."""
        self._read_at = _data_version(connection)
        wanted = rows if limit is None else min(rows, limit)
        after = None if span.start is None else json.loads(span.start)
        statement = statements.select_by_key(self._table, self._key, self._body, after, wanted)
        window = Window()
        with connection.execute(statement, execution_options=self._streaming) as result:
            last = judge(_rows(connection, result), window)
        window.batches = [window.recovered] if window.recovered else []
        if window.found == wanted:
            window.cursor = json.dumps(last, default=str)
            window.fraction = self._fraction(window.cursor)
        return window

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Sequence[Recovered]:
        """Fill rows by their key, after a second look where one is needed."""
        if self._read_at is None or _data_version(connection) != self._read_at:
            rows = self._still_the_same(connection, rows)
        if not rows:
            return rows
        values = statements.fill_values(rows, moment)
        filled = _execute_many(connection, statements.fill_by_key(self._table, self._key), values)
        return rows if filled == len(rows) else self._really_filled(connection, rows)

    def _fraction(self, cursor: str) -> float | None:
        """Return the place of a numeric key between the smallest and the largest of this sweep."""
        if self._ends is None or self._ends[1] == self._ends[0]:
            return None
        first, last = self._ends
        return float(min(1.0, (json.loads(cursor)[0] - first) / (last - first)))

    def _find_ends(self, connection: sa.Connection) -> tuple[int, int] | None:
        key = self._key[0]
        if not isinstance(key.type, sa.Integer):
            return None
        ends = (sa.select(end(key)).select_from(self._table).scalar_subquery() for end in (sa.func.min, sa.func.max))
        first, last = connection.execute(sa.select(*ends)).one()
        return None if first is None else (first, last)

    def _still_the_same(self, connection: sa.Connection, rows: Sequence[Recovered]) -> Sequence[Recovered]:
        again = Window()
        for some in [[row] for row in rows] if self._singly else [rows]:
            judge(connection.execute(statements.select_again(self._table, self._key, self._body, some)), again)
        same = set(again.recovered)
        return [row for row in rows if row in same]

    def _really_filled(self, connection: sa.Connection, rows: Sequence[Recovered]) -> Sequence[Recovered]:
        filled = set(connection.execute(statements.select_filled(self._table, self._key, rows)).scalars())
        return [row for row in rows if row.generation_id in filled]


def _execute_many(connection: sa.Connection, statement: sa.Update, values: Sequence[tuple[object, ...]]) -> int:
    """Execute a statement for each set of values and return the rows that it changed.

    SQLite's driver takes tuples as they are: the work that SQLAlchemy does for each row would be a fifth of the whole.
    """
    names = [*statements.FILL_PARAMETERS, *(f"key_{number}" for number in range(len(values[0]) - 2))]
    compiled = statement.compile(dialect=connection.dialect)
    if connection.dialect.name == "sqlite" and getattr(compiled, "positiontup", None) == names:
        return connection.exec_driver_sql(str(compiled), list(values)).rowcount
    return connection.execute(statement, [dict(zip(names, row, strict=True)) for row in values]).rowcount


def _rows(connection: sa.Connection, result: sa.CursorResult[Any]) -> Iterable[Row]:
    """Return the rows of a result as they come; SQLite's driver hands out plain tuples, one at a time."""
    return cast("Iterable[Row]", result.cursor) if connection.dialect.name == "sqlite" else result


def _data_version(connection: sa.Connection) -> object:
    """Return a value that stays the same as long as no other connection writes to a SQLite file; else None."""
    if connection.dialect.name != "sqlite":
        return None
    return id(connection.connection.dbapi_connection), connection.exec_driver_sql("PRAGMA data_version").scalar_one()
