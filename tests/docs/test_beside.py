"""docs/beside.md: the configuration and the env.py that it shows are run as they stand there."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from app.database.base import Base
from app.database.engines import make_engine
from app.migration.environment import OUR_TABLES
from tests.docs.blocks import blocks
from tests.support.migrations import ROOT
from tests.support.other_chain import OURS, other_chain, recorded, tables
from tests.support.responses import make_rows
from tests.support.tables import TABLE, create_variant, insert, query

PACKAGE = "app:revisions/versions"
"""Where an installed package has them; the tests run in a source tree."""


@pytest.fixture
def shown(tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The application's project, with the files that the document shows, for each kind of database."""
    ini, env = (text for language, text in blocks("docs/beside.md") if language in {"text", "python"})
    other_chain(tmp_path / "migrations", empty_database)
    (tmp_path / "migrations" / "env.py").write_text(env)
    (tmp_path / "alembic.ini").write_text(ini.replace(PACKAGE, str(ROOT / "alembic" / "versions")))
    monkeypatch.setenv("DATABASE_URL", empty_database.replace("postgresql://", "postgresql+psycopg://"))
    return Config(tmp_path / "alembic.ini")


def test_both_chains_run(shown: Config, empty_database: str) -> None:
    """Up to both heads, with the rows filled; down and up again."""
    create_variant(empty_database, "A")
    insert(empty_database, make_rows(24))

    command.upgrade(shown, "heads")
    command.downgrade(shown, "media_ids@base")
    alone = recorded(empty_database)
    command.upgrade(shown, "media_ids@head")
    command.current(shown, check_heads=True)

    assert (alone, recorded(empty_database)) == ({"0003"}, {"0003", OURS[-1]})
    assert query(empty_database, f"SELECT count(media_generation_id) FROM {TABLE}") == [(10,)]


def test_its_autogenerate_leaves_our_tables_alone(shown: Config, empty_database: str) -> None:
    """A new revision would drop the application's own, which its metadata here does not have, and nothing else."""
    command.upgrade(shown, "heads")
    namespace: dict[str, object] = {}
    _, env = (text for language, text in blocks("docs/beside.md") if language in {"text", "python"})
    exec(env[env.index("def include_name") : env.index("engine =")], {"OUR_TABLES": OUR_TABLES}, namespace)  # noqa: S102

    with make_engine(empty_database).connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": namespace["include_name"]})
        changes = compare_metadata(context, Base.metadata.__class__())

    assert sorted(change[1].name for change in changes) == ["billing", "invoices"]
    assert tables(empty_database) >= OUR_TABLES
