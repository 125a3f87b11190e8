"""The contestants' names, and who runs unless the command line says otherwise."""

from typing import Final

PROJECT: Final = "project"
WORKERS: Final = "workers"
LARGE: Final = "large"
UPDATE: Final = "update"
BATCHES: Final = "batches"
KNOWN: Final = "known"
ORM: Final = "orm"
LIMIT: Final = "limit"

PROJECTS = (PROJECT, WORKERS, LARGE)
"""The project as it is, with two workers, and with batches of up to 20,000 rows."""
OTHERS = (UPDATE, BATCHES, KNOWN, ORM, LIMIT)
CONTESTANTS = (*PROJECTS, *OTHERS)
DEFAULT = (PROJECT, WORKERS, *OTHERS)
