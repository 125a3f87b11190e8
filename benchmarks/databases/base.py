"""What every kind of database offers the benchmark: templates that are loaded once, and copies for one run each."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Self

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from benchmarks.data import Row
from benchmarks.server_side import put_beside
from benchmarks.shapes import Shape

RUN = "run"  # the name of the copy that a run works on
READ_EVERYTHING = "SELECT sum(octet_length(raw_response || '')) FROM veo3_video_generations"
FILLED = sa.text("SELECT id, media_generation_id FROM veo3_video_generations WHERE media_generation_id IS NOT NULL")
FILLED_COUNT = sa.text("SELECT count(*) FROM veo3_video_generations WHERE media_generation_id IS NOT NULL")
BATCH_TIMES = sa.text("SELECT max(max_batch_seconds), max(p99_batch_seconds) FROM media_generation_id_backfill_runs")


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """What a run left in the database. None where the database knows no such figure."""

    table_bytes: int
    """The table with its indexes and the bodies that are kept out of line; on SQLite the file."""
    heap_bytes: int | None = None
    """The rows alone: no indexes, and no bodies that are kept out of line."""
    hot_share: float | None = None
    """Share of the updates that kept the row on its page and touched no index."""


class Copy(ABC):
    """A copy of the table that belongs to one run."""

    def __init__(self, url: str) -> None:
        """Take the database's URL."""
        self.url = url
        self._engine = sa.create_engine(url, poolclass=NullPool)

    @abstractmethod
    def wait_for_sessions(self) -> None:
        """Wait until a contestant's sessions have ended."""

    @abstractmethod
    def wal_position(self) -> int | None:
        """Return how many bytes of WAL the server has written so far; None where that cannot be asked."""

    @abstractmethod
    def server_processor_seconds(self) -> float:
        """Return the processor time that a server's sessions have used so far."""

    @abstractmethod
    def footprint(self) -> Footprint:
        """Return what the runs so far have left."""

    def put_beside(self, ids: Mapping[str, str]) -> None:
        """Lay the ids of rows beside the table, written to disk, for the contestant that knows them."""
        put_beside(self._engine, ids)

    def filled(self) -> dict[str, str]:
        """Return the id of every row that has one."""
        with self._engine.connect() as connection:
            return {row.id: row.media_generation_id for row in connection.execute(FILLED)}

    def filled_count(self) -> int:
        """Return the number of rows that have an id."""
        with self._engine.connect() as connection:
            return int(connection.scalars(FILLED_COUNT).one())

    def batch_times(self) -> tuple[float, float] | None:
        """Return the longest and the 99th percentile of the project's batches in seconds, if it has run here."""
        if not sa.inspect(self._engine).has_table("media_generation_id_backfill_runs"):
            return None
        with self._engine.connect() as connection:
            longest, p99 = connection.execute(BATCH_TIMES).one()
        return None if longest is None else (longest, p99)


class Database(ABC):
    """A kind of database: holds templates, and makes copies of them."""

    name: str
    product: str
    """What it is and which version."""
    cannot_run: frozenset[str] = frozenset()
    """The contestants that there are no runs of here."""

    @abstractmethod
    def __enter__(self) -> Self:
        """Start."""

    @abstractmethod
    def __exit__(self, *_: object) -> None:
        """Stop and remove everything."""

    @abstractmethod
    def load(self, template: str, shape: Shape, rows: Iterable[Row]) -> None:
        """Make a template: the table with these rows, as a live table would be."""

    @abstractmethod
    def remove(self, template: str) -> None:
        """Remove a template, so that there is room on the disk for another."""

    @abstractmethod
    def copy(self, template: str) -> AbstractContextManager[Copy]:
        """Make a copy that is written to disk, and remove it in the end."""
