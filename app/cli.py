"""`media-gen-ids`: run the backfill again, watch it, see what failed, check the schema."""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import sqlalchemy as sa
import typer

from app.backfill.ledger import require_ledger
from app.backfill.listener import Listener
from app.backfill.plan import Options
from app.check import check_database
from app.console import (
    Listeners,
    RecordLines,
    draw,
    print_csv,
    print_error,
    print_finding,
    print_json,
    print_lines,
    print_summary,
    show,
    to_json,
)
from app.db import existing_database
from app.demo import DEFAULT_DEMO_URL, make_demo, upgrade_demo
from app.errors import ConfigurationError, MediaIdsError
from app.failures import FAILURE_FIELDS, MEANINGS, read_failures
from app.options import DEBUG, AsJson, Database, Desktop, load_settings
from app.progress import shown_progress
from app.scripts import revisions
from app.settings import Settings
from app.status import read_status
from app.sync import DONE, Failures, sync_database
from app.views import failures_view, status_view

TO_TRY: Final = ("failures", "check", "sync --verbose")
NOT_WELL: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

app = typer.Typer(
    name="media-gen-ids",
    help="Recover media generation ids from stored API answers, and look after the migration that does it.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    *,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> None:
    """Recover media generation ids from stored API answers, and look after the migration that does it."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(USAGE)


@app.command()
def sync(  # noqa: PLR0913  # one parameter an option
    *,
    database: Database = None,
    desktop: Desktop = False,
    batch_size: Annotated[
        int | None, typer.Option(min=1, metavar="ROWS", help="Most rows that one transaction updates; else 1000.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="ROWS", help="Look at no more than so many records.")
    ] = None,
    time_budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Stop after so many seconds; call again to go on.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be done; write nothing.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Only rows that failed, if answer or extractor has changed.")
    ] = False,
    try_all: Annotated[bool, typer.Option("--all", help="With --retry-failed: the unchanged ones too.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="A line for each record.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report to a file, as JSON.")] = None,
    as_json: AsJson = False,
) -> int:
    """Fill the ids that can be recovered; safe to run again at any time.

    Exit codes: 0 done; 1 done, but some rows failed; 2 wrong usage or database; 3 stopped by --limit or
    --time-budget with rows left; 4 another run is active; 130 or 143 stopped by a signal.
    """
    settings = load_settings(database=database, desktop=desktop, batch_size=batch_size, time_budget=time_budget)
    if report is not None:
        require_folder("--report", report)
    if try_all and not retry_failed:
        raise ConfigurationError("--all", "only together with --retry-failed")
    options = Options.from_settings(settings, limit=limit, dry_run=dry_run)
    retry: Failures | None = ("all" if try_all else "changed") if retry_failed else None
    with existing_database(settings.database_url) as engine, listening(settings, verbose, as_json) as listener:
        result, code = sync_database(engine, settings, options, listener, retry=retry)
    if report is not None:
        report.write_text(to_json(result.as_dict()) + "\n", encoding="utf-8")
    if as_json:
        print_json(result.as_dict())
    else:
        print_summary(result)
    return code


@contextmanager
def listening(settings: Settings, verbose: bool, as_json: bool) -> Iterator[Listener]:  # noqa: FBT001
    """Yield what shows a run: its progress and, with --verbose, its records; on a terminal not both at once."""
    records = RecordLines(sys.stderr if as_json else sys.stdout)
    if verbose and (as_json or sys.stdout.isatty()):
        yield records
        return
    with shown_progress(settings.log) as progress:
        yield Listeners(records, progress) if verbose else progress


@app.command()
def status(
    *,
    database: Database = None,
    desktop: Desktop = False,
    exact: Annotated[bool, typer.Option("--exact", help="Count every row, however large the table is.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw it into an SVG file too.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show how many rows have their id, what is left and why, and the runs. Reads only.

    A PostgreSQL table of more than a million rows is sampled unless --exact is given.
    """
    settings = load_settings(database=database, desktop=desktop)
    if svg is not None:
        require_folder("--svg", svg)
    with existing_database(settings.database_url) as engine, reading(engine) as connection:
        found = read_status(connection, exact=exact)
    if svg is not None:
        draw(svg, status_view(found), title="media-gen-ids status")
    if as_json:
        print_json(found.as_dict())
    else:
        show(status_view(found))
    return DONE


@app.command()
def failures(
    *,
    database: Database = None,
    desktop: Desktop = False,
    reason: Annotated[
        list[str] | None, typer.Option("--reason", metavar="CODE", help="Only this reason; may be repeated.")
    ] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> int:
    """Show the rows that a person must look at, and why. Reads only.

    A row disappears here when it has its id. Try them again with `media-gen-ids sync --retry-failed`.
    """
    if as_json and as_csv:
        raise ConfigurationError("--csv", "not together with --json; choose one")
    require_known(reason or ())
    settings = load_settings(database=database, desktop=desktop)
    with existing_database(settings.database_url) as engine, reading(engine) as connection:
        found = read_failures(connection, reason or ())
    if as_json:
        print_json([failure.as_dict() for failure in found])
    elif as_csv:
        print_csv(FAILURE_FIELDS, [failure.as_dict() for failure in found])
    else:
        show(failures_view(found))
    return DONE


@app.command()
def check(*, database: Database = None, desktop: Desktop = False, as_json: AsJson = False) -> int:
    """For CI and deploy gates: is the database where the code expects it? Reads only.

    Looks for one head, the database at head, a schema that agrees with the models, ids that could still be
    recovered, and an id on two rows. Exit codes: 0 all is well; 1 something is to be done; 2 it could not look.
    """
    settings = load_settings(database=database, desktop=desktop)
    scripts = revisions()
    findings = []
    with existing_database(settings.database_url) as engine, engine.connect() as connection:
        for finding in check_database(connection, scripts):
            findings.append(finding)
            if not as_json:
                print_finding(finding)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    return DONE if all(finding.ok for finding in findings) else NOT_WELL


@app.command()
def demo(
    *,
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="A new SQLite file.", show_default=True)
    ] = DEFAULT_DEMO_URL,
) -> int:
    """Make a small database of stored answers of every kind, upgrade it, and show the result.

    It stays there to play with. An existing file is never touched, and neither is DATABASE_URL.
    """
    rows, kinds = make_demo(database)
    print_lines(f"Made {database}: {rows} rows with stored answers of {kinds} kinds, none with its id.")
    upgrade_demo(database)
    print_lines("Upgraded it, as `alembic upgrade head` does. `media-gen-ids status` now says:", "")
    with existing_database(database) as engine, reading(engine) as connection:
        show(status_view(read_status(connection, exact=True)))
    print_lines("To play with it:", *(f"  media-gen-ids {command} --database {database}" for command in TO_TRY))
    return DONE


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection for reading the ledger. Raises NotUpgradedError for a database without one."""
    with engine.connect() as connection:
        require_ledger(connection)
        yield connection


def require_folder(option: str, file: Path) -> None:
    """Raise ConfigurationError if the folder of a file that is to be written is not there."""
    if not file.parent.is_dir():
        raise ConfigurationError(option, f"no folder {file.parent}")


def require_known(reasons: Sequence[str]) -> None:
    """Raise ConfigurationError for a reason that no row can have."""
    for reason in reasons:
        if reason not in MEANINGS:
            raise ConfigurationError("--reason", f"unknown reason {reason}; known are {', '.join(MEANINGS)}")


def main() -> None:
    """Run the command that the process was called with, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. An error is one line on stderr; with --debug a traceback."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("app").setLevel(logging.INFO)
    debug = DEBUG in arguments
    try:
        result = app(args=[argument for argument in arguments if argument != DEBUG], standalone_mode=False)
    except (MediaIdsError, typer.TyperException) as error:
        if debug:
            raise
        return fail(error)
    except typer.Exit as ended:
        return ended.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    return int(result or 0)


def fail(error: MediaIdsError | typer.TyperException) -> int:
    """Print an error as one line and return its exit code."""
    message = error.format_message() if isinstance(error, typer.TyperException) else str(error)
    print_error(" ".join(message.split()))
    return error.exit_code
