"""`check` of revisions: several heads, and a database that a later version has upgraded."""

import json
import shutil
from pathlib import Path

from alembic.script import ScriptDirectory

from app.database.engines import make_engine
from app.reports.findings import Finding
from app.reports.health import check_database
from tests.cli.conftest import Command
from tests.support.migrations import ROOT
from tests.support.tables import execute

SECOND = 'revision, down_revision = "media_ids_other", "media_ids_0002"\n\ndef upgrade():\n    pass\n'


def test_two_heads_are_a_fault_of_the_revisions(sqlite_database: str, tmp_path: Path) -> None:
    """Alembic merges them; until then no database stands at head."""
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic")
    (tmp_path / "alembic" / "versions" / "other.py").write_text(SECOND)

    with make_engine(sqlite_database).connect() as connection:
        heads, at_head = check_database(connection, ScriptDirectory(tmp_path / "alembic"))

    assert (heads.ok, heads.facts[0].endswith(": run `alembic merge heads`")) == (False, True)
    assert heads.facts[0].startswith(("heads media_ids_0003, media_ids_other", "heads media_ids_other, media_ids_0003"))
    fact = "it stands at media_ids_0003: run `media-gen-ids upgrade`"
    assert at_head == Finding(name="database at head", ok=False, facts=(fact,))


def test_a_database_of_a_later_version_is_told_what_to_install(sqlite_database: str, command: Command) -> None:
    """An upgrade by this one would not help."""
    execute(sqlite_database, "UPDATE alembic_version SET version_num = 'media_ids_0099'")

    done = command("check", "--json", "--database", sqlite_database)

    fact = "it stands at media_ids_0099, which this version does not know: install the version that made it"
    assert (done.code, json.loads(done.out)[-1]) == (1, {"check": "database at head", "ok": False, "facts": [fact]})
