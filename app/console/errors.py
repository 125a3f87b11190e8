"""Errors, as they are printed on stderr."""

import sys

from app.console.visible import visible


def print_error(message: str) -> None:
    """Print an error as one line on stderr."""
    print(f"media-gen-ids: {visible(message)}", file=sys.stderr)


def print_traceback(text: str) -> None:
    """Print a traceback on stderr."""
    print(text, end="", file=sys.stderr)
