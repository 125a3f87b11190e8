"""Fill: the backfill as a revision runs it, online and as SQL."""

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError

from app.backfill.engine import backfill
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.recipe import Recipe
from app.backfill.report import Report
from app.backfill.script import offline_backfill
from app.console.progress import shown_progress
from app.database.engines import make_engine
from app.database.urls import describe, sqlite_file
from app.migration.environment import GUEST, SETTINGS, logger
from app.migration.errors import IncompleteError, RowsFailedError, StoppedBySignalError, StoppedEarlyError
from app.migration.upgrade import asked_for
from app.settings import Settings
from app.signals import StopRequest, stop_on_signals


def backfill_revision(context: MigrationContext, recipe: Recipe) -> None:
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
        report = _run(context, recipe, settings, stop)
    if asked is not None:
        asked.report = report
    _require_done(report, settings, stop)
    if asked is None:  # else the command says it
        logger.info("backfill: %d synced, %d skipped, %d failed", report.synced, report.skipped, report.failed)
    if report.failed > report.accepted:
        logger.warning("%d rows need a person: see `media-gen-ids failures`", report.failed - report.accepted)
    if report.accepted:
        logger.info("%d failed rows are accepted as they are", report.accepted)


def offline_backfill_revision(context: MigrationContext, recipe: Recipe) -> None:
    """Write the backfill of the plain case as SQL. Raises CommandError for a database that has no such script."""
    script = offline_backfill(recipe, context.dialect)
    with context.autocommit_block():
        context.impl.static_output(f"{script}\n\n-- Plain cases only: run media-gen-ids sync after this script.")
    logger.warning("the script fills plain cases only: run `media-gen-ids sync` after it to do the rest")


def _run(context: MigrationContext, recipe: Recipe, settings: Settings, stop: StopRequest) -> Report:
    asked = asked_for(context.config)
    database = "" if context.connection is None else describe(context.connection.engine.url)
    shown = shown_progress(settings.log, database=database) if asked is None else asked.listening()
    with shown as listener:
        return _run_on(context, recipe, settings.options(), listener, stop)


def _run_on(
    context: MigrationContext,
    recipe: Recipe,
    options: Options,
    listener: Listener,
    stop: StopRequest,
) -> Report:
    connection = context.connection
    if connection is None:
        raise CommandError("the backfill needs a connection")
    if context.opts.get("caller_owns_transaction"):
        return backfill(
            connection, recipe, options, origin="upgrade", listener=listener, stop=stop, owned_by_caller=True
        )
    with context.autocommit_block(), _engine_for_batches(context, connection).connect() as own:
        return backfill(own, recipe, options, origin="upgrade", listener=listener, stop=stop)


def _engine_for_batches(context: MigrationContext, connection: sa.Connection) -> sa.Engine:
    """Return the connection's engine; for a file of SQLite under another env.py one without that engine's hooks.

    Hooks that begin a transaction at once, as SQLAlchemy recommends for other uses, keep batches from committing.
    """
    engine = connection.engine
    if context.opts.get(GUEST, False) and sqlite_file(engine.url) is not None:
        return make_engine(engine.url.render_as_string(hide_password=False))
    return engine


def _require_done(report: Report, settings: Settings, stop: StopRequest) -> None:
    """Raise the error for a run after which the revision must not be stamped."""
    if stop.signal_number is not None and report.state == "stopped":
        raise StoppedBySignalError(stop.signal_number, report.synced)
    if report.state == "incomplete":
        raise IncompleteError(report.problem, report.synced)
    if report.state == "stopped":
        raise StoppedEarlyError(report.problem, report.synced)
    if report.state != "done":
        raise StoppedEarlyError(f"time_budget of {settings.time_budget:g} s spent", report.synced)
    if report.failed > report.accepted and settings.on_failure == "abort":
        raise RowsFailedError(report.failed - report.accepted, report.synced)
