"""Engines: what each connection is told, what is kept between two of them, and which files would be made."""

import os
import socket
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from app.database.engines import is_missing_file, make_engine
from tests.conftest import Databases


@pytest.fixture
def server(databases_of_kind: dict[str, Databases]) -> str:
    """The URL of an empty PostgreSQL database."""
    return databases_of_kind["postgresql-16"].empty()


def test_what_a_connection_to_postgresql_is_told(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """UTF-8 whatever the environment says, nothing prepared on the server, and a name that a person can find."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")

    with make_engine(server).connect() as connection:
        told = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in ("client_encoding", "application_name")]
        driver = connection.connection.dbapi_connection

    assert told == ["UTF8", f"media-gen-ids {socket.gethostname()}:{os.getpid()}"]
    assert getattr(driver, "prepare_threshold", 5) is None


def test_an_error_does_not_repeat_what_was_sent(server: str) -> None:
    """An answer may hold anything."""
    with make_engine(server).connect() as connection, pytest.raises(ProgrammingError) as caught:
        connection.execute(sa.text("SELECT :body FROM nowhere"), {"body": "s3cret"})

    assert "s3cret" not in str(caught.value)


def test_a_connection_is_closed_after_its_use_but_for_a_database_in_memory(tmp_path: Path) -> None:
    """Which would be gone with it."""
    in_memory = make_engine("sqlite://")
    with in_memory.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (id TEXT)")

    assert sa.inspect(in_memory).get_table_names() == ["kept"]
    assert isinstance(make_engine(f"sqlite:///{tmp_path}/x.db").pool, NullPool)
    assert isinstance(make_engine("postgresql://host/x").pool, NullPool)


def test_which_databases_are_files_that_are_missing(tmp_path: Path) -> None:
    """What else is wrong with a path, SQLite says when it opens it."""
    (tmp_path / "there.db").touch()
    names = {"there.db": False, "new.db": True, "no/new.db": True, "there.db/new.db": False, f"{'x' * 300}.db": False}

    found = {name: is_missing_file(f"sqlite:///{tmp_path}/{name}") for name in names}

    assert found == names
    assert [is_missing_file(url) for url in ("sqlite://", "postgresql://host/x")] == [False, False]
