"""A cluster of Citus that is there already."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self

import psycopg
import sqlalchemy as sa

from benchmarks.contestant_names import BATCHES, KNOWN
from benchmarks.data import Row
from benchmarks.databases.base import READ_EVERYTHING, Copy, Database, Footprint
from benchmarks.databases.copying import copy_rows, scalar
from benchmarks.shapes import Shape
from benchmarks.tables import CREATE_INDEXES, TABLE

CITUS = "citus"
"""A cluster that is there already; TEST_CITUS_URL names a database of its coordinator, which holds nothing else."""
LEDGER = ("media_generation_id_backfill_runs", "media_generation_id_backfill_failures", "alembic_version")
TEMPLATE = "benchmark_rows"  # the table of the coordinator that holds the data
DISTRIBUTE_ROWS = "INSERT INTO veo3_video_generations SELECT * FROM benchmark_rows"
FOOTPRINT = sa.text("SELECT citus_total_relation_size('veo3_video_generations')")


class CitusCopy(Copy):
    """The table, distributed anew."""

    def wait_for_sessions(self) -> None:
        """Do nothing: nothing is asked of the sessions."""

    def wal_position(self) -> None:
        """Return nothing: each server has a log of its own."""

    def server_processor_seconds(self) -> float:
        """Return nothing: there are several servers."""
        return 0.0

    def footprint(self) -> Footprint:
        """Ask the shards."""
        with self._engine.connect() as connection:
            return Footprint(table_bytes=connection.scalars(FOOTPRINT).one())


class CitusDatabase(Database):
    """A database of a cluster, with the table distributed by its primary key."""

    name = CITUS
    cannot_run = frozenset({BATCHES, KNOWN})  # written for one server

    def __init__(self, url: str) -> None:
        """Take the URL of the coordinator."""
        self._url = url

    def __enter__(self) -> Self:
        """Connect."""
        self._connection = psycopg.connect(self._url, autocommit=True)
        self.product = str(scalar(self._connection, "SELECT extversion FROM pg_extension WHERE extname = 'citus'"))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what is left."""
        self._connection.execute(f"DROP TABLE IF EXISTS {TEMPLATE}")
        self._connection.close()

    def load(self, template: str, shape: Shape, rows: Iterable[Row]) -> None:
        """Keep the rows in a table of the coordinator."""
        self.remove(template)
        self._create_table = shape.create_table.replace(" UNIQUE", "")  # a second key may not be unique
        self._connection.execute(self._create_table.replace(TABLE, TEMPLATE))
        copy_rows(self._connection, rows, TEMPLATE)

    def remove(self, template: str) -> None:  # noqa: ARG002  # there is one
        """Drop the table."""
        self._connection.execute(f"DROP TABLE IF EXISTS {TEMPLATE}")

    @contextmanager
    def copy(self, template: str) -> Iterator[Copy]:  # noqa: ARG002  # there is one
        """Distribute the rows, read them once, and write everything to disk."""
        self._connection.execute(self._create_table)
        self._connection.execute("SELECT create_distributed_table('veo3_video_generations', 'id', shard_count := 32)")
        try:
            for statement in CREATE_INDEXES:
                self._connection.execute(statement)
            self._connection.execute(DISTRIBUTE_ROWS)
            self._connection.execute("VACUUM ANALYZE veo3_video_generations")
            self._connection.execute(READ_EVERYTHING)
            self._connection.execute("SELECT run_command_on_all_nodes('CHECKPOINT')")
            yield CitusCopy(self._url)
        finally:
            for table in ("veo3_video_generations", *LEDGER):
                self._connection.execute(f"DROP TABLE IF EXISTS {table}")
