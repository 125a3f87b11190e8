"""A guest behaves: a caller's logging stays as it is, and an upgrade at head takes no lock and next to no query."""

import logging
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from app.database.engines import make_engine
from app.database.lock import only_one
from tests.support.migrations import ROOT, alembic_config, recorded_version

MINIMAL = f"[alembic]\nscript_location = {ROOT / 'alembic'}\n"


def test_a_caller_with_a_connection_keeps_its_logging(sqlite_empty: str) -> None:
    """Its handlers and levels are as they were."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    config = alembic_config(sqlite_empty)
    config.attributes["connection"] = make_engine(sqlite_empty)

    command.upgrade(config, "head")

    assert (root.handlers, root.level) == before


def test_an_ini_without_logging_is_enough(sqlite_empty: str, tmp_path: Path) -> None:
    """Two lines, and the logging that was there stays."""
    (tmp_path / "alembic.ini").write_text(MINIMAL)
    config = Config(tmp_path / "alembic.ini")
    config.set_main_option("sqlalchemy.url", sqlite_empty)
    before = list(logging.getLogger().handlers)

    command.upgrade(config, "head")

    assert (recorded_version(sqlite_empty), logging.getLogger().handlers) == ("media_ids_0003", before)


def test_an_ini_with_logging_configures_it(sqlite_database: str) -> None:
    """For the command line, which has none."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    command.upgrade(alembic_config(sqlite_database), "head")
    configured, root.handlers[:] = list(root.handlers), handlers
    root.setLevel(level)

    assert [type(handler) for handler in configured] == [logging.StreamHandler]


@pytest.mark.parametrize("revision", ["head", "heads"])
def test_at_head_it_reads_the_version_and_nothing_else(database: str, revision: str) -> None:
    """Whether the version table is there, and what it holds; nobody who holds the lock is waited for."""
    sent: list[str] = []
    engine = make_engine(database)
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    config = alembic_config(database, lock_wait=0)
    config.attributes["connection"] = engine

    with only_one(make_engine(database), 0.0):
        command.upgrade(config, revision)

    assert (len(sent), "SELECT alembic_version.version_num" in sent[-1]) == (2, True), sent
