"""Run the project's own revisions on a database, and check the version that they record."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from app.database.engines import make_engine

ROOT = Path(__file__).resolve().parents[2]


def alembic_config(url: str, **x_arguments: object) -> Config:
    """Return the project's configuration for a database, with options as `alembic -x name=value` gives them."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.attributes["configure_logger"] = False
    config.cmd_opts = _Options([f"{name}={value}" for name, value in x_arguments.items()])  # type: ignore[assignment]
    return config


class _Options:
    """What Alembic's command line hands to env.py."""

    def __init__(self, x: list[str]) -> None:
        self.x = x


def upgrade(url: str, revision: str = "head", **x_arguments: object) -> None:
    """Upgrade, then assert that the version is recorded: a silent loss of the stamp is this design's known trap."""
    command.upgrade(alembic_config(url, **x_arguments), revision)

    assert recorded_version(url) == ("media_ids_0003" if revision == "head" else revision)


def downgrade(url: str, revision: str) -> None:
    """Downgrade, then assert the recorded version."""
    command.downgrade(alembic_config(url), revision)

    assert recorded_version(url) == (None if revision == "base" else revision)


def recorded_version(url: str) -> str | None:
    """Return the version that Alembic recorded; None where it recorded none."""
    engine = make_engine(url)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
