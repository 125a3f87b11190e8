"""What alembic/env.py needs: one connection, the lock round the whole upgrade, and errors of one line."""

import logging
import sys
from collections.abc import Iterator, Mapping
from configparser import InterpolationError
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase

from app.backfill.engine import backfill, require_supported
from app.backfill.listener import Listener
from app.backfill.offline import offline_backfill
from app.backfill.plan import Options, Report
from app.callers import given_by_caller
from app.db import Base, make_engine, readable_errors
from app.errors import (
    ConfigurationError,
    IncompleteError,
    MediaIdsError,
    OutputError,
    RowsFailedError,
    StoppedBySignalError,
    StoppedEarlyError,
)
from app.log import log_as
from app.output import LenientStream, outlive_output
from app.progress import shown_progress
from app.settings import Settings
from app.signals import StopRequest, stop_on_signals
from app.upgrade import asked_for
from app.urls import parse_url, sqlite_file

logger = logging.getLogger(__name__)
SETTINGS: Final = "media_ids_settings"
"""Option of Alembic's context, by which revisions know that our own env.py runs them."""
GUEST: Final = "media_ids_guest"
"""Option of Alembic's context: another env.py runs them, app.guest has done its checks, and the lock is held."""
OUR_TABLES = frozenset(Base.metadata.tables)


def include_name(name: str | None, kind: str, parents: object) -> bool:  # noqa: ARG001
    """Keep other programs' tables out of every comparison (Alembic's `include_name`)."""
    return kind != "table" or name in OUR_TABLES


def database_url(config: Config, settings: Settings) -> URL:
    """Return the URL of the database, which is not connected to: a caller's own, else `configured_url`."""
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
    """Return the settings, with `alembic -x name=value` in front, and make the log what they ask for.

    A command of ours brings its own.
    """
    asked = asked_for(config)
    settings = Settings.load(x_arguments) if asked is None else asked.settings
    log_as(settings.log)
    return settings


@contextmanager
def alembic_errors() -> Iterator[None]:
    """Turn this project's errors into Alembic's, which its command prints as one line, whatever becomes of that.

    Where a command of ours runs the upgrade, they stay what they are.
    """
    if asked_for(context.config) is not None:
        yield
        return
    outlive_output()
    with one_line_errors(), written_script() if context.is_offline_mode() else nullcontext():
        yield


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn this project's errors into Alembic's; a signal ends the process as it should."""
    try:
        yield
    except MediaIdsError as error:
        if isinstance(error, StoppedBySignalError):
            logger.warning("%s", error)
            raise SystemExit(error.exit_code) from error
        if isinstance(sys.stdout, LenientStream):  # where Alembic would print it
            logger.log(logging.ERROR, "%s", error)
        raise CommandError(str(error)) from error


@contextmanager
def written_script() -> Iterator[None]:
    """Raise OutputError if SQL that is written to stdout does not get there: half a script is none."""
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
    require_supported(given, Options.from_settings(settings), owned_by_caller=in_transaction)
    with readable_errors(given.engine.url), _connected(given) as connection:
        yield connection


def configures_logging(config: Config) -> bool:
    """Tell whether the log is to be made as the ini file has it: a caller with a connection has a log of its own."""
    has_logging = config.file_config.has_section("loggers") and Path(config.config_file_name or "").is_file()
    return has_logging and config.attributes.get("connection") is None


@contextmanager
def without_preamble() -> Iterator[None]:
    """Keep what Alembic says of its own classes out of the log, so that its first line names the database."""
    alembics = logging.getLogger("alembic.runtime.migration")
    before = alembics.level
    alembics.setLevel(logging.WARNING)
    try:
        yield
    finally:
        alembics.setLevel(before)


def _connected(given: sa.Connection | sa.Engine) -> AbstractContextManager[sa.Connection]:
    """Return a connection of ours, closed after its use, or the caller's, left open."""
    return nullcontext(given) if isinstance(given, sa.Connection) else given.connect()


def backfill_revision(context: MigrationContext, model: type[DeclarativeBase]) -> None:
    """Run the backfill as a revision does: in transactions of its own, outside the one of the revision.

    Entering Alembic's autocommit block is what keeps the version stamp: batches committed on Alembic's own
    connection would fill the rows, exit 0, and the version would not be recorded. Where the caller owns the
    transaction, the batches are savepoints in it. Returns when everything recoverable is filled; raises
    StoppedEarlyError, StoppedBySignalError or RowsFailedError where the revision must not be stamped.
    """
    settings: Settings = context.opts[SETTINGS]
    asked = asked_for(context.config)
    if settings.backfill == "defer":
        logger.warning("backfill deferred: the revision is stamped, run `media-gen-ids sync` to do the work")
        if asked is not None:
            asked.report = Report(state="partial")
        return
    with stop_on_signals() as stop:
        report = _run(context, model, settings, stop)
    if asked is not None:
        asked.report = report
    _require_done(report, settings, stop)
    if asked is None:  # else the command says it
        logger.info("backfill: %d synced, %d skipped, %d failed", report.synced, report.skipped, report.failed)
    if report.failed:
        logger.warning("%d rows need a person: see `media-gen-ids failures`", report.failed)


def offline_backfill_revision(context: MigrationContext, model: type[DeclarativeBase]) -> None:
    """Write the backfill of the plain case as SQL. Raises CommandError for a database that has no such script."""
    script = offline_backfill(model, context.dialect)
    with context.autocommit_block():
        context.impl.static_output(f"{script}\n\n-- Plain cases only: run media-gen-ids sync after this script.")
    logger.warning("the script fills plain cases only: run `media-gen-ids sync` after it to do the rest")


def _run(context: MigrationContext, model: type[DeclarativeBase], settings: Settings, stop: StopRequest) -> Report:
    asked = asked_for(context.config)
    with shown_progress(settings.log) if asked is None else asked.listening() as listener:
        return _run_on(context, model, Options.from_settings(settings), listener, stop)


def _run_on(
    context: MigrationContext,
    model: type[DeclarativeBase],
    options: Options,
    listener: Listener,
    stop: StopRequest,
) -> Report:
    connection = context.connection
    if connection is None:
        raise CommandError("the backfill needs a connection")
    if context.opts.get("caller_owns_transaction"):
        return backfill(
            connection, model, options, origin="upgrade", listener=listener, stop=stop, owned_by_caller=True
        )
    with context.autocommit_block(), _engine_for_batches(context, connection).connect() as own:
        return backfill(own, model, options, origin="upgrade", listener=listener, stop=stop)


def _engine_for_batches(context: MigrationContext, connection: sa.Connection) -> sa.Engine:
    """Return the connection's engine; for a file of SQLite under another env.py one without that engine's hooks.

    Hooks that begin a transaction at once, as SQLAlchemy recommends for other uses, are not for short ones.
    """
    engine = connection.engine
    if context.opts.get(GUEST, False) and sqlite_file(engine.url) is not None:
        return make_engine(engine.url.render_as_string(hide_password=False))
    return engine


def _require_done(report: Report, settings: Settings, stop: StopRequest) -> None:
    """Raise what tells how the run ended, where the revision must not be stamped."""
    if stop.signal_number is not None and report.state == "stopped":
        raise StoppedBySignalError(stop.signal_number, report.synced)
    if report.state == "incomplete":
        raise IncompleteError(report.problem, report.synced)
    if report.state != "done":
        raise StoppedEarlyError(f"time_budget of {settings.time_budget:g} s spent", report.synced)
    if report.failed and settings.on_failure == "abort":
        raise RowsFailedError(report.failed, report.synced)
