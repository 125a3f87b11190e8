"""Failing: what an error says to a person, and the exit code that goes with it."""

import os
import traceback
from collections.abc import Sequence

import typer

from app.cli.exit_codes import FAULT
from app.cli.names import DEBUG, PROGRAM
from app.console.errors import print_error, print_traceback
from app.database.readable_errors import first_line
from app.database.urls import SETTING as DATABASE_URL
from app.database.urls import without_secrets
from app.errors import MediaIdsError


def fail(error: Exception, arguments: Sequence[str]) -> int:
    """Print an error as one line, or with --debug its traceback, and return its exit code. Shows no password."""
    urls = (*arguments, *(argument.partition("=")[2] for argument in arguments), os.environ.get(DATABASE_URL, ""))
    code = error.exit_code if isinstance(error, (MediaIdsError, typer.TyperException)) else FAULT
    message = without_secrets(" ".join(message_of(error).split()), urls)
    if DEBUG in arguments:
        print_traceback(message, without_secrets("".join(traceback.format_exception(error)), urls), code)
    else:
        print_error(message, code)
    return code


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
    """Return what is wrong with a command line, and the command that shows its help."""
    context = getattr(error, "ctx", None)
    program = context.command_path if context is not None else PROGRAM
    problem = error.format_message()
    return f"{problem}{'' if problem.endswith(('.', '?')) else '.'} See `{program} --help`"
