"""Fixtures of the write path: sessions on each kind of database."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.db import make_engine


@pytest.fixture
def sessions(database: str) -> sessionmaker[Session]:
    """Sessions on a database at head without rows, on each kind in turn."""
    return sessionmaker(make_engine(database))
