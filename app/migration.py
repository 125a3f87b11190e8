"""What alembic/env.py needs: one connection, the lock round the whole upgrade, and errors of one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic.config import Config
from alembic.util import CommandError

from app import adoption
from app.db import Base, make_engine, readable_errors
from app.errors import MediaIdsError
from app.lock import only_one
from app.settings import Settings

OUR_TABLES = frozenset(Base.metadata.tables)


def include_name(name: str | None, kind: str, parents: object) -> bool:  # noqa: ARG001
    """Keep other programs' tables out of every comparison (Alembic's `include_name`)."""
    return kind != "table" or name in OUR_TABLES


def database_url(config: Config, settings: Settings) -> str:
    """Return the URL: what the caller put into the Alembic configuration, else DATABASE_URL."""
    return config.get_main_option("sqlalchemy.url") or settings.database_url


@contextmanager
def alembic_errors() -> Iterator[None]:
    """Turn this project's errors into Alembic's, which its command prints as one line."""
    try:
        yield
    except MediaIdsError as error:
        if error.exit_code > 128:  # noqa: PLR2004  # stopped by a signal: the shell's convention
            raise SystemExit(error.exit_code) from error
        raise CommandError(str(error)) from error


@contextmanager
def migration_connection(config: Config, settings: Settings) -> Iterator[sa.Connection]:
    """Yield the connection that Alembic migrates on: the caller's own, or one of an engine made from the URL.

    A caller's connection may be in a transaction, which stays the caller's: nothing is committed on it.
    """
    given = config.attributes.get("connection")
    if isinstance(given, sa.Connection):
        with readable_errors(given.engine.url):
            yield given
        return
    engine = given if isinstance(given, sa.Engine) else make_engine(database_url(config, settings))
    with readable_errors(engine.url), engine.connect() as connection:
        yield connection


@contextmanager
def one_upgrade(connection: sa.Connection, settings: Settings) -> Iterator[None]:
    """Hold the database's lock while the block runs, and refuse a foreign table before anything is written."""
    owned_by_caller = connection.in_transaction()
    adoption.examine(connection)
    if not owned_by_caller:
        connection.rollback()  # the migration must find no transaction open
    with only_one(connection.engine, settings.lock_wait):
        yield
