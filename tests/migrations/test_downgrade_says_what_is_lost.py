"""A downgrade to base says in one line what it drops of what this project has written."""

import pytest
from alembic import command

from tests.support.migrations import alembic_config, downgrade
from tests.support.responses import make_rows
from tests.support.tables import insert, query

AND = "failures, accepted ones too; ids that were filled stay"


def test_the_history_of_runs_and_the_failures_go(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With how many there are of each; the ids that were filled do not."""
    insert(database, make_rows(48))
    command.stamp(alembic_config(database), "media_ids_0002")
    command.upgrade(alembic_config(database), "head")
    capsys.readouterr()

    downgrade(database, "base")

    said = [line for line in capsys.readouterr().err.splitlines() if "drops" in line]
    assert [line.partition("] ")[2] for line in said] == [f"this drops the history of 2 runs and 8 {AND}"]
    assert query(database, "SELECT count(media_generation_id) FROM veo3_video_generations") == [(20,)]


def test_a_script_says_it_without_numbers(sqlite_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It looks at no database."""
    command.downgrade(alembic_config(sqlite_database), "media_ids_0002:base", sql=True)

    assert f"the script drops the history of all runs and the {AND}" in capsys.readouterr().err
