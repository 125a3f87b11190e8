"""`media-gen-ids`: run the backfill again, watch it, see what failed, check the schema."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from app.backfill.plan import Options
from app.console import Listeners, RecordLines, print_error, print_json, print_summary, progress_listener, to_json
from app.db import existing_database
from app.errors import ConfigurationError, MediaIdsError
from app.settings import Settings
from app.sync import sync_database

DEBUG: Final = "--debug"
USAGE: Final = 2
INTERRUPTED: Final = 130

app = typer.Typer(
    name="media-gen-ids",
    help="Recover media generation ids from stored API answers, and look after the migration that does it.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Database = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="The database; else DATABASE_URL, else ./veo3.db.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


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
    verbose: Annotated[bool, typer.Option("--verbose", help="A line for each record.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report to a file, as JSON.")] = None,
    as_json: AsJson = False,
) -> int:
    """Fill the ids that can be recovered; safe to run again at any time.

    Exit codes: 0 done; 1 done, but some rows failed; 2 wrong usage or database; 3 stopped by --limit or
    --time-budget with rows left; 4 another run is active; 130 or 143 stopped by a signal.
    """
    settings = load_settings(database=database, batch_size=batch_size, time_budget=time_budget)
    if report is not None and not report.parent.is_dir():
        raise ConfigurationError("--report", f"no folder {report.parent}")
    listener = progress_listener(settings.log)
    if verbose:
        listener = Listeners(RecordLines(sys.stderr if as_json else sys.stdout), listener)
    options = Options.from_settings(settings, limit=limit, dry_run=dry_run)
    with existing_database(settings.database_url) as engine:
        result, code = sync_database(engine, settings, options, listener)
    if report is not None:
        report.write_text(to_json(result.as_dict()) + "\n", encoding="utf-8")
    if as_json:
        print_json(result.as_dict())
    else:
        print_summary(result)
    return code


def load_settings(*, database: str | None, **options: object) -> Settings:
    """Return the settings, with the options that were given on the command line in front."""
    given = {"database_url": database, **options}
    return Settings.load({name: value for name, value in given.items() if value is not None})


def main() -> None:
    """Run the command that the process was called with, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. An error is one line on stderr; with --debug a traceback."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
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
