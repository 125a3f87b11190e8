"""`media-gen-ids`: run the backfill again, watch it, see what failed, check the schema."""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final

import typer

from app.cli.check import check
from app.cli.common_options import DEBUG
from app.cli.demo import demo
from app.cli.failures import failures
from app.cli.status import status
from app.cli.sync import sync
from app.cli.upgrade import upgrade
from app.console.printing import print_error, print_traceback
from app.console.streams import lenient_output
from app.database.readable_errors import first_line
from app.database.urls import SETTING as DATABASE_URL
from app.database.urls import without_secrets
from app.errors import MediaIdsError
from app.signals import end_on_sigterm

USAGE: Final = 2
FAULT: Final = 70
"""A fault of this program, as sysexits.h has it (EX_SOFTWARE)."""
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
    upgrade: "Do what `alembic upgrade head` does, from anywhere.",
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
    """Run a command and return its exit code, also when its output cannot be written.

    An error is one line on stderr; with --debug its traceback. A fault of this program exits with 70.
    """
    with lenient_output():
        logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
        logging.getLogger("app").setLevel(logging.INFO)
        try:
            return call([argument for argument in arguments if argument != DEBUG])
        except Exception as error:  # noqa: BLE001  # a fault of ours must not look like "some rows failed"
            return fail(error, arguments)


def call(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. Raises what the command raises, but for what typer ends it with."""
    try:
        with end_on_sigterm():
            result = app(args=list(arguments), prog_name=app.info.name, standalone_mode=False)
    except typer.Exit as ended:
        return ended.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    return int(result or 0)


def fail(error: Exception, arguments: Sequence[str]) -> int:
    """Print an error as one line, or with --debug its traceback, and return its exit code. Shows no password."""
    urls = (*arguments, *(argument.partition("=")[2] for argument in arguments), os.environ.get(DATABASE_URL, ""))
    if DEBUG in arguments:
        print_traceback(without_secrets("".join(traceback.format_exception(error)), urls))
    else:
        print_error(without_secrets(" ".join(message_of(error).split()), urls))
    return error.exit_code if isinstance(error, (MediaIdsError, typer.TyperException)) else FAULT


def message_of(error: Exception) -> str:
    """Return what an error says to a person."""
    if isinstance(error, typer.TyperException):
        return usage_message(error)
    if isinstance(error, MediaIdsError):
        return str(error)
    return (
        f"this is a fault of media-gen-ids itself ({type(error).__name__}: {first_line(error)}); what was committed is "
        f"kept. {DEBUG} shows the traceback: please report it"
    )


def usage_message(error: typer.TyperException) -> str:
    """Return what is wrong with a command line, and where to read how it is right."""
    context = getattr(error, "ctx", None)
    program = context.command_path if context is not None else app.info.name
    problem = error.format_message()
    return f"{problem}{'' if problem.endswith(('.', '?')) else '.'} See `{program} --help`"
