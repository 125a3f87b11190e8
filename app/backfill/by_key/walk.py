"""Key walk: windows in the order of a key that the database compares. Any database; on SQLite, the rowid."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

import sqlalchemy as sa

from app.backfill.by_key import statements
from app.backfill.driver import Driver, NotUtf8Error, Rows
from app.backfill.judge import judge
from app.backfill.recipe import BODY, Recipe
from app.backfill.row_names import RowNames, key_of, name_by_key
from app.backfill.rows import Filling, Locator, Plan, Recovered, Span, Window
from app.backfill.transactions import NO_SETTINGS
from app.database.column_types import as_text

LOOKED_UP_ROWS: Final = 500
"""Rows that are looked up in one statement by their key: a statement has a bounded number of parameters."""

WINDOW_BYTES: Final = 4_000_000
"""So many bytes of bodies end a window, and so a batch: few enough for SQLite to keep their pages in its cache, and to
commit them within milliseconds."""

Item = TypeVar("Item")


class KeyAccess(NamedTuple):
    """How the rows of a table are found by a key, fetched, and called in the ledger."""

    key: Sequence[sa.ColumnElement[Any]]
    names: RowNames
    driver: Driver = Driver()
    """How they are read and written."""
    body: Callable[[sa.ColumnElement[Any]], sa.ColumnElement[Any]] = lambda column: column
    """The expression to select for a body: text, or UTF-8 bytes, which the parser reads faster."""
    singly: bool = False
    """Rows can be locked one at a time only: Citus locks no rows of several shards together."""
    has_triggers: bool = False
    """The table has triggers, so that an UPDATE may count a row as changed though the change was undone."""


class KeyWalk:
    """Windows in the order of a key that the database compares: any database; on SQLite, the rowid.

    Reads outside the write transaction. Under the write lock the rows are read once more if anybody else may have
    written in between: the driver of a SQLite file can tell, that of another database cannot.
    """

    reading: Mapping[str, str] = NO_SETTINGS
    filling: Mapping[str, str] = NO_SETTINGS

    is_whole = True
    looks_ahead = False

    def __init__(self, recipe: Recipe, table: sa.Table, access: KeyAccess, *, name: str) -> None:
        """Take what is filled, its table, how the rows are found and fetched, and what the report calls the walk."""
        self.name = name
        self._recipe = recipe
        self._table = table
        self._access = access
        self._driver = access.driver
        self._key = tuple(access.key)
        kept = [number for number, column in enumerate(self._key) if column.key not in recipe.written]
        self._kept = kept or range(len(self._key))
        self._is_by_place = "ctid" in [column.key for column in self._key]
        self._body = access.body(as_text(table.c[BODY]))
        # built once: building them took a third of a small batch's time
        self._pending = statements.select_pending(table, self._key, self._body, sa.true(), access.names.columns)
        self._filling = statements.fill_by_key(table, self._key)
        self._filled_names = *statements.fill_parameters(table), *(f"key_{number}" for number in range(len(self._key)))
        self._read_at: object = None
        self._sweep_at: object = None
        self._ends: tuple[int, int] | None = None

    def start_sweep(self, connection: sa.Connection) -> None:
        """Remember the state of the database, and where the table begins and ends."""
        self._sweep_at = self._driver.version(connection)
        self._ends = self._find_ends(connection)

    def untouched(self, connection: sa.Connection, commits: int) -> bool:  # noqa: ARG002  # a connection's own do not count
        """Compare with the state at the start of the sweep."""
        return self._sweep_at is not None and self._driver.version(connection) == self._sweep_at

    def cut(self, cursor: str | None) -> Span:
        """Return all that is left: where a window ends is not known before it is read, so one worker reads them."""
        return Span(cursor)

    def can_plan(self, span: Span, rows: int) -> bool:  # noqa: ARG002  # whatever they are
        """Say no: rows are read, and filled one by one."""
        return False

    def plan(self, connection: sa.Connection, span: Span, rows: int) -> Plan:  # noqa: ARG002  # the same
        """Plan nothing."""
        return Plan(span, ())

    def learn(self, plan: Plan, filled: Sequence[bool]) -> None:
        """Learn nothing: there are no plans."""

    def read(
        self,
        connection: sa.Connection,
        span: Span,
        rows: int,
        limit: int | None,
        *,
        is_rest: bool = False,  # noqa: ARG002  # no plan has been before it
    ) -> Window:
        """Read up to `rows` pending rows from the span's start on, fewer if their bodies are long."""
        self._read_at = self._driver.version(connection)
        wanted = rows if limit is None else min(rows, limit)
        after = None if span.start is None else key_of(span.start)
        statement = statements.window_of(self._pending, self._key, after, wanted)
        some = _UpTo(WINDOW_BYTES, len(self._recipe.reads))
        window, last = self._judged(connection, statement, some.of)
        window.batches = [window.recovered] if window.recovered else []
        if last is not None and (window.found == wanted or some.left <= 0):
            window.cursor = name_by_key(last[: len(self._key)])
            window.fraction = self._fraction(window.cursor)
        return window

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Filling:
        """Fill rows by their key, after a second look where one is needed."""
        if self._access.has_triggers and len(rows) > 1:  # the trigger of one row may change another
            return joined([self.fill(connection, [row], moment) for row in rows])
        if self._access.has_triggers or self._read_at is None or self._driver.version(connection) != self._read_at:
            rows = self._still_the_same(connection, rows)
        if not rows:
            return Filling(rows)
        values = statements.fill_values(self._table, rows, moment, len(self._key))
        if self._access.has_triggers and self._is_by_place:
            return self._fill_moving(connection, rows, dict(zip(self._filled_names, values[0], strict=True)))
        filled = self._driver.execute_many(connection, self._filling, self._filled_names, values)
        if filled == len(rows) and not self._access.has_triggers:
            return Filling(rows)
        return self._really_filled(connection, rows)

    def _fill_moving(
        self, connection: sa.Connection, rows: Sequence[Recovered], values: Mapping[str, object]
    ) -> Filling:
        """Fill the only row, which is named by its place, and look at the place that the UPDATE gives it."""
        places = connection.execute(self._filling.returning(*map(statements.key_as_selected, self._key)), values).all()
        moved = [row._replace(locator=tuple(place)) for row, place in zip(rows, places, strict=False)]
        return Filling(rows, ()) if moved and self._really_filled(connection, moved).filled else Filling((), rows)

    def name_of(self, row_id: object, locator: Locator) -> str:
        """Return what the ledger calls a row."""
        return self._access.names.name(row_id, locator)

    def _judged(
        self, connection: sa.Connection, statement: sa.Select[Any], choose: Callable[[Rows], Rows] = iter
    ) -> tuple[Window, Locator | None]:
        """Return a window with the chosen rows of a statement by outcome, and what names the last of them."""
        window = Window()
        try:
            with self._driver.stream(connection, statement) as rows:
                return window, judge(choose(rows), window, self.name_of, self._recipe)
        except NotUtf8Error:
            window = Window()
        with self._driver.text_as_it_is(connection), self._driver.stream(connection, statement) as rows:
            return window, judge(choose(rows), window, self.name_of, self._recipe, may_be_bytes=True)

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
        same: set[Recovered] = set()
        for some in chunks(rows, 1 if self._access.singly else LOOKED_UP_ROWS):
            statement = statements.select_again(self._table, self._key, self._body, some, self._access.names.columns)
            same.update(self._judged(connection, statement)[0].recovered)
        return [row for row in rows if row in same]

    def _really_filled(self, connection: sa.Connection, rows: Sequence[Recovered]) -> Filling:
        """Look which rows have the id that was written: nobody else can have changed them since."""
        there: set[tuple[object, ...]] = set()
        key = [self._key[number] for number in self._kept]
        for some in chunks(rows, 1 if self._access.singly else LOOKED_UP_ROWS):
            found = connection.execute(
                statements.select_filled(self._table, key, [self._kept_key(row) for row in some])
            )
            there.update(tuple(row) for row in found)
        wanted = [(row, (*self._kept_key(row), row.value)) for row in rows]
        return Filling(
            [row for row, names in wanted if names in there], [row for row, names in wanted if names not in there]
        )

    def _kept_key(self, row: Recovered) -> tuple[object, ...]:
        """Return the values in a row's key that an UPDATE leaves as they are."""
        return tuple(row.locator[number] for number in self._kept)


class _UpTo:
    """Ends rows once their bodies, which stand at a place in each, have a number of bytes or characters."""

    def __init__(self, most: int, place: int) -> None:
        self._most = self.left = most
        self._place = place

    def of(self, rows: Rows) -> Rows:
        """Yield rows while there is room left; the last may be longer than that."""
        self.left, place = self._most, self._place
        for row in rows:
            self.left -= len(row[place])
            yield row
            if self.left <= 0:
                return


def joined(fillings: Sequence[Filling]) -> Filling:
    """Return what became of all the rows."""
    return Filling(
        [row for filling in fillings for row in filling.filled],
        [row for filling in fillings for row in filling.refused],
    )


def chunks(rows: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield a sequence in parts of at most `size`."""
    for first in range(0, len(rows), size):
        yield rows[first : first + size]
