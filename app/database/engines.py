"""Engines: made from a URL, with what each kind of database needs."""

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from sqlalchemy.pool import NullPool, SingletonThreadPool

from app.database.readable_errors import first_line, readable_errors
from app.database.urls import POSTGRESQL_OURS, SETTING, describe, parse_url, sqlite_file, without_secrets
from app.errors import ConfigurationError, DatabaseError

LONGEST_HOST: Final = 38


def make_engine(url: str) -> sa.Engine:
    """Return a plain engine without a pool: each connection is opened for its use and closed after it.

    SQLite keeps the driver's default transaction mode: with BEGIN hooks or `autocommit=False`, Alembic's
    autocommit_block() silently stops committing. On PostgreSQL no statement is prepared on the server, since a
    transaction pooler may not support it. Raises ConfigurationError for text that is no URL, and for parameters that
    the driver does not know. Does not connect.
    """
    parsed = parse_url(url)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SAWarning)  # else a parameter is ignored, such as mode=ro
            return sa.create_engine(
                parsed, poolclass=_pool_class(parsed), connect_args=_connect_arguments(parsed), hide_parameters=True
            )
    except (ImportError, SQLAlchemyError, SAWarning, ValueError, TypeError) as error:
        problem = without_secrets(first_line(error), [parsed])
        raise ConfigurationError(SETTING, f"driver of {parsed.drivername}:// not usable: {problem}") from None


def _connect_arguments(url: URL) -> dict[str, Any]:
    if url.drivername not in POSTGRESQL_OURS:
        return {}
    return {
        "prepare_threshold": None,
        "client_encoding": "utf8",  # whatever the server and the environment say: a body may hold any character
        "fallback_application_name": session_name(socket.gethostname(), os.getpid()),
    }


def session_name(host: str, process: int) -> str:
    """Return what the sessions of a process are called in PostgreSQL, which cuts such names at 63 bytes."""
    return f"media-gen-ids {host[:LONGEST_HOST]}:{process}"


def _pool_class(url: URL) -> type[sa.Pool]:
    in_memory = url.get_backend_name() == "sqlite" and sqlite_file(url) is None
    return SingletonThreadPool if in_memory else NullPool  # an in-memory database lives as long as its connection


@contextmanager
def existing_database(url: str) -> Iterator[sa.Engine]:
    """Yield an engine for a database that exists; errors of the database become a DatabaseError of one line.

    Raises DatabaseError for a SQLite file that does not exist: opening it would create it.
    """
    engine = make_engine(url)
    if is_missing_file(url):
        raise DatabaseError(
            describe(engine.url), "no such file", "Check the path; `media-gen-ids upgrade` makes a new one"
        )
    with readable_errors(engine.url):
        yield engine


def is_missing_file(url: str) -> bool:
    """Tell whether a URL names a SQLite file that does not exist. False for a file that this user may not look at."""
    file = sqlite_file(parse_url(url))
    try:
        if file is not None:
            file.stat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return False
