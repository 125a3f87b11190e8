"""Take a walk by hand: read a window, let somebody else write, then fill."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from app.backfill.databases import choose_walk
from app.backfill.rows import Recovered, Window
from app.backfill.transactions import Transactions
from app.backfill.walk import Walk
from app.database.engines import make_engine
from app.database.timestamps import now
from app.videos.recipe import MEDIA_IDS


class ByHand:
    """A walk over a database, one step at a time."""

    def __init__(self, connection: sa.Connection) -> None:
        self._transactions = Transactions(connection, owned_by_caller=False)
        with self._transactions.read() as reading:
            self.walk: Walk = choose_walk(reading, MEDIA_IDS)
            self.walk.start_sweep(reading)

    def read(self, cursor: str | None = None, rows: int = 100, limit: int | None = None) -> Window:
        """Read the window at the cursor; its own cursor is where the next one starts, in whatever span."""
        span = self.walk.cut(cursor)
        with self._transactions.read(self.walk.reading) as reading:
            window = self.walk.read(reading, span, rows, limit)
        window.cursor = window.cursor or span.end
        return window

    def read_all(self, rows: int = 100, cursor: str | None = None) -> list[Window]:
        """Read every window from the cursor on."""
        windows = [self.read(cursor, rows)]
        while windows[-1].cursor is not None:
            windows.append(self.read(windows[-1].cursor, rows))
        return windows

    def fill(self, rows: list[Recovered]) -> list[str]:
        """Fill rows in one transaction and return the ids of those that were filled."""
        with self._transactions.write(self.walk.filling) as writing:
            return sorted(str(row.row_id) for row in self.walk.fill(writing, rows, now()).filled)


@contextmanager
def by_hand(url: str) -> Iterator[ByHand]:
    """Yield a walk over a database, on a connection of its own."""
    with make_engine(url).connect() as connection:
        yield ByHand(connection)
