"""Fixtures of the write path: sessions on each kind of database."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from tests.support.migrations import upgrade
from tests.support.tables import create_variant


@pytest.fixture
def sessions(database: str) -> sessionmaker[Session]:
    """Sessions on a database at head without rows, on each kind in turn."""
    return sessionmaker(make_engine(database))


@pytest.fixture
def lenient(empty_database: str) -> sessionmaker[Session]:
    """Sessions on the adopted table that admits most: nearly every column may be NULL, nothing is checked."""
    create_variant(empty_database, "C")
    upgrade(empty_database)
    return sessionmaker(make_engine(empty_database))
