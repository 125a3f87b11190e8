"""Names that a command line has."""

from typing import Final

PROGRAM: Final = "media-gen-ids"
DEBUG: Final = "--debug"
