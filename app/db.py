"""The database: declarative base, naming convention, timestamps as the table stores them, and engines."""

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SAWarning, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool, SingletonThreadPool
from sqlalchemy.types import TypeDecorator

from app.errors import ConfigurationError, DatabaseError
from app.urls import POSTGRESQL_OURS, SETTING, describe, parse_url, sqlite_file, without_secrets

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
"""No `uq`: adopted tables have unnamed UNIQUE constraints, which a convention would report as differences."""

ADVICE = (
    ("database is locked", "Another program holds it: close that, or try again"),
    ("not a database", "Name a SQLite file with --database or DATABASE_URL"),
    ("unable to open database file", "Check the path and its permissions"),
    ("authentication failed", "Check user and password in the URL"),
    ("connection refused", "Check host and port in the URL, and that the server runs"),
    ("could not translate host name", "Check the host in the URL"),
    ("failed to resolve host", "Check the host in the URL"),
    ("no such file or directory", "Check the host in the URL, and that the server runs"),
    ("timeout expired", "Check host and port in the URL, and that a firewall lets you through"),
    ('database "', "Check the name in the URL"),
    ('role "', "Check the user in the URL"),
    ("permission denied", "Grant the user of the URL what it lacks"),
)
"""Words in a driver's message, and what to do."""

TIMESTAMP_LENGTH = 24  # characters: YYYY-MM-DDTHH:MM:SS.sssZ


class IsoTimestamp(TypeDecorator[datetime]):
    """An aware `datetime` in Python, the 24 characters `YYYY-MM-DDTHH:MM:SS.sssZ` (UTC) in a TEXT column.

    The application orders and compares timestamps as text, so the form is exact: milliseconds, cut off, never
    rounded up. Reads any ISO 8601 text; one without an offset is UTC. Raises ValueError for a naive `datetime`, and
    for stored text that is no timestamp.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Return the text to store."""
        return None if value is None else format_timestamp(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment that is stored."""
        return None if value is None else parse_timestamp(value)


class Base(DeclarativeBase):
    """Base of the mapped classes; `str` is TEXT everywhere, as in the table in the wild."""

    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: sa.Text(), datetime: IsoTimestamp()}


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC)


def format_timestamp(moment: datetime) -> str:
    """Return the 24 characters for an aware `moment`. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"timestamp {moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    """Return the aware moment for stored ISO 8601 `text`. Raises ValueError for other text."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def make_engine(url: str) -> sa.Engine:
    """Return a plain engine without a pool: each connection is opened for its use and closed after it.

    SQLite keeps the driver's default transaction mode: with BEGIN hooks or `autocommit=False`, Alembic's
    autocommit_block() silently stops committing. PostgreSQL prepares nothing on the server, for transaction poolers.
    Raises ConfigurationError for a URL that is none, and for parameters in it that there are not. Does not connect.
    """
    parsed = parse_url(url)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SAWarning)  # of a parameter that is not heeded, such as mode=ro
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
        "fallback_application_name": f"media-gen-ids {socket.gethostname()}:{os.getpid()}",
    }


def _pool_class(url: URL) -> type[sa.Pool]:
    in_memory = url.get_backend_name() == "sqlite" and sqlite_file(url) is None
    return SingletonThreadPool if in_memory else NullPool  # an in-memory database lives as long as its connection


@contextmanager
def readable_errors(url: URL) -> Iterator[None]:
    """Turn an error of the database or its driver into a DatabaseError of one line, without the URL's passwords."""
    try:
        yield
    except SQLAlchemyError as error:
        told, advice = (error.orig or error, _advice(error)) if isinstance(error, DBAPIError) else (error, "")
        raise DatabaseError(describe(url), without_secrets(first_line(told), [url]), advice) from error


def _advice(error: DBAPIError) -> str:
    """Return what to do about the errors that an operator can do something about."""
    text = str(error.orig).lower()
    return next((advice for words, advice in ADVICE if words in text), "")


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its class where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


@contextmanager
def existing_database(url: str) -> Iterator[sa.Engine]:
    """Yield an engine for a database that is there; errors of the database become a DatabaseError of one line.

    Raises DatabaseError for a SQLite file that does not exist: opening it would create it.
    """
    engine = make_engine(url)
    if is_missing_file(url):
        raise DatabaseError(
            describe(engine.url), "no such file", "Check the path; `media-gen-ids upgrade` makes a new one"
        )
    with readable_errors(engine.url):
        yield engine
    engine.dispose()


def is_missing_file(url: str) -> bool:
    """Tell whether opening a database would create its SQLite file; what else is wrong with that, SQLite says."""
    file = sqlite_file(parse_url(url))
    try:
        if file is not None:
            file.stat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return False
