"""What alembic/env.py needs: settings, one connection, and errors of one line."""

import logging
import sys
from collections.abc import Iterator, Mapping
from configparser import InterpolationError
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final, Literal

import sqlalchemy as sa
from alembic import context
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import URL

from app.backfill.supported import require_supported
from app.console.json_log import OURS, log_as, log_to_stderr, wanted_form, writes_json
from app.console.streams import LenientStream, outlive_output
from app.database.engines import make_engine
from app.database.events import event
from app.database.metadata import OUR_TABLES as ALL_OUR_TABLES
from app.database.readable_errors import readable_errors
from app.database.urls import parse_url
from app.errors import ConfigurationError, MediaIdsError, OutputError
from app.migration.callers import given_by_caller
from app.migration.errors import StoppedBySignalError
from app.migration.json_errors import told_as_json
from app.migration.upgrade import asked_for
from app.settings import Settings

logger = logging.getLogger(__name__)
SETTINGS: Final = "media_ids_settings"
"""Option of Alembic's context, by which revisions know that our own env.py runs them."""
GUEST: Final = "media_ids_guest"
"""Option of Alembic's context: another env.py runs them; app.migration.guest has done its checks and holds the lock."""
OUR_TABLES: Final = ALL_OUR_TABLES
"""By this name another program's env.py imports them."""


def include_name(name: str | None, kind: str, parents: object) -> bool:  # noqa: ARG001
    """Keep other programs' tables out of every comparison (Alembic's `include_name`)."""
    return kind != "table" or name in OUR_TABLES


def database_url(config: Config, settings: Settings) -> URL:
    """Return the database's URL: that of a caller's connection, else `configured_url`. Does not connect."""
    given = given_by_caller(config)
    return parse_url(configured_url(config, settings)) if given is None else given.engine.url


def configured_url(config: Config, settings: Settings) -> str:
    """Return the URL in the Alembic configuration, else DATABASE_URL, else that of a file in this folder.

    Raises ConfigurationError for a bare `%`, and where that file is not to be used.
    """
    try:
        return config.get_main_option("sqlalchemy.url") or settings.chosen_url()
    except InterpolationError:
        raise ConfigurationError("sqlalchemy.url", "a % in a configuration file must be written as %%") from None


def load_settings(config: Config, x_arguments: Mapping[str, object]) -> Settings:
    """Return the settings, in which `alembic -x name=value` takes precedence, and set the log up.

    A command of ours brings its own settings.
    """
    asked = asked_for(config)
    if asked is None:
        _log_as(config, "json" if x_arguments.get("log") == "json" else wanted_form())
    settings = Settings.load(x_arguments) if asked is None else asked.settings
    _log_as(config, settings.log)
    return settings


def _log_as(config: Config, form: Literal["text", "json"]) -> None:
    """Make the log what is asked for; where Alembic's own command has none, JSON is a log all the same."""
    if form == "json" and config.attributes.get("connection") is None:
        log_to_stderr()
        for name in OURS:
            logging.getLogger(name).setLevel(logging.INFO)
    log_as(form)


@contextmanager
def alembic_errors() -> Iterator[None]:
    """Turn this project's errors into Alembic's, which its command prints as one line.

    Where a command of ours runs the upgrade, they stay what they are.
    """
    if asked_for(context.config) is not None:
        yield
        return
    outlive_output()
    script = written_script() if context.is_offline_mode() else nullcontext()
    with told_as_json(context.config), one_line_errors(), script:
        yield


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn this project's errors into Alembic's; a signal ends the process as it should."""
    try:
        yield
    except MediaIdsError as error:
        if isinstance(error, StoppedBySignalError):
            logger.warning("%s", error, extra=event("stopped", exit_code=error.exit_code))
            raise SystemExit(error.exit_code) from error
        if isinstance(sys.stdout, LenientStream) and not writes_json():  # where Alembic would print it
            logger.log(logging.ERROR, "%s", error)
        raise CommandError(str(error)) from error


@contextmanager
def written_script() -> Iterator[None]:
    """Raise OutputError if SQL cannot be written to stdout as a whole: half a script is useless."""
    try:
        yield  # Alembic hands each statement to the system at once
    except OSError as error:
        logger.log(logging.ERROR, "%s", OutputError("the SQL script", error.strerror or str(error)))
        raise OutputError("the SQL script", error.strerror or str(error)) from error


@contextmanager
def migration_connection(config: Config, settings: Settings) -> Iterator[sa.Connection]:
    """Yield the connection that Alembic migrates on: the caller's own, or one of an engine made from the URL.

    A caller's connection may be in a transaction, which stays the caller's: nothing is committed on it. Before
    anything is opened, raises CallerError for what is neither a connection nor an engine, and ConfigurationError for
    a database of another kind and for options that this kind does not have.
    """
    given = given_by_caller(config) or make_engine(configured_url(config, settings))
    in_transaction = isinstance(given, sa.Connection) and given.in_transaction()
    require_supported(given, settings.options(), owned_by_caller=in_transaction)
    with readable_errors(given.engine.url), _connected(given) as connection:
        yield connection


def configures_logging(config: Config) -> bool:
    """Tell whether to set the log up from the ini file: a caller with a connection has a log of its own."""
    has_logging = config.file_config.has_section("loggers") and Path(config.config_file_name or "").is_file()
    return has_logging and config.attributes.get("connection") is None


def without_preamble() -> AbstractContextManager[None]:
    """Keep Alembic's lines on its own classes out of the log, so that the log's first line names the database."""
    return log_of_alembic_at(logging.WARNING)


@contextmanager
def log_of_alembic_at(level: int) -> Iterator[None]:
    """While the block runs, let Alembic log messages of this level and above only."""
    alembics = logging.getLogger("alembic.runtime.migration")
    before = alembics.level
    alembics.setLevel(level)
    try:
        yield
    finally:
        alembics.setLevel(before)


def _connected(given: sa.Connection | sa.Engine) -> AbstractContextManager[sa.Connection]:
    """Return a connection of ours, closed after its use, or the caller's, left open."""
    return nullcontext(given) if isinstance(given, sa.Connection) else given.connect()
