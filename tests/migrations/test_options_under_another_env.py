"""What our revisions take from the options and the log of somebody else's env.py, and what they leave to it."""

from pathlib import Path

import pytest
from alembic import command
from alembic.util import CommandError

from tests.support.migrations import alembic_config
from tests.support.other_chain import other_chain, recorded, tables
from tests.support.responses import make_rows
from tests.support.tables import create_variant, execute, insert


def test_its_own_options_are_not_ours_though_they_are_called_so(sqlite_empty: str, tmp_path: Path) -> None:
    """An env.py may take its database from `-x`: whatever it means by these names is its affair."""
    config = other_chain(tmp_path, sqlite_empty, with_ours=True)
    config.cmd_opts = alembic_config(sqlite_empty, database_url="", require_url="perhaps", log="loud").cmd_opts

    command.upgrade(config, "heads")

    assert recorded(sqlite_empty) == {"0003", "media_ids_0003"}


def test_an_option_that_the_database_does_not_have_is_refused(
    sqlite_empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under our own env.py; nothing of ours is created."""
    monkeypatch.setenv("MEDIA_IDS_WORKERS", "2")

    with pytest.raises(CommandError, match=r"^workers: only PostgreSQL takes several"):
        command.upgrade(other_chain(tmp_path, sqlite_empty, with_ours=True), "media_ids@head")

    assert tables(sqlite_empty) <= {"alembic_version"}


def test_it_says_once_which_database_it_is_and_what_is_pending(
    empty_database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Before the first of our three revisions."""
    caplog.set_level("INFO", "app")
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(24))

    command.upgrade(other_chain(tmp_path, empty_database, with_ours=True), "media_ids@head")

    said = [record.getMessage().partition(": ")[2] for record in caplog.records if record.name == "app.reports.target"]
    assert said == ["24 rows pending"]


def test_an_error_of_the_database_is_one_line(empty_database: str, tmp_path: Path) -> None:
    """Here a table that somebody else has made under the name of ours."""
    execute(empty_database, "CREATE TABLE media_generation_id_backfill_failures (id TEXT)")

    with pytest.raises(CommandError, match="already exists") as caught:
        command.upgrade(other_chain(tmp_path, empty_database, with_ours=True), "media_ids@head")

    assert "\n" not in str(caught.value)
