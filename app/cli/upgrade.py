"""`media-gen-ids upgrade`: what `alembic upgrade head` does, from an installed package too."""

import logging
from functools import partial
from pathlib import Path

from app.backfill.report import Report
from app.cli.common_options import (
    AsJson,
    Backfill,
    BatchSize,
    Database,
    Desktop,
    LockWait,
    MaxReplicaLag,
    Nice,
    OnFailure,
    ReportFile,
    TargetSeconds,
    TimeBudget,
    Verbose,
    VersionTable,
    Workers,
    load_settings,
    require_writable,
)
from app.cli.fail_on import FailOn, code_of
from app.console.printing import listening, print_json, print_summary, to_json, write_file
from app.errors import MediaIdsError
from app.migration.environment import log_of_alembic_at
from app.migration.upgrade import Upgrade


def upgrade(  # noqa: PLR0913  # one parameter an option
    *,
    database: Database = None,
    desktop: Desktop = False,
    batch_size: BatchSize = None,
    target_seconds: TargetSeconds = None,
    time_budget: TimeBudget = None,
    workers: Workers = None,
    nice: Nice = None,
    max_replica_lag: MaxReplicaLag = None,
    lock_wait: LockWait = None,
    on_failure: OnFailure = None,
    fail_on: FailOn = None,
    backfill: Backfill = None,
    version_table: VersionTable = None,
    verbose: Verbose = False,
    report: ReportFile = None,
    as_json: AsJson = False,
) -> int:
    """Make the database ready and fill the ids: what `alembic upgrade head` does, from anywhere.

    Exit codes: 0 done, or nothing to do; 1 done, but some rows failed (--fail-on), or incomplete; 2 wrong usage or
    database; 3 stopped by --time-budget or `cancel` with rows left, call again; 4 another upgrade or sync is active; 70
    a fault of this program; 130 or 143 stopped by a signal. After 1 for rows that failed, a second upgrade has nothing
    to do and ends with 0.
    """
    settings = load_settings(
        database=database,
        desktop=desktop,
        batch_size=batch_size,
        target_seconds=target_seconds,
        time_budget=time_budget,
        workers=workers,
        nice=nice,
        max_replica_lag=max_replica_lag,
        lock_wait=lock_wait,
        on_failure=on_failure,
        fail_on=fail_on,
        backfill=backfill,
        version_table=version_table,
    )
    if report is not None:
        require_writable("--report", report, settings.database_url)
    asked = Upgrade(settings=settings, listening=partial(listening, settings, verbose, as_json))
    try:
        with log_of_alembic_at(logging.INFO):  # each revision that it runs, as its own command does
            asked.run()
    except MediaIdsError:
        if asked.report is not None:
            tell(asked.report, report, as_json=as_json)
        raise
    done = asked.report or Report()
    tell(done, report, as_json=as_json)
    return code_of(done, settings.fail_on)


def tell(done: Report, file: Path | None, *, as_json: bool) -> None:
    """Write and print what a backfill did; for people nothing where none has looked at the rows: the log says why."""
    if file is not None:
        write_file("--report", file, to_json(done.as_dict()) + "\n")
    if as_json:
        print_json(done.as_dict())
    elif done.walk:
        print_summary(done)
