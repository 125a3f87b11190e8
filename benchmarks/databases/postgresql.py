"""PostgreSQL servers of two sizes, from the binaries that tests use too."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from psycopg import sql

from benchmarks.data import Row
from benchmarks.databases.base import READ_EVERYTHING, RUN, Copy, Database, Footprint
from benchmarks.databases.copying import fill, scalar
from benchmarks.shapes import Shape
from support.postgres import PostgresServer

PROFILES: Mapping[str, Mapping[str, str]] = {
    "postgresql-small": {"fsync": "on", "shared_buffers": "64MB", "max_wal_size": "128MB"},
    "postgresql-cached": {"fsync": "on", "shared_buffers": "2GB", "max_wal_size": "8GB"},
}
"""`small`: the table is far larger than the cache, and checkpoints are frequent. `cached`: the table fits."""
CHILDREN_TIMES = slice(13, 15)  # of the fields of /proc/<id>/stat that follow the program's name, in clock ticks
COPY_TEMPLATE = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
WAL_POSITION = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"
OTHER_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
FOOTPRINT = """
SELECT pg_total_relation_size(relid), pg_relation_size(relid), n_tup_hot_upd::float8 / nullif(n_tup_upd, 0)
FROM pg_stat_user_tables WHERE relname = 'veo3_video_generations'
"""


class PostgresCopy(Copy):
    """A database of its own on the server."""

    def __init__(self, server: PostgresServer) -> None:
        """Take the server that the database is on."""
        super().__init__(server.url(RUN))
        self._server = server

    def wal_position(self) -> int:
        """Ask the server, of which this is the only database at work."""
        with self._server.connect() as connection:
            position: int = scalar(connection, WAL_POSITION)
            return position

    def wait_for_sessions(self) -> None:
        """Wait until the sessions have ended: they report statistics and processor time when they do."""
        with self._server.connect() as connection:
            while scalar(connection, OTHER_SESSIONS, RUN):
                time.sleep(0.05)

    def server_processor_seconds(self) -> float:
        """Ask the system, which counts it for the server as the parent of its sessions."""
        statistics = Path(f"/proc/{self._server.process_id}/stat")
        if not statistics.exists():
            return 0.0
        of_children = statistics.read_text().rpartition(")")[2].split()[CHILDREN_TIMES]
        return sum(map(int, of_children)) / os.sysconf("SC_CLK_TCK")

    def put_beside(self, ids: Mapping[str, str]) -> None:
        """Write everything to disk after that."""
        super().put_beside(ids)
        with self._server.connect(RUN) as connection:
            connection.execute("CHECKPOINT")

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
        self._server = PostgresServer(version, settings=PROFILES[name])

    def __enter__(self) -> Self:
        """Start the server."""
        self._server.__enter__()
        with self._server.connect() as connection:
            self.product = f"PostgreSQL {scalar(connection, 'SHOW server_version')}"
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server and remove its data."""
        self._server.__exit__(None, None, None)

    def load(self, template: str, shape: Shape, rows: Iterable[Row]) -> None:
        """Fill a database of its own."""
        self._server.create_database(template)
        with self._server.connect(template) as connection:
            fill(connection, shape, rows)

    def remove(self, template: str) -> None:
        """Drop the database."""
        self._server.drop_database(template)

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
