"""Database URLs: which are accepted, how one of another driver is translated, and which parts are hidden."""

import logging
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePath
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.util import asbool

from app.errors import ConfigurationError

SETTING: Final = "DATABASE_URL"
FORMS: Final = "use postgresql://user@host/name or sqlite:///file.db"
POSTGRESQL_BACKENDS: Final = frozenset({"postgresql", "postgres"})
POSTGRESQL_OURS: Final = frozenset({"postgresql", "postgresql+psycopg"})
SQLITE_OURS: Final = frozenset({"sqlite", "sqlite+pysqlite"})
SQLITE_ALSO: Final = "sqlite+aiosqlite"
"""Its files are opened with the plain driver. Other SQLite drivers are refused: they decrypt, or ask a server."""
ASYNCPG_NAMES: Final = {"ssl": "sslmode"}
ASYNCPG_ONLY: Final = frozenset(
    {"prepared_statement_cache_size", "prepared_statement_name_func", "statement_cache_size", "async_fallback"}
)
"""Parameters of asyncpg that psycopg refuses: those in ASYNCPG_NAMES are renamed, those in ASYNCPG_ONLY dropped."""
NO_PARAMETERS: Final = ("autocommit", "context", "cursor_factory", "row_factory")
"""Parameters of psycopg that only a program may set; with `autocommit` there would be no transactions."""
SECRET_PARAMETER: Final = re.compile(r"pass(word|wd)$|^pwd$|secret|token|^scram_(client|server)_key$", re.IGNORECASE)
SECRET_INSIDE: Final = re.compile(r"pass(?:word|wd)\s*=\s*('[^']*'|\S+)", re.IGNORECASE)
"""Finds the password in a connection string of libpq, which may stand in a URL where a name is expected."""
HIDDEN: Final = "***"

FILE_SUFFIXES: Final = frozenset({".db", ".db3", ".sqlite", ".sqlite3"})
"""File endings that tell a path from a URL while no such file exists."""

logger = logging.getLogger(__name__)


def parse_url(url: str) -> URL:
    """Return the SQLAlchemy URL for one of our two drivers. The path of a file means SQLite. Does not connect.

    Every PostgreSQL URL means psycopg 3, whatever driver it names, and that is logged once. Raises ConfigurationError
    for text that is no URL, and for a database that is neither PostgreSQL nor SQLite; its message holds nothing of
    the URL but the driver's name.
    """
    try:
        parsed = URL.create("sqlite", database=url) if _is_path(url) else make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(SETTING, f"not a database URL; {FORMS}") from None
    if "\0" in str(parsed.database):
        raise ConfigurationError(SETTING, "the name of the database holds the character NUL")
    if "@" in (parsed.host or ""):
        raise ConfigurationError(SETTING, "the password holds an @ that must be written as %40")
    if parsed.get_backend_name() in POSTGRESQL_BACKENDS:
        return _psycopg(parsed)
    if parsed.drivername in SQLITE_OURS | {SQLITE_ALSO}:
        return parsed if parsed.drivername in SQLITE_OURS else parsed.set(drivername="sqlite")
    require_known_database(parsed.drivername)
    raise ConfigurationError(SETTING, f"no support for {parsed.drivername}://; use sqlite:///file.db")


def _is_path(text: str) -> bool:
    """Tell whether a text is the path of a file that is there, or that is called like a SQLite file."""
    if "://" in text:
        return False
    return os.path.isfile(text) or PurePath(text).suffix.lower() in FILE_SUFFIXES  # noqa: PTH113  # raises nothing


def require_known_database(driver: str, setting: str = SETTING) -> None:
    """Raise ConfigurationError unless the driver is one of PostgreSQL or SQLite."""
    if driver.partition("+")[0] not in POSTGRESQL_BACKENDS | {"sqlite"}:
        raise ConfigurationError(setting, f"no support for {driver}://; {FORMS}")


def _psycopg(url: URL) -> URL:
    if impossible := [name for name in NO_PARAMETERS if name in url.query]:
        raise ConfigurationError(SETTING, f"{impossible[0]} cannot be given in a URL; leave it out")
    if url.drivername in POSTGRESQL_OURS:
        return url
    say_that_psycopg_is_used(url.drivername)
    query = {ASYNCPG_NAMES.get(name, name): value for name, value in url.query.items() if name not in ASYNCPG_ONLY}
    return url.set(drivername="postgresql", query=query)


@cache
def say_that_psycopg_is_used(driver: str) -> None:
    """Log that psycopg 3 is used instead of this driver; once for each driver in a process."""
    logger.info("%s:// is opened with psycopg 3, as every PostgreSQL URL", driver)


def describe(url: URL) -> str:
    """Return the URL for messages, with its passwords hidden, also those in its query."""
    hidden = {name: HIDDEN for name, value in url.query.items() if _is_secret(name, value)}
    if SECRET_INSIDE.search(url.database or ""):
        url = url.set(database=HIDDEN)
    return url.update_query_dict(hidden).render_as_string(hide_password=True).replace(quote(HIDDEN), HIDDEN)


def _is_secret(name: str, value: str | tuple[str, ...]) -> bool:
    return bool(SECRET_PARAMETER.search(name) or SECRET_INSIDE.search(" ".join(_several(value))))


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def without_secrets(text: str, urls: Iterable[str | URL]) -> str:
    """Return a text, such as a driver's message, in which the passwords of these URLs are hidden.

    Entries that are no URLs are ignored.
    """
    for secret in sorted({found for url in urls for found in _secrets(url)}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    return text


def _secrets(url: str | URL) -> Iterable[str]:
    """Yield the passwords in a URL, plain and percent-encoded; not one that equals its user, host or database."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return
    values = [parsed.password or "", *SECRET_INSIDE.findall(parsed.database or "")]
    for name, value in parsed.query.items():
        values += _several(value) if SECRET_PARAMETER.search(name) else ()
        values += SECRET_INSIDE.findall(" ".join(_several(value)))
    for value in set(values) - {"", parsed.username, parsed.host, parsed.database}:
        yield from {value, quote(value), quote(value, safe="")}


def sqlite_file(url: URL) -> Path | None:
    """Return the file of a SQLite URL; None for a database in memory, or another kind of database."""
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    database = str(url.database)
    if not (database.startswith("file:") and asbool(url.query.get("uri", False))):
        return Path(database)
    path = unquote(urlsplit(database).path)  # SQLite decodes the path of a URI by itself
    in_memory = path in {"", ":memory:"} or url.query.get("mode") == "memory"
    return None if in_memory else Path(path)
