"""Readable errors: a driver's error as one line that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.database.urls import describe, without_secrets
from app.errors import DatabaseError

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


@contextmanager
def readable_errors(url: URL) -> Iterator[None]:
    """Turn an error of the database or its driver into a DatabaseError of one line, without the URL's passwords."""
    try:
        yield
    except SQLAlchemyError as error:
        told, advice = (error.orig or error, _advice(error)) if isinstance(error, DBAPIError) else (error, "")
        raise DatabaseError(describe(url), without_secrets(first_line(told), [url]), advice) from error


def _advice(error: DBAPIError) -> str:
    """Return the advice for an error that ADVICE lists, else ''."""
    text = str(error.orig).lower()
    return next((advice for words, advice in ADVICE if words in text), "")


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its class where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
