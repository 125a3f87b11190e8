"""Exit codes of `media-gen-ids`. Errors bring their own: see `app.errors`."""

from typing import Final

DONE: Final = 0
NOT_WELL: Final = 1
"""Rows failed, something is to be done, or a run is incomplete: what cannot be called done is as good as failed."""
USAGE: Final = 2
ROWS_LEFT: Final = 3
FAULT: Final = 70
"""A fault of this program, as sysexits.h has it (EX_SOFTWARE)."""
SIGNALLED: Final = 128
"""Plus the signal's number: the shell's convention."""
INTERRUPTED: Final = 130
