"""Changes of the schema on a caller's SQLite connection: one transaction while an upgrade runs, and no longer."""

import sqlite3

import sqlalchemy as sa

from app.database.engines import make_engine
from app.migration.transactional_ddl import transactional_ddl
from tests.support.other_chain import tables


def in_transaction(connection: sa.Connection) -> bool:
    """Tell whether the driver has begun one."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver.in_transaction


def test_a_callers_connection_is_as_it_was_afterwards(sqlite_empty: str) -> None:
    """Python's driver begins none before a CREATE."""
    with make_engine(sqlite_empty).connect() as connection:
        with transactional_ddl(connection):
            connection.exec_driver_sql("\n  create table one (id TEXT)")
            inside = in_transaction(connection)
            connection.rollback()
        connection.exec_driver_sql("CREATE TABLE two (id TEXT)")
        afterwards = in_transaction(connection)

    assert (inside, afterwards, tables(sqlite_empty)) == (True, False, {"two"})
