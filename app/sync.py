"""Sync: the backfill again, at any time, outside a deploy."""

import signal
from contextlib import ExitStack
from typing import Literal, TypeAlias

import sqlalchemy as sa

from app.backfill.engine import backfill, require_supported
from app.backfill.ledger import require_ledger
from app.backfill.listener import Listener
from app.backfill.plan import Options, Report
from app.backfill.retry_failed import retry_failed
from app.lock import only_one
from app.models import Veo3VideoGeneration
from app.settings import Settings
from app.signals import StopRequest, stop_on_signals
from app.target import name_target

DONE, SOME_FAILED, ROWS_LEFT = 0, 1, 3  # what cannot be called done is as good as failed
SIGNALLED = 128  # plus the signal's number: the shell's convention


Failures: TypeAlias = Literal["changed", "all"]
"""Which failures to try again: those whose answer or extractor has changed, or all."""


def sync_database(
    engine: sa.Engine, settings: Settings, options: Options, listener: Listener, *, retry: Failures | None = None
) -> tuple[Report, int]:
    """Run the backfill, or with `retry` the failed rows alone; return the report and the exit code that goes with it.

    Does not wait for another run unless `lock_wait` was asked for: raises AnotherRunIsActiveError. A dry run takes
    no lock and writes nothing. Raises NotUpgradedError for a database without the tables.
    """
    wait_seconds = settings.lock_wait if "lock_wait" in settings.model_fields_set else 0.0
    with ExitStack() as stack:
        require_supported(engine, options)
        connection = stack.enter_context(engine.connect())
        with connection.begin():
            require_ledger(connection)
        if not options.dry_run:
            stack.enter_context(only_one(engine, wait_seconds))
        stop = stack.enter_context(stop_on_signals())
        with connection.begin():
            name_target(connection, counted=not options.dry_run)
        if retry is None:
            report = backfill(connection, Veo3VideoGeneration, options, origin="sync", listener=listener, stop=stop)
        else:
            everything = retry == "all"
            report = retry_failed(
                connection, Veo3VideoGeneration, options, everything=everything, listener=listener, stop=stop
            )
    return report, exit_code(report, stop)


def exit_code(report: Report, stop: StopRequest) -> int:
    """Return what the process ends with."""
    match report.state:
        case "stopped":
            return SIGNALLED + (stop.signal_number or signal.SIGTERM)
        case "partial":
            return ROWS_LEFT
        case "incomplete":
            return SOME_FAILED
        case "dry_run":
            return DONE
        case "done":
            return SOME_FAILED if report.failed else DONE
