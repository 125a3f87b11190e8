"""An application with an Alembic chain of its own, called 0001 to 0003, and a standard env.py."""

from pathlib import Path
from textwrap import dedent, indent

from alembic.config import Config

from tests.support.migrations import ROOT
from tests.support.tables import query

THEIRS = ("0001", "0002", "0003")
OURS = ("media_ids_0001", "media_ids_0002", "media_ids_0003")
STEPS = {
    "0001": ("op.create_table('billing', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('billing')"),
    "0002": ("op.create_table('invoices', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('invoices')"),
    "0003": ("op.add_column('invoices', sa.Column('paid', sa.Text))", "op.drop_column('invoices', 'paid')"),
}
REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {before!r}


def upgrade():
    {up}


def downgrade():
    {down}
"""
ENV = """\
from alembic import context
from sqlalchemy import engine_from_config, pool

if context.is_offline_mode():
    context.configure(
        url=context.config.get_main_option("sqlalchemy.url"),
        literal_binds=True,
        dialect_opts={{"paramstyle": "named"}},
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    section = context.config.get_section(context.config.config_ini_section, {{}})
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    {before}
    with engine.{opened} as connection:
        context.configure(connection=connection, {options})
        with context.begin_transaction():
            context.run_migrations()
"""
"""What `alembic init` makes, without logging and metadata."""


def other_chain(  # noqa: PLR0913  # what there is to an env.py
    folder: Path, url: str, *, with_ours: bool = False, options: str = "", opened: str = "connect()", before: str = ""
) -> Config:
    """Make the application's folder, and return its configuration for a database.

    `with_ours`: our revisions are a second version location. `options` go to context.configure(), `opened` is how the
    engine is opened, `before` stands before that.
    """
    versions = folder / "versions"
    versions.mkdir(parents=True)
    (folder / "env.py").write_text(
        ENV.format(options=options, opened=opened, before=indent(dedent(before), "    ").strip())
    )
    for revision, earlier in zip(THEIRS, (None, *THEIRS), strict=False):
        up, down = STEPS[revision]
        (versions / f"{revision}.py").write_text(REVISION.format(revision=revision, before=earlier, up=up, down=down))
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, [versions] + _ours() * with_ours)))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def _ours() -> list[Path]:
    return [ROOT / "alembic" / "versions"]


def their_tables(url: str) -> set[str]:
    """Return those of the application's tables that there are."""
    return tables(url) & {"billing", "invoices"}


def tables(url: str) -> set[str]:
    """Return the names of all tables."""
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if url.startswith("sqlite")
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    return {name for (name,) in query(url, listed)}


def recorded(url: str, version_table: str = "alembic_version") -> set[str]:
    """Return what a version table holds."""
    return {revision for (revision,) in query(url, f"SELECT version_num FROM {version_table}")}
