"""`media-gen-ids`: its commands, each imported when it is called: `--help` needs no database."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Final, cast

import typer

from app.cli.exit_codes import INTERRUPTED, SIGNALLED, USAGE
from app.cli.names import DEBUG, PROGRAM
from app.console.errors import note_signal
from app.console.json_log import log_as, log_to_stderr, wanted_form
from app.console.streams import lenient_output
from app.signals import end_on_sigterm

HELP: Final = "Recover media generation ids from stored API answers, and look after the migration that does it."

COMMANDS: Final[Mapping[str, str]] = {
    "upgrade": "Do what `alembic upgrade head` does, from anywhere.",
    "sync": "Fill the ids that can be recovered.",
    "pause": "Let the run that is going on rest.",
    "resume": "Let a paused run go on.",
    "cancel": "End the run that is going on; it keeps its place.",
    "set": "Change how the run that is going on works.",
    "status": "Show what has its id, what is left, and the runs.",
    "failures": "Show the rows that a person must look at.",
    "check": "Say whether revisions, schema and rows are as they must be.",
    "demo": "Make a small database to try the other commands on.",
}
"""Each command, which is a function in a module of its name, and what the list of commands says of it in one line."""


def main() -> None:
    """Run the command that the process was called with, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code, also when its output cannot be written.

    An error is one line on stderr; with --debug its traceback. A fault of this program exits with 70.
    """
    with lenient_output():
        log_to_stderr()
        log_as(wanted_form())
        logging.getLogger("app").setLevel(logging.INFO)
        try:
            return call([argument for argument in arguments if argument != DEBUG])
        except SystemExit as ended:
            if isinstance(ended.code, int) and ended.code > SIGNALLED:
                note_signal(ended.code)
            raise
        except Exception as error:  # noqa: BLE001  # a fault of ours must not look like "some rows failed"
            return int(import_module("app.cli.failing").fail(error, arguments))  # imports what only errors need


def call(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. Raises what the command raises, but for what typer ends it with."""
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    try:
        with end_on_sigterm():
            result = application(wanted)(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except typer.Exit as ended:
        return ended.exit_code
    except (typer.Abort, KeyboardInterrupt):
        note_signal(INTERRUPTED)
        return INTERRUPTED
    return int(result)


def application(wanted: str | None) -> typer.Typer:
    """Return all commands by their names, and the `wanted` one as it is: the others are not imported."""
    commands = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    commands.callback(invoke_without_command=True, help=HELP)(common)
    for name, summary in COMMANDS.items():
        commands.command(name, short_help=summary)(function_of(name) if name == wanted else not_called)
    return commands


def common(
    context: typer.Context,
    *,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> None:
    """Print the list of commands where none is named."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(USAGE)


def function_of(command: str) -> Callable[..., int]:
    """Import a command."""
    return cast("Callable[..., int]", getattr(import_module(f"app.cli.{command}"), command))


def not_called() -> None:
    """Stand for a command that was not asked for."""
