"""Untouched: what a database is like before its first upgrade, and how it is read all the same. Reads only."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.required import require_columns
from app.backfill.ledger.runs import RUNS
from app.database.engines import existing_database, is_missing_file, make_engine
from app.database.urls import sqlite_file
from app.videos.adoption import TABLE, examine
from app.videos.models import Veo3VideoGeneration

Missing: TypeAlias = Literal["file", "table", "ledger", ""]
"""What a database lacks of an upgraded one; nothing where it was upgraded."""

ADVICE: Final[Mapping[Missing, str]] = {
    "file": "there is no such file yet: `media-gen-ids upgrade` makes it",
    "table": f"there is no table {TABLE} yet: `media-gen-ids upgrade` makes it",
    "ledger": "no upgrade has run here yet: `sync --dry-run` counts, `upgrade` fills",
}
"""What to say of it in one line."""
READABLE: Final[frozenset[Missing]] = frozenset({"ledger", ""})
"""Databases with a table whose rows can be looked at."""
LEDGER: Final = (RUNS, FAILURES)


@contextmanager
def database_as_it_is(url: str) -> Iterator[sa.Engine]:
    """Yield an engine for looking at a database; an empty one in memory for a SQLite file that is not there.

    Opening that would make it. Raises what `existing_database` does, also for a file whose folder is not there.
    """
    file = sqlite_file(make_engine(url).url)
    if file is not None and is_missing_file(url) and os.path.isdir(file.parent):  # noqa: PTH112  # raises nothing
        yield make_engine("sqlite://")
        return
    with existing_database(url) as engine:
        yield engine


def find_missing(connection: sa.Connection, url: str) -> Missing:
    """Return what the database of a URL lacks. Raises ForeignTableError for another program's table, OldLedgerError.

    A database with the ledger has been upgraded, whatever else it lacks now.
    """
    inspector = sa.inspect(connection)
    if all(inspector.has_table(table.name) for table in LEDGER):
        require_columns(connection)
        return ""
    if is_missing_file(url):
        return "file"
    return "ledger" if examine(connection).exists else "table"


@contextmanager
def as_upgraded(connection: sa.Connection) -> Iterator[None]:
    """While the block runs, let statements read the database as revisions 0001 and 0002 would leave it.

    Columns that the table lacks are NULL, and tables of the ledger that are not there are empty. Only what SQLAlchemy
    builds is read so, and it must not write. On an upgraded database nothing changes. To be called outside a
    transaction.
    """
    with connection.begin():
        columns, tables = _absent_columns(connection), _absent_tables(connection)

    def stand_in(element: Any, **_: object) -> Any:  # noqa: ANN401  # any element of a statement
        if isinstance(element, sa.TableClause):
            return tables.get(element.name)
        if not isinstance(element, sa.ColumnClause):
            return None
        empty = tables.get(getattr(element.table, "name", ""))
        return columns.get(element.name) if empty is None else empty.c[element.name]

    def rewrite(_: sa.Connection, statement: Any, many: Any, one: Any, __: object) -> tuple[Any, Any, Any]:  # noqa: ANN401
        return visitors.replacement_traverse(statement, {}, stand_in), many, one

    sa.event.listen(connection, "before_execute", rewrite, retval=True)
    try:
        yield
    finally:
        sa.event.remove(connection, "before_execute", rewrite)


def _absent_columns(connection: sa.Connection) -> Mapping[str, sa.ColumnElement[Any]]:
    """Return what stands for the columns that the application's table lacks, by name."""
    there = examine(connection).columns
    wanted = Veo3VideoGeneration.__table__.c
    return {column.name: sa.cast(sa.null(), column.type) for column in wanted if column.name not in there}


def _absent_tables(connection: sa.Connection) -> Mapping[str, sa.Subquery]:
    """Return what stands for the tables of the ledger that are not there, by name."""
    inspector = sa.inspect(connection)
    return {table.name: _empty(table) for table in LEDGER if not inspector.has_table(table.name)}


def _empty(table: sa.TableClause) -> sa.Subquery:
    columns = (sa.cast(sa.null(), column.type).label(column.name) for column in table.c)
    return sa.select(*columns).where(sa.false()).subquery(table.name)
