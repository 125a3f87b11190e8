"""Demo: a small SQLite database of stored answers of every kind, upgraded by the real revisions."""

import os
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError

from app.cli.demo_rows import demo_responses, demo_rows
from app.database.engines import make_engine
from app.database.readable_errors import readable_errors
from app.database.urls import sqlite_file
from app.errors import ConfigurationError, MediaIdsError
from app.migration.scripts import alembic_config
from app.videos.adoption import TABLE

DEFAULT_DEMO_URL: Final = "sqlite:///media-gen-ids-demo.db"
ROUNDS: Final = 12
BEFORE_THE_BACKFILL: Final = "media_ids_0002"


def make_demo(url: str) -> tuple[int, int]:
    """Make the database and fill its table; return its rows and the kinds of answers in them.

    Everything is there but the ids: `upgrade_demo` does the rest. Raises ConfigurationError for anything but a
    SQLite file that is not there yet: a demo never touches existing data.
    """
    file = sqlite_file(make_engine(url).url)
    if file is None:
        raise ConfigurationError("--database", "the demo makes a SQLite file; use sqlite:///some-file.db")
    _refuse_existing(file)
    _upgrade(url, BEFORE_THE_BACKFILL)
    rows = list(demo_rows(ROUNDS))
    engine = make_engine(url)
    with readable_errors(engine.url), engine.begin() as connection:
        connection.execute(sa.insert(sa.table(TABLE, *map(sa.column, rows[0]))), rows)
    return len(rows), len(demo_responses())


def upgrade_demo(url: str) -> None:
    """Upgrade the demo's database, as `alembic upgrade head` does."""
    _upgrade(url, "head")


def _refuse_existing(file: Path) -> None:
    if os.path.lexists(file):
        raise ConfigurationError("--database", f"{file} exists; remove it, or name another file")
    if not os.path.isdir(file.parent):  # noqa: PTH112  # unlike Path.is_dir it raises nothing
        raise ConfigurationError("--database", f"no folder {file.parent}")


def _upgrade(url: str, revision: str) -> None:
    try:
        command.upgrade(alembic_config(url), revision)
    except CommandError as error:
        if isinstance(error.__cause__, MediaIdsError):
            raise error.__cause__ from None
        raise
