"""SQLite files in WAL mode."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from benchmarks.contestant_names import WORKERS
from benchmarks.data import Row
from benchmarks.databases.base import RUN, Copy, Database, Footprint
from benchmarks.shapes import Shape
from benchmarks.tables import CREATE_INDEXES, INSERT

SQLITE = "sqlite"


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
    cannot_run = frozenset({WORKERS})  # they would have to wait for one another
    product = f"SQLite {sqlite3.sqlite_version}"

    def __enter__(self) -> Self:
        """Make the folder."""
        self._folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def load(self, template: str, shape: Shape, rows: Iterable[Row]) -> None:
        """Make the file, without a log while it is filled: that would take as much room again."""
        connection = sqlite3.connect(self._folder / template)
        connection.execute("PRAGMA journal_mode = OFF")
        for statement in (shape.create_table, *CREATE_INDEXES):
            connection.execute(statement)
        connection.executemany(INSERT, map(vars, rows))
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()

    def remove(self, template: str) -> None:
        """Remove the file."""
        (self._folder / template).unlink()

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
