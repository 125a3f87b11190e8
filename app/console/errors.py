"""Errors, as they are printed on stderr: a line for people, or one of the log where that is JSON."""

import logging
import sys

from app.console.json_log import writes_json
from app.console.visible import visible
from app.database.events import event

logger = logging.getLogger(__name__)


def print_error(message: str, exit_code: int | None = None) -> None:
    """Print an error as one line; without an exit code the command goes on."""
    if writes_json():
        logger.error("%s", message, extra=event("log") if exit_code is None else event("error", exit_code=exit_code))
    else:
        print(f"media-gen-ids: {visible(message)}", file=sys.stderr)


def print_traceback(message: str, text: str, exit_code: int) -> None:
    """Print an error's traceback."""
    if writes_json():
        logger.error("%s", message, extra=event("error", exit_code=exit_code, traceback=text))
    else:
        print(text, end="", file=sys.stderr)


def note_signal(exit_code: int) -> None:
    """Note that a signal has ended the command, where the log is JSON: people have sent it themselves."""
    if writes_json():
        logger.warning("stopped by signal %d", exit_code - 128, extra=event("stopped", exit_code=exit_code))


def print_remark(line: str) -> None:
    """Print a line that belongs to the results on stderr, where stdout has JSON alone."""
    if writes_json():
        logger.info("%s", line)
    else:
        print(line, file=sys.stderr)
