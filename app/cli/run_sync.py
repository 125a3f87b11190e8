"""Sync: the backfill again, at any time, outside a deploy."""

import logging
from contextlib import ExitStack
from typing import Literal, TypeAlias

import sqlalchemy as sa

from app.backfill.engine import backfill
from app.backfill.ledger.required import require_ledger
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.report import Report
from app.backfill.retry_failures import retry_failed
from app.backfill.supported import require_supported
from app.cli.exit_codes import DONE, NOT_WELL, ROWS_LEFT, SIGNALLED
from app.cli.fail_on import Counting, code_of
from app.database.lock import only_one
from app.database.urls import describe, parse_url
from app.reports.target import name_target
from app.reports.untouched import ADVICE, READABLE, Missing, as_upgraded, find_missing
from app.settings import Settings
from app.signals import StopRequest, stop_on_signals
from app.videos.adoption import TABLE
from app.videos.recipe import MEDIA_IDS

Failures: TypeAlias = Literal["changed", "all"]
"""Which failures to try again: those whose answer or extractor has changed, or all."""

logger = logging.getLogger(__name__)


def sync_database(
    engine: sa.Engine, settings: Settings, options: Options, listener: Listener, *, retry: Failures | None = None
) -> tuple[Report, int]:
    """Run the backfill, or with `retry` the failed rows alone; return the report and the exit code that goes with it.

    Does not wait for another run unless `lock_wait` was asked for: raises AnotherRunIsActiveError. A dry run takes no
    lock and writes nothing. Raises NotUpgradedError for a database without the ledger; a dry run of the backfill looks
    at that too.
    """
    wait_seconds = settings.lock_wait if "lock_wait" in settings.given else 0.0
    with ExitStack() as stack:
        require_supported(engine, options)
        connection = stack.enter_context(engine.connect())
        missing = _missing(connection, settings, may_be_untouched=options.dry_run and retry is None)
        if not options.dry_run:
            stack.enter_context(only_one(engine, wait_seconds))
        stop = stack.enter_context(stop_on_signals())
        if options.dry_run:
            logger.info("%s: a dry run, which writes nothing", describe(parse_url(settings.database_url)))
        else:
            with connection.begin():
                name_target(connection)
        if missing:
            logger.info(ADVICE[missing])
            stack.enter_context(as_upgraded(connection))
        report = _run(connection, options, listener, stop, retry) if missing in READABLE else Report(state="dry_run")
    if report.accepted:
        logger.info("%d failed rows are accepted as they are", report.accepted)
    return report, exit_code(report, stop, settings.fail_on)


def _missing(connection: sa.Connection, settings: Settings, *, may_be_untouched: bool) -> Missing:
    """Return what the database lacks of an upgraded one, or raise NotUpgradedError unless it may lack something."""
    with connection.begin():
        missing = find_missing(connection, settings.database_url) if may_be_untouched else ""
        if not missing:
            require_ledger(connection, TABLE)
    return missing


def _run(
    connection: sa.Connection, options: Options, listener: Listener, stop: StopRequest, retry: Failures | None
) -> Report:
    if retry is None:
        return backfill(connection, MEDIA_IDS, options, origin="sync", listener=listener, stop=stop)
    everything = retry == "all"
    return retry_failed(connection, MEDIA_IDS, options, everything=everything, listener=listener, stop=stop)


def exit_code(report: Report, stop: StopRequest, fail_on: Counting = "any") -> int:
    """Return the exit code of the process."""
    match report.state:
        case "stopped":
            return ROWS_LEFT if stop.signal_number is None else SIGNALLED + stop.signal_number  # None: cancelled
        case "partial":
            return ROWS_LEFT
        case "incomplete":
            return NOT_WELL
        case "dry_run":
            return DONE
        case "done":
            return code_of(report, fail_on)
