"""A caller's own connection or engine in `config.attributes["connection"]`."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError

from app.database.engines import make_engine
from tests.support.migrations import alembic_config, recorded_version
from tests.support.responses import make_rows
from tests.support.tables import create_variant, insert, query

FILLED = "SELECT count(*) FROM veo3_video_generations WHERE media_generation_id IS NOT NULL"


@pytest.fixture
def adopted(empty_database: str) -> str:
    """A database of variant A with a row of every kind, not upgraded yet."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(24))
    return empty_database


def upgrade_with(connection: sa.Connection | sa.Engine, url: str) -> None:
    """Upgrade on what the caller gives."""
    config = alembic_config(url)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def test_an_engine(adopted: str) -> None:
    """As pytest-alembic gives it."""
    upgrade_with(make_engine(adopted), adopted)

    assert (recorded_version(adopted), query(adopted, FILLED)) == ("media_ids_0003", [(10,)])


def test_a_connection_without_a_transaction(adopted: str) -> None:
    """Alembic begins and commits; the connection is left without a transaction."""
    with make_engine(adopted).connect() as connection:
        upgrade_with(connection, adopted)
        left_open = connection.in_transaction()

    assert (left_open, recorded_version(adopted), query(adopted, FILLED)) == (False, "media_ids_0003", [(10,)])


def test_a_connection_in_a_transaction_is_committed_by_its_caller_alone(adopted: str) -> None:
    """Nothing is committed on it: rolled back, all is as before; committed, all is there."""
    with make_engine(adopted).connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        upgrade_with(connection, adopted)
        connection.commit()

    assert (recorded_version(adopted), query(adopted, FILLED)) == ("media_ids_0003", [(10,)])


def test_a_transaction_that_its_caller_rolls_back_leaves_nothing(adopted: str) -> None:
    """Changes of the schema are part of the transaction, on SQLite as well."""
    with make_engine(adopted).connect() as connection:
        transaction = connection.begin()
        upgrade_with(connection, adopted)
        inside = connection.exec_driver_sql(FILLED).scalar()
        transaction.rollback()

    assert (inside, recorded_version(adopted), query(adopted, FILLED)) == (10, None, [(0,)])


def test_a_sqlite_engine_that_opens_transactions_by_itself_is_refused(sqlite_empty: str) -> None:
    """Its batches would silently not be committed."""
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(24))
    engine = make_engine(sqlite_empty)
    sa.event.listen(engine, "connect", lambda dbapi, _: setattr(dbapi, "isolation_level", None))
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))

    with pytest.raises(CommandError, match="opens transactions by itself"):
        upgrade_with(engine, sqlite_empty)

    assert query(sqlite_empty, FILLED) == [(0,)]
