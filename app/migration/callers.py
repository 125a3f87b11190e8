"""Callers: what another program may put into `config.attributes["connection"]`, and the advice for anything else."""

from typing import Final

import sqlalchemy as sa
from alembic.config import Config

from app.database.urls import require_known_database
from app.migration.errors import CallerError

GIVE_INSTEAD: Final = {
    "AsyncConnection": "use `await connection.run_sync(...)` and give the connection that it hands over",
    "AsyncEngine": (
        "open a connection with `engine.connect()`, use `await connection.run_sync(...)` and give what it hands over"
    ),
    "AsyncSession": "use `await session.run_sync(...)` and give `session.connection()` of what it hands over",
    "Session": "give `session.connection()`",
    "scoped_session": "give `session.connection()`",
    "sessionmaker": "give the Engine that it was made with",
    "str": "put a URL into `sqlalchemy.url` of the configuration, or into DATABASE_URL",
    "URL": "put a URL into `sqlalchemy.url` of the configuration, or into DATABASE_URL",
}
"""Keyed by the name of a class, so that the class need not be imported."""
ONLY_IN_TRANSACTIONS: Final = frozenset({"asyncpg", "aiosqlite"})
"""Drivers that cannot begin or end a transaction as the backfill needs it."""
BEGIN_FIRST: Final = "begin a transaction on it first, as `async with engine.begin() as connection` does"
OTHERWISE: Final = "give a Connection or an Engine of SQLAlchemy"


def given_by_caller(config: Config) -> sa.Connection | sa.Engine | None:
    """Return the connection or engine that a caller has put into the configuration; None where there is none.

    Touches neither. Raises CallerError for something else, and for a driver that works only within a transaction;
    ConfigurationError for a database that is neither PostgreSQL nor SQLite.
    """
    given = config.attributes.get("connection")
    if given is None:
        return None
    if not isinstance(given, (sa.Connection, sa.Engine)):
        raise CallerError(type(given).__name__, _instead_of(given))
    require_known_database(given.dialect.name, f"the {type(given).__name__} that was given")
    in_transaction = isinstance(given, sa.Connection) and given.in_transaction()
    if given.dialect.driver in ONLY_IN_TRANSACTIONS and not in_transaction:
        raise CallerError(f"{type(given).__name__} of {given.dialect.driver}", BEGIN_FIRST)
    return given


def _instead_of(given: object) -> str:
    """Return the advice what to give instead; a subclass is found by the names of its base classes."""
    return next(
        (GIVE_INSTEAD[kind.__name__] for kind in type(given).__mro__ if kind.__name__ in GIVE_INSTEAD), OTHERWISE
    )


def refuse_autocommit(connection: sa.Connection) -> None:
    """Raise CallerError for a connection to PostgreSQL that commits each statement by itself. Sends nothing.

    Neither a batch nor the lock would hold any longer than its statement.
    """
    if commits_by_itself(connection):
        raise CallerError("AUTOCOMMIT", "give one that begins transactions")


def commits_by_itself(connection: sa.Connection) -> bool:
    """Tell whether a connection to PostgreSQL commits each statement by itself. Sends nothing."""
    driver = connection.connection.dbapi_connection
    if connection.dialect.name != "postgresql" or driver is None:
        return False
    return bool(connection.dialect.detect_autocommit_setting(driver))
