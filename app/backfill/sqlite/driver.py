"""Driver of SQLite: Python's sqlite3, called directly where SQLAlchemy's work for each row would cost too much."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.driver import Driver, NotUtf8Error, Rows
from app.backfill.undecodable import decode

NOT_DECODED: Final = "Could not decode to UTF-8"
"""The words of sqlite3's error for text that is not UTF-8."""


class SqliteDriver(Driver):
    """Reads and writes rows of a SQLite file."""

    @contextmanager
    def stream(self, connection: sa.Connection, statement: sa.Select[Any]) -> Iterator[Rows]:
        """Yield plain tuples, one at a time. What the driver raises meanwhile is raised as SQLAlchemy's error."""
        with connection.execute(statement) as result:
            try:
                yield cast("Rows", result.cursor)
            except sqlite3.Error as error:
                if NOT_DECODED in str(error):
                    raise NotUtf8Error from error
                raise DBAPIError.instance(str(statement), None, error, sqlite3.Error) from error

    @contextmanager
    def text_as_it_is(self, connection: sa.Connection) -> Iterator[None]:
        """Hand out text that is not UTF-8 while the block runs; see app.backfill.undecodable."""
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        before, driver.text_factory = driver.text_factory, decode
        try:
            yield
        finally:
            driver.text_factory = before

    def execute_many(
        self,
        connection: sa.Connection,
        statement: sa.Update,
        names: Sequence[str],
        values: Sequence[tuple[object, ...]],
    ) -> int:
        """Hand the driver tuples as it takes them: SQLAlchemy's work for each row would be a fifth of the whole."""
        compiled = statement.compile(dialect=connection.dialect)
        if getattr(compiled, "positiontup", None) != list(names):
            return super().execute_many(connection, statement, names, values)
        return connection.exec_driver_sql(str(compiled), list(values)).rowcount

    def version(self, connection: sa.Connection) -> object:
        """Return SQLite's data version, which other connections' commits change, and which connection it is of."""
        version = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        return id(connection.connection.dbapi_connection), version
