"""The databases that the contestants run on: two PostgreSQL servers of different size, and SQLite in WAL mode.

Data is loaded once, as a template; every run gets a copy of its own. All that differs between the kinds is here.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.pool import NullPool

from benchmarks.data import COLUMNS, CREATE_INDEXES, CREATE_TABLE, INSERT, Row
from support.postgres import PostgresServer

POSTGRESQL_PROFILES: Mapping[str, Mapping[str, str]] = {
    "postgresql-small": {"fsync": "on", "shared_buffers": "64MB", "max_wal_size": "128MB"},
    "postgresql-cached": {"fsync": "on", "shared_buffers": "2GB", "max_wal_size": "8GB"},
}
"""`small`: the table is far larger than the cache, and checkpoints are frequent. `cached`: the table fits."""
SQLITE = "sqlite"
CITUS = "citus"
"""A cluster that is there already; TEST_CITUS_URL names a database of its coordinator, which holds nothing else."""
ORDINARY = (*POSTGRESQL_PROFILES, SQLITE)
NAMES = (*ORDINARY, CITUS)
CHILDREN_TIMES = slice(13, 15)  # of the fields of /proc/<id>/stat that follow the program's name, in clock ticks
LEDGER = ("media_generation_id_backfill_runs", "media_generation_id_backfill_failures", "alembic_version")
TEMPLATE = "benchmark_rows"  # the table of a cluster's coordinator that holds the data
DISTRIBUTE_ROWS = "INSERT INTO veo3_video_generations SELECT * FROM benchmark_rows"
RUN = "run"  # the name of the copy that a run works on

FILLED = sa.text("SELECT id, media_generation_id FROM veo3_video_generations WHERE media_generation_id IS NOT NULL")
FILLED_COUNT = sa.text("SELECT count(*) FROM veo3_video_generations WHERE media_generation_id IS NOT NULL")
BATCH_TIMES = sa.text("SELECT max(max_batch_seconds), max(p99_batch_seconds) FROM media_generation_id_backfill_runs")
COPY_TEMPLATE = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
READ_EVERYTHING = "SELECT sum(octet_length(raw_response || '')) FROM veo3_video_generations"
WAL_POSITION = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"
OTHER_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
FOOTPRINT = """
SELECT pg_total_relation_size(relid), pg_relation_size(relid), n_tup_hot_upd::float8 / nullif(n_tup_upd, 0)
FROM pg_stat_user_tables WHERE relname = 'veo3_video_generations'
"""


CLUSTER_FOOTPRINT = sa.text("SELECT citus_total_relation_size('veo3_video_generations')")


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
    has_one_writer = False
    """Several workers would have to wait for one another."""

    @abstractmethod
    def __enter__(self) -> Self:
        """Start."""

    @abstractmethod
    def __exit__(self, *_: object) -> None:
        """Stop and remove everything."""

    @abstractmethod
    def load(self, template: str, rows: Iterable[Row]) -> None:
        """Make a template: the table with these rows, as a live table would be."""

    @abstractmethod
    def copy(self, template: str) -> AbstractContextManager[Copy]:
        """Make a copy that is written to disk, and remove it in the end."""


class PostgresCopy(Copy):
    """A database of its own on the server."""

    def __init__(self, server: PostgresServer) -> None:
        """Take the server that the database is on."""
        super().__init__(server.url(RUN))
        self._server = server

    def wal_position(self) -> int:
        """Ask the server, of which this is the only database at work."""
        with self._server.connect() as connection:
            position: int = _scalar(connection, WAL_POSITION)
            return position

    def wait_for_sessions(self) -> None:
        """Wait until the sessions have ended: they report statistics and processor time when they do."""
        with self._server.connect() as connection:
            while _scalar(connection, OTHER_SESSIONS, RUN):
                time.sleep(0.05)

    def server_processor_seconds(self) -> float:
        """Ask the system, which counts it for the server as the parent of its sessions."""
        statistics = Path(f"/proc/{self._server.process_id}/stat")
        if not statistics.exists():
            return 0.0
        of_children = statistics.read_text().rpartition(")")[2].split()[CHILDREN_TIMES]
        return sum(map(int, of_children)) / os.sysconf("SC_CLK_TCK")

    def footprint(self) -> Footprint:
        """Ask the statistics."""
        with self._server.connect(RUN) as connection:
            table_bytes, heap_bytes, hot_share = connection.execute(FOOTPRINT).fetchall()[0]
        return Footprint(table_bytes=table_bytes, heap_bytes=heap_bytes, hot_share=hot_share)


class PostgresDatabase(Database):
    """A PostgreSQL server with one of the profiles."""

    def __init__(self, name: str, version: int) -> None:
        """Take the profile's name and the server's major version."""
        self.name = name
        self._server = PostgresServer(version, settings=POSTGRESQL_PROFILES[name])

    def __enter__(self) -> Self:
        """Start the server."""
        self._server.__enter__()
        with self._server.connect() as connection:
            self.product = f"PostgreSQL {_scalar(connection, 'SHOW server_version')}"
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server and remove its data."""
        self._server.__exit__(None, None, None)

    def load(self, template: str, rows: Iterable[Row]) -> None:
        """Make the table, copy the rows into it, and vacuum as autovacuum would have done."""
        self._server.create_database(template)
        with self._server.connect(template) as connection:
            for statement in (CREATE_TABLE, *CREATE_INDEXES):
                connection.execute(statement)
            _copy_rows(connection, rows)
            connection.execute("VACUUM ANALYZE veo3_video_generations")

    @contextmanager
    def copy(self, template: str) -> Iterator[Copy]:
        """Copy the template, read it once, as a table in use has been, and write everything to disk."""
        with self._server.connect() as connection:
            connection.execute(COPY_TEMPLATE.format(sql.Identifier(RUN), sql.Identifier(template)))
        try:
            with self._server.connect(RUN) as connection:
                connection.execute(READ_EVERYTHING)
                connection.execute("CHECKPOINT")
            yield PostgresCopy(self._server)
        finally:
            self._server.drop_database(RUN)


class SqliteCopy(Copy):
    """A file of its own."""

    def __init__(self, file: Path) -> None:
        """Take the file."""
        super().__init__(f"sqlite:///{file}")
        self._file = file

    def wait_for_sessions(self) -> None:
        """Do nothing: sessions end with their process."""

    def wal_position(self) -> None:
        """Return nothing: SQLite does not count what it writes."""

    def server_processor_seconds(self) -> float:
        """Return nothing: the contestant does all the work itself."""
        return 0.0

    def footprint(self) -> Footprint:
        """Return the file's size; the last connection to close has emptied the log beside it."""
        return Footprint(table_bytes=self._file.stat().st_size)


class SqliteDatabase(Database):
    """A folder of SQLite files in WAL mode, as the application uses them."""

    name = SQLITE
    has_one_writer = True
    product = f"SQLite {sqlite3.sqlite_version}"

    def __enter__(self) -> Self:
        """Make the folder."""
        self._folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def load(self, template: str, rows: Iterable[Row]) -> None:
        """Make the file."""
        connection = sqlite3.connect(self._folder / template)
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in (CREATE_TABLE, *CREATE_INDEXES):
            connection.execute(statement)
        connection.executemany(INSERT, map(vars, rows))
        connection.commit()
        connection.close()

    @contextmanager
    def copy(self, template: str) -> Iterator[Copy]:
        """Copy the file and write it to disk, so that nobody pays for that later."""
        file = self._folder / RUN
        shutil.copyfile(self._folder / template, file)
        with file.open("rb") as copied:
            os.fsync(copied.fileno())
        try:
            yield SqliteCopy(file)
        finally:
            for path in self._folder.glob(f"{RUN}*"):
                path.unlink()


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
            table_bytes = connection.scalars(
                sa.text("SELECT citus_total_relation_size('veo3_video_generations')")
            ).one()
        return Footprint(table_bytes=table_bytes)


class CitusDatabase(Database):
    """A database of a cluster, with the table distributed by its primary key."""

    name = CITUS

    def __init__(self, url: str) -> None:
        """Take the URL of the coordinator."""
        self._url = url

    def __enter__(self) -> Self:
        """Connect."""
        self._connection = psycopg.connect(self._url, autocommit=True)
        self.product = str(_scalar(self._connection, "SELECT extversion FROM pg_extension WHERE extname = 'citus'"))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what is left."""
        self._connection.execute(f"DROP TABLE IF EXISTS {TEMPLATE}")
        self._connection.close()

    def load(self, template: str, rows: Iterable[Row]) -> None:  # noqa: ARG002  # there is one
        """Keep the rows in a table of the coordinator."""
        self._connection.execute(f"DROP TABLE IF EXISTS {TEMPLATE}")
        self._connection.execute(_create_table(TEMPLATE))
        _copy_rows(self._connection, rows, TEMPLATE)

    @contextmanager
    def copy(self, template: str) -> Iterator[Copy]:  # noqa: ARG002  # there is one
        """Distribute the rows, read them once, and write everything to disk."""
        self._connection.execute(_create_table("veo3_video_generations"))
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


def open_database(name: str, postgresql_version: int) -> Database:
    """Return the database of this name, not started yet. Raises KeyError for a cluster that nobody has named."""
    if name == CITUS:
        return CitusDatabase(os.environ["TEST_CITUS_URL"])
    return SqliteDatabase() if name == SQLITE else PostgresDatabase(name, postgresql_version)


def _create_table(name: str) -> str:
    """Return the statement for a table of the cluster, where a second key may not be unique."""
    return CREATE_TABLE.replace("veo3_video_generations", name).replace(" UNIQUE", "")


def _copy_rows(
    connection: psycopg.Connection[tuple[Any, ...]], rows: Iterable[Row], table: str = "veo3_video_generations"
) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for values in map(attrgetter(*COLUMNS), rows):
            copy.write_row(values)


def _scalar(connection: psycopg.Connection[tuple[Any, ...]], query: str, *values: str) -> Any:  # noqa: ANN401  # of any type
    return connection.execute(query, values).fetchall()[0][0]
