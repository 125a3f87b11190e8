"""`media-gen-ids sync`: the backfill again, or the failed rows alone, or a look at what there would be to do."""

from typing import Annotated

import sqlalchemy as sa
import typer

from app.backfill.report import Report
from app.cli.common_options import (
    AsJson,
    BatchSize,
    Database,
    Desktop,
    LockWait,
    MaxReplicaLag,
    Nice,
    ReportFile,
    TargetSeconds,
    TimeBudget,
    Verbose,
    Workers,
    load_settings,
    require_writable,
)
from app.cli.fail_on import FailOn
from app.cli.run_sync import Failures, sync_database
from app.console.errors import print_error
from app.console.printing import listening, print_estimate, print_json, print_summary, to_json, write_file
from app.database.engines import existing_database
from app.errors import ConfigurationError
from app.reports.estimate import Estimate, estimate_run
from app.reports.untouched import as_upgraded, database_as_it_is
from app.settings import Settings


def sync(  # noqa: PLR0913  # one parameter an option
    *,
    database: Database = None,
    desktop: Desktop = False,
    batch_size: BatchSize = None,
    target_seconds: TargetSeconds = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="ROWS", help="Look at no more than so many records.")
    ] = None,
    time_budget: TimeBudget = None,
    workers: Workers = None,
    nice: Nice = None,
    max_replica_lag: MaxReplicaLag = None,
    lock_wait: LockWait = None,
    fail_on: FailOn = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be done; write nothing.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Only rows that failed, if answer or extractor has changed.")
    ] = False,
    try_all: Annotated[bool, typer.Option("--all", help="With --retry-failed: the unchanged ones too.")] = False,
    verbose: Verbose = False,
    report: ReportFile = None,
    as_json: AsJson = False,
) -> int:
    """Fill the ids that can be recovered; safe to run again at any time.

    Exit codes: 0 done; 1 done, but some rows failed (--fail-on), or incomplete; 2 wrong usage or database; 3 stopped
    by --limit, --time-budget or `cancel` with rows left; 4 another run is active; 70 a fault of this program; 130 or
    143 stopped by a signal.
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
        fail_on=fail_on,
    )
    if report is not None:
        require_writable("--report", report, settings.database_url)
    if try_all and not retry_failed:
        raise ConfigurationError("--all", "only together with --retry-failed")
    options = settings.options(limit=limit, dry_run=dry_run)
    retry: Failures | None = ("all" if try_all else "changed") if retry_failed else None
    opened = existing_database if not dry_run or retry_failed else database_as_it_is
    with opened(settings.database_url) as engine, listening(settings, verbose, as_json) as listener:
        result, code = sync_database(engine, settings, options, listener, retry=retry)
        estimate = estimate_time(engine, result, settings) if dry_run and result.walk else None
    if report is not None:
        write_file("--report", report, to_json(result.as_dict()) + "\n")
    if as_json:
        print_json(result.as_dict())
    else:
        print_summary(result)
    if result.problem and result.state == "incomplete":
        print_error(
            f"incomplete: {result.problem}. See `media-gen-ids failures`, mend the table, and run it again", code
        )
    elif result.problem:
        print_error(f"{result.problem}; what is filled is kept. Run it again to go on")
    if estimate is not None:
        print_estimate(estimate, beside_json=as_json)
    return code


def estimate_time(engine: sa.Engine, dry_run: Report, settings: Settings) -> Estimate:
    """Return about how long a run would take that does what the dry run found."""
    with engine.connect() as connection, as_upgraded(connection):
        return estimate_run(connection, dry_run, nice=settings.nice)
