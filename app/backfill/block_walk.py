"""Block walk: windows of blocks in physical order, each filled in strides. Ordinary PostgreSQL tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill import statements
from app.backfill.plan import Recovered, Window
from app.backfill.reading import judge

STRIDES: Final = 8
"""A window is filled in up to this many transactions, each taking every eighth pending row of a page.

A new version of a row stays on its page, and no index is touched, if there is room for it. A full page has none; the
first stride moves its longest row away, and what that leaves is free for the next stride, and so on. The longest
first, since a shorter row always fits into its room. `benchmarks/` shows what it saves.
"""
MAX_WINDOW_ROWS: Final = 8_000
FIRST_BLOCKS: Final = 8
MAX_BLOCKS: Final = 16_384  # 128 MB
BLOCK_GROWTH: Final = 4
BODY_CHUNK_BYTES: Final = 4_000_000
"""Bodies are fetched in chunks of about this size: memory must not grow with them."""


class BlockWalk:
    """Windows of blocks in physical order, each filled in strides: ordinary PostgreSQL tables.

    The database extracts the plain cases itself; what is left is fetched for extract(). Rows are filled only if they
    are still the version that was read, so nothing is locked between reading and filling.
    """

    name = "block"
    settings: Mapping[str, str] = statements.PLAN_BY_INDEX

    def __init__(self, table: sa.TableClause) -> None:
        """Take the table with its `ctid` and `xmin`; see statements.heap_of."""
        self._table = table
        self._blocks = FIRST_BLOCKS
        self._end = 0

    def start_sweep(self, connection: sa.Connection) -> None:
        """Look how long the table is now; blocks that come later hold new versions and are the next sweep's."""
        size = "SELECT pg_relation_size(CAST(:name AS regclass)) / current_setting('block_size')::int"
        self._end = int(connection.execute(sa.text(size), {"name": self._table.name}).scalar_one())

    def untouched(self, connection: sa.Connection) -> bool:  # noqa: ARG002
        """Nobody can tell."""
        return False

    def read(self, connection: sa.Connection, cursor: str | None, rows: int, limit: int | None) -> Window:
        """Read the pending rows of the next blocks, about as many as fill a batch of `rows` for each stride."""
        start = cursor or "(0,0)"
        end = min(_block(start) + self._blocks, self._end)
        wanted = min(rows * STRIDES, max(rows, MAX_WINDOW_ROWS), limit or MAX_WINDOW_ROWS)
        versions = self._read_versions(connection, start, f"({end},0)", wanted)
        window = Window(fraction=end / self._end if self._end else None)
        if len(versions) == wanted:
            window.cursor = max((row[0] for row in versions), key=_place)
        elif end < self._end:
            window.cursor = f"({end},0)"
        self._sort_out(connection, versions, window)
        window.batches = cut(window.recovered, rows)
        self._adapt(max(len(versions) / wanted, len(window.batches[0]) / rows if window.batches else 0))
        return window

    def fill(self, connection: sa.Connection, rows: Sequence[Recovered], moment: datetime) -> Sequence[Recovered]:
        """Fill rows that are still the version that was read."""
        if connection.execute(statements.fill_at(self._table, rows, moment)).rowcount == len(rows):
            return rows
        written = {tuple(row) for row in connection.execute(statements.select_written(self._table, rows, moment))}
        return [row for row in rows if (row.generation_id, row.media_generation_id) in written]

    def _read_versions(self, connection: sa.Connection, start: str, end: str, rows: int) -> Sequence[Sequence[Any]]:
        """Return (ctid, xmin, id, bytes on the page, bytes of the body, plain id or None) of at most `rows` rows.

        One body that PostgreSQL cannot cast fails the whole statement: then every body of this window is looked at
        here instead.
        """
        try:
            with connection.begin_nested():
                return connection.execute(statements.select_plain(self._table, start, end, rows)).all()
        except DBAPIError as error:
            if not _is_about_a_value(error):
                raise
            return connection.execute(statements.select_unparsed(self._table, start, end, rows)).all()

    def _sort_out(self, connection: sa.Connection, versions: Sequence[Sequence[Any]], window: Window) -> None:
        """Take the ids that the database found; fetch the bodies of the other rows in chunks and judge them."""
        left: list[str] = []
        size = 0
        for place, writer, generation_id, row_bytes, body_bytes, found in versions:
            if found is not None:
                window.recovered.append(Recovered((place, writer), generation_id, found, row_bytes))
                continue
            left.append(place)
            size += body_bytes
            if size >= BODY_CHUNK_BYTES:
                judge(connection.execute(statements.select_bodies(self._table, left)), window)
                left, size = [], 0
        if left:
            judge(connection.execute(statements.select_bodies(self._table, left)), window)

    def _adapt(self, fullness: float) -> None:
        """Aim at a window that is just full: of rows, or of pages whose first rows make a batch."""
        factor = min(BLOCK_GROWTH, 1 / fullness) if fullness else BLOCK_GROWTH
        self._blocks = max(1, min(MAX_BLOCKS, int(self._blocks * factor)))


def cut(rows: Sequence[Recovered], size: int) -> list[Sequence[Recovered]]:
    """Cut rows into strides, each taking every eighth row of a page, the longest first, and those to `size` rows."""
    pages: dict[int, list[Recovered]] = {}
    for row in rows:
        pages.setdefault(_block(str(row.locator[0])), []).append(row)
    strides: list[list[Recovered]] = [[] for _ in range(STRIDES)]
    for _, page in sorted(pages.items()):
        page.sort(key=lambda row: -row.row_bytes)
        for rank, row in enumerate(page):
            strides[rank % STRIDES].append(row)
    while len(strides) > 1 and len(strides[-1]) + len(strides[-2]) <= size / 2:
        strides[-2].extend(strides.pop())  # a transaction for a few rows costs as much as one for many
    return [stride[first : first + size] for stride in strides for first in range(0, len(stride), size)]


def _place(tuple_id: str) -> tuple[int, int]:
    block, _, offset = tuple_id[1:-1].partition(",")
    return int(block), int(offset)


def _block(tuple_id: str) -> int:
    return _place(tuple_id)[0]


def _is_about_a_value(error: DBAPIError) -> bool:
    """Tell whether a body could not be cast: invalid text (class 22), or nested or sized beyond a limit (54)."""
    return str(getattr(error.orig, "sqlstate", "") or "")[:2] in {"22", "54"}
