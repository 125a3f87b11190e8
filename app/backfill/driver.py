"""Driver: what a walk by key needs of a database's driver, in a form that works with any database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias, cast

import sqlalchemy as sa

from app.backfill.judge import Row

STREAMED_ROWS: Final = 4
"""Rows fetched at a time by a driver that would else fetch all rows: memory must not grow with the bodies."""

Rows: TypeAlias = Iterator[Row]


class NotUtf8Error(Exception):
    """The database returned text that is not UTF-8; see app.backfill.undecodable."""


class Driver:
    """Reads and writes rows of any database. SQLite's is app.backfill.sqlite.driver."""

    @contextmanager
    def stream(self, connection: sa.Connection, statement: sa.Select[Any]) -> Iterator[Rows]:
        """Yield the rows of a statement as they come. Raises DBAPIError; NotUtf8Error where text may be none."""
        with connection.execute(statement, execution_options={"yield_per": STREAMED_ROWS}) as streamed:
            yield cast("Rows", iter(streamed))

    @contextmanager
    def text_as_it_is(self, connection: sa.Connection) -> Iterator[None]:  # noqa: ARG002  # nothing to change
        """Hand out text that is not UTF-8 while the block runs, instead of raising NotUtf8Error."""
        yield

    def execute_many(
        self,
        connection: sa.Connection,
        statement: sa.Update,
        names: Sequence[str],
        values: Sequence[tuple[object, ...]],
    ) -> int:
        """Execute a statement for each set of values of the parameters of these names; return the rows it changed."""
        return connection.execute(statement, [dict(zip(names, row, strict=True)) for row in values]).rowcount

    def version(self, connection: sa.Connection) -> object:  # noqa: ARG002  # only a file has one
        """Return a value that stays the same as long as no other connection writes to the database; None: untold."""
        return None
