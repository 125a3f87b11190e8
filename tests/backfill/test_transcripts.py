"""Transcripts: what a run sends to its database, and tells, is written down for every kind of table.

So a statement that has lost a condition, a lock that is not taken and a record that is not kept are seen at once, and
whoever changes one on purpose sees in the review what that means elsewhere. To write them anew:
remove tests/data/transcripts/statements.sql, then
`WRITE_TRANSCRIPTS=1 uv run pytest -n 0 tests/backfill/test_transcripts.py`.
"""

import os
from dataclasses import replace

import pytest

from app.backfill.ahead import Ahead
from app.backfill.citus.shards import Shards
from app.backfill.errors import OfflineBackfillError
from app.backfill.ledger import history
from app.backfill.postgresql.local_heaps import LocalHeaps
from app.backfill.script import offline_backfill
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.backfill.test_second_recipe import DOMAINS, USERS, make_users
from tests.conftest import LazyDatabases
from tests.support.any_table import store
from tests.support.scenes import SCENES, Scene, mixed
from tests.support.tables import TABLE, execute
from tests.support.transcript import FOLDER, WRITTEN_OUT, Transcript, read_statements, write_statements

FEWEST_IN_PLACE = 10


@pytest.mark.parametrize("name", SCENES)
def test_a_run_sends_and_tells_what_is_written_down(
    quiet_databases: LazyDatabases, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """On a server where nothing writes by itself."""
    scene, file = SCENES[name], FOLDER / f"{name}.txt"
    url = quiet_databases[scene.kind].upgraded()
    for heaps in (LocalHeaps, Shards):
        monkeypatch.setattr(heaps, "fewest_in_place", FEWEST_IN_PLACE)
    monkeypatch.setattr(Ahead, "is_possible", False)  # its statements would stand anywhere between the others
    monkeypatch.setattr(history, "FIRST_STEP", 1e9)  # else a slow run writes more points
    prepare(url, scene)

    written = transcript_of(url, scene)

    if "WRITE_TRANSCRIPTS" in os.environ:
        file.write_text(str(written))
        write_statements(read_statements() | written.statements)
    assert written.statements.items() <= read_statements().items()
    assert str(written) == file.read_text()


def test_no_statement_is_kept_that_no_run_sends() -> None:
    """Whoever writes the transcripts anew removes what is left over."""
    sent = {line.partition(" ")[0] for name in SCENES for line in (FOLDER / f"{name}.txt").read_text().splitlines()}

    assert read_statements().keys() <= sent


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_the_script_of_sql_is_what_is_written_down(kind: str) -> None:
    """For the application's table; that of a recipe which touches nothing sets its value alone."""
    dialect = make_engine(f"{kind}://").dialect
    touching_nothing = replace(MEDIA_IDS, touches=None)
    file = FOLDER / f"script-{kind}.sql"

    written = "\n\n".join(offline_backfill(recipe, dialect) for recipe in (MEDIA_IDS, touching_nothing))

    if "WRITE_TRANSCRIPTS" in os.environ:
        file.write_text(written.translate(WRITTEN_OUT))
    assert written.translate(WRITTEN_OUT) == file.read_text()


def test_a_recipe_that_does_not_say_how_has_no_script() -> None:
    """On no kind of database."""
    for kind in ("postgresql", "sqlite"):
        with pytest.raises(OfflineBackfillError):
            offline_backfill(DOMAINS, make_engine(f"{kind}://").dialect)


def prepare(url: str, scene: Scene) -> None:
    """Make the table and its rows."""
    if scene.recipe is DOMAINS:
        make_users(url, USERS)
        return
    execute(url, f"DROP TABLE {TABLE}", *scene.table)
    store(url, mixed(scene.rows))


def transcript_of(url: str, scene: Scene) -> Transcript:
    """Do what the scene is about, and return what was sent and told."""
    engine = make_engine(url)
    transcript = Transcript(engine)
    for act in scene.acts:
        with transcript.with_log(), engine.connect() as connection:
            report = act(connection, scene, scene.listener(transcript))
        if report is not None:
            transcript.report(report)
    return transcript
