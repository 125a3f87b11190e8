"""Heaps: the relations of PostgreSQL that store a table's rows, read and filled block by block.

An ordinary table is its own heap. A partitioned one has a heap for each leaf, however many levels down, which is read
and filled directly: a tuple id names a row of one heap alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import ReturningUpdate

from app.backfill.control.error_kinds import sqlstate
from app.backfill.judge import Row
from app.backfill.postgresql.target import Place
from app.backfill.rows import Filling, InPlace, Locator, Recovered

READING: Final = {"enable_memoize": "off", "jit": "off", "max_parallel_workers_per_gather": "0"}
"""No cache (memoize) of bodies, which never repeat; no JIT for one batch; one process for a range of blocks, so that
its rows come in physical order."""


@dataclass(frozen=True, kw_only=True)
class Heap:
    """A relation that holds rows: its label in a cursor, and its number of blocks."""

    label: str
    blocks: int


class Part(NamedTuple):
    """Blocks of a heap: after a place, which is excluded, and up to a block."""

    heap: Heap
    start: Place
    end: int


class Heaps(Protocol):
    """The heaps of one table, and how their rows are read and filled."""

    walk: str
    """What the report calls a walk over them."""
    on_one_server: bool
    """Whether all heaps are on the server of the connection."""
    reading: Mapping[str, str]
    filling: Mapping[str, str]
    """Settings of the database for a transaction that reads, and for one that fills rows."""
    knows_plain_cases: bool
    """The database can look into bodies by itself."""
    fewest_in_place: int
    """Batches of fewer rows are read and filled row by row."""

    def list(self, connection: sa.Connection) -> Sequence[Heap]:
        """Return the present heaps, always in the same order. Raises TableChangedError."""

    def window_rows(self, batch_rows: int) -> int:
        """Return how many rows to read at once for batches of this size, at most."""

    def fullness(self, batches: Sequence[Sequence[Recovered]], size: int) -> float:
        """Return how full a window with these batches is (1: as planned); 0 where its number of rows decides."""

    def can_fill_in_place(self, heap: Heap) -> bool:
        """Tell whether the rows that an UPDATE of this heap returns are certainly filled."""

    def in_place(self, connection: sa.Connection, part: Part, rows: int) -> tuple[Sequence[InPlace], float]:
        """Return batches of at most `rows` rows that the database can fill by itself, and how full the window is."""

    def read(
        self, connection: sa.Connection, part: Part, rows: int, *, parse: bool
    ) -> tuple[Sequence[Row], Place | None] | None:
        """Return what select_plain selects, of at most `rows` rows, and the place where they were cut off.

        Returns None if the database cannot cast a body. Without `parse` it reads no body.
        """

    def read_bodies(self, connection: sa.Connection, heap: Heap, rows: Sequence[Locator]) -> Iterable[Row]:
        """Return what select_bodies selects."""

    def batches(self, rows: Sequence[Recovered], size: int) -> Sequence[Sequence[Recovered]]:
        """Cut the rows of a window into batches of at most `size` rows."""

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Filling:
        """Fill rows of one window that are still the version that was read."""


def read_rows(
    connection: sa.Connection, statement: sa.Select[Any], values: Mapping[str, object], *, parse: bool
) -> Sequence[Row] | None:
    """Return the rows as the driver has them; None if PostgreSQL was to `parse` the bodies and could not cast one."""
    try:
        with connection.begin_nested():
            return cast("Sequence[Row]", connection.execute(statement, values).cursor.fetchall())
    except DBAPIError as error:
        if not parse or not _is_about_a_value(error):
            raise
        return None


def filled_rows(
    connection: sa.Connection, statement: ReturningUpdate[str, str, bool], values: Mapping[str, object]
) -> Sequence[Recovered]:
    """Execute an UPDATE that looks into bodies, and return what it filled: a trigger may undo some of it."""
    rows = cast("Sequence[Row]", connection.execute(statement, values).cursor.fetchall())
    return [Recovered((), row_id, stored) for row_id, stored, is_kept in rows if is_kept]


def place_of(row: Row) -> Place:
    """Return where a row of select_plain stands."""
    block, _, number = row[0][1:-1].partition(",")
    return Place(int(block), int(number))


def _is_about_a_value(error: DBAPIError) -> bool:
    """Tell whether a body could not be cast: invalid text (class 22), or nested or sized beyond a limit (54)."""
    return (sqlstate(error) or "")[:2] in {"22", "54"}
