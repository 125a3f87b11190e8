"""The contestants whose rows never leave the database: one UPDATE, batches in key order, and ids known before."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa

from benchmarks import statements

BATCH_ROWS = 1_000
FIRST_KEY = ""  # before every key
KNOWN_SUFFIX = "-known"
CREATE_KNOWN = "CREATE TABLE known (id TEXT PRIMARY KEY, media_generation_id TEXT NOT NULL)"
CREATE_KNOWN_BESIDE = "CREATE TABLE beside.known (id TEXT PRIMARY KEY, media_generation_id TEXT NOT NULL) WITHOUT ROWID"
ATTACH = "ATTACH DATABASE ? AS beside"


def update(engine: sa.Engine) -> Iterator[None]:
    """Fill everything with one statement in one transaction."""
    with engine.begin() as connection:
        connection.exec_driver_sql(statements.written_for(engine.dialect.name, statements.UPDATE))
    yield


def batches(engine: sa.Engine) -> Iterator[None]:
    """Fill 1,000 rows at a time in the order of the primary key, each batch by the server and in a transaction.

    On PostgreSQL as pgroll does: one statement chooses the next rows that have no id, locks them and fills them.
    On SQLite as online_migrations does: a look at the key's index says where the batch ends, then an UPDATE fills
    the range.
    """
    batch = _postgresql_batch if engine.dialect.name == "postgresql" else _sqlite_batch
    last: str | None = FIRST_KEY
    with engine.connect() as connection:
        while last is not None:
            with connection.begin():
                last = batch(connection, last)
            yield


def _postgresql_batch(connection: sa.Connection, after: str) -> str | None:
    statement = statements.written_for("postgresql", statements.POSTGRESQL_BATCH)
    last: str | None = connection.exec_driver_sql(statement, {"after": after, "rows": BATCH_ROWS}).scalar()
    return last


def _sqlite_batch(connection: sa.Connection, after: str) -> str | None:
    place = {"after": after, "rows": BATCH_ROWS}
    last = connection.scalar(sa.text(statements.LAST_OF_BATCH), place)
    last = last or connection.scalar(sa.text(statements.LAST_OF_TABLE), {"after": after})
    if last is not None:
        statement = statements.written_for("sqlite", statements.SQLITE_BATCH)
        connection.exec_driver_sql(statement, {"after": after, "last": last})
    return None if last is None else str(last)


def known(engine: sa.Engine) -> Iterator[None]:
    """Fill everything with one statement that joins the ids that `put_beside` has laid there."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _attach(connection)
        with connection.begin():
            connection.exec_driver_sql(statements.written_for(engine.dialect.name, statements.KNOWN_UPDATE))
    yield


def put_beside(engine: sa.Engine, ids: Mapping[str, str]) -> None:
    """Store the ids of rows in a table `known`: on PostgreSQL in the same database, on SQLite in a file beside it."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _put_into_file(connection, ids)
        else:
            _copy(connection, ids)


def _put_into_file(connection: sa.Connection, ids: Mapping[str, str]) -> None:
    _attach(connection)
    with connection.begin():
        connection.exec_driver_sql(CREATE_KNOWN_BESIDE)
        connection.exec_driver_sql("INSERT INTO beside.known VALUES (?, ?)", [*ids.items()])


def _copy(connection: sa.Connection, ids: Mapping[str, str]) -> None:
    with connection.begin():
        connection.exec_driver_sql(CREATE_KNOWN)
        driver = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy("COPY known FROM STDIN") as copy:  # type: ignore[union-attr]  # psycopg
            for row in ids.items():
                copy.write_row(row)
        connection.exec_driver_sql("ANALYZE known")


def _attach(connection: sa.Connection) -> None:
    """Open the file of known ids, outside of any transaction."""
    file = Path(str(connection.engine.url.database))
    connection.exec_driver_sql(ATTACH, (str(file.with_name(file.name + KNOWN_SUFFIX)),))
    connection.commit()
