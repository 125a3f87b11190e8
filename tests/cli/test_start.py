"""The start: a command imports what it uses."""

import os
import subprocess
import sys

from support.commands import ROOT

DATABASE_LIBRARIES = {"sqlalchemy", "alembic", "psycopg", "sqlite3", "pydantic", "rich"}
ONLY_FOR_WORK = {
    *("sqlalchemy.orm", "pydantic", "pydantic_settings", "typer", "rich", "tenacity", "orjson", "filelock", "psycopg"),
    *("app.backfill.engine", "app.backfill.recipe", "app.backfill.ledger.tables", "app.console.progress"),
    *("app.media_ids", "app.migration.fill", "app.reports", "app.videos.models"),
}
ASK = "import sys; from app.cli.main import run; code = run(['--help']); print(code, *sys.modules)"
ASK_AT_HEAD = """
import sys
from alembic.config import main
main(argv=["upgrade", "head"])
print(*sys.modules)
main(argv=["check"])
"""


def test_the_list_of_commands_reads_no_database_library() -> None:
    """Nor anything else that a command needs, and the list does not."""
    ended = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, text=True, check=True)

    code, *modules = ended.stdout.splitlines()[-1].split()
    assert (code, DATABASE_LIBRARIES & set(modules)) == ("0", set())
    assert "check     Say whether revisions" in ended.stdout


def test_an_upgrade_at_head_reads_neither_the_engine_nor_a_mapped_class(sqlite_database: str) -> None:
    """Every deploy but one is such an upgrade. A comparison with the mapped classes finds them all the same."""
    environment = {**os.environ, "DATABASE_URL": sqlite_database}
    ended = subprocess.run(
        [sys.executable, "-c", ASK_AT_HEAD], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    modules, compared = ended.stdout.splitlines()
    assert ONLY_FOR_WORK & set(modules.split()) == set()
    assert {"sqlalchemy", "app.migration.gate"} < set(modules.split())
    assert compared == "No new upgrade operations detected."
