"""The start: a command imports what it uses."""

import subprocess
import sys

from support.commands import ROOT

DATABASE_LIBRARIES = {"sqlalchemy", "alembic", "psycopg", "sqlite3", "pydantic", "rich"}
ASK = "import sys; from app.cli.main import run; code = run(['--help']); print(code, *sys.modules)"


def test_the_list_of_commands_reads_no_database_library() -> None:
    """Nor anything else that a command needs, and the list does not."""
    ended = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, text=True, check=True)

    code, *modules = ended.stdout.splitlines()[-1].split()
    assert (code, DATABASE_LIBRARIES & set(modules)) == ("0", set())
    assert "check     Say whether revisions" in ended.stdout
