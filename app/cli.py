"""`media-gen-ids`: run the backfill again, watch it, see what failed, check the schema."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final

import typer

from app.command_looks import check, demo, failures, status
from app.command_sync import sync
from app.console import print_error
from app.errors import MediaIdsError
from app.options import DEBUG

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


COMMANDS: Final[Mapping[Callable[..., int], str]] = {
    sync: "Fill the ids that can be recovered.",
    status: "Show what has its id, what is left, and the runs.",
    failures: "Show the rows that a person must look at.",
    check: "Say whether revisions, schema and rows are as they must be.",
    demo: "Make a small database to try the other commands on.",
}
"""Each command with what the list of commands says of it, in one line of 80 columns."""
for command, summary in COMMANDS.items():
    app.command(short_help=summary)(command)


def main() -> None:
    """Run the command that the process was called with, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. An error is one line on stderr; with --debug a traceback."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("app").setLevel(logging.INFO)
    debug = DEBUG in arguments
    try:
        given = [argument for argument in arguments if argument != DEBUG]
        result = app(args=given, prog_name=app.info.name, standalone_mode=False)
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
    message = usage_message(error) if isinstance(error, typer.TyperException) else str(error)
    print_error(" ".join(message.split()))
    return error.exit_code


def usage_message(error: typer.TyperException) -> str:
    """Return what is wrong with a command line, and where to read how it is right."""
    context = getattr(error, "ctx", None)
    program = context.command_path if context is not None else app.info.name
    problem = error.format_message()
    return f"{problem}{'' if problem.endswith(('.', '?')) else '.'} See `{program} --help`"
