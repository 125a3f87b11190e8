"""The databases that the contestants run on: two PostgreSQL servers of different size, SQLite in WAL mode, and Citus.

Data is loaded once, as a template; every run gets a copy of its own. All that differs between the kinds is here.
"""

import os

from benchmarks.databases.base import Database
from benchmarks.databases.citus import CITUS, CitusDatabase
from benchmarks.databases.postgresql import PROFILES, PostgresDatabase
from benchmarks.databases.sqlite import SQLITE, SqliteDatabase

ORDINARY = (*PROFILES, SQLITE)
NAMES = (*ORDINARY, CITUS)


def open_database(name: str, postgresql_version: int) -> Database:
    """Return the database of this name, not started yet. Raises KeyError for a cluster that nobody has named."""
    if name == CITUS:
        return CitusDatabase(os.environ["TEST_CITUS_URL"])
    return SqliteDatabase() if name == SQLITE else PostgresDatabase(name, postgresql_version)
