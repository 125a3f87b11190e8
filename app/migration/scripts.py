"""Scripts: where this project's Alembic revisions are, in a source tree or in an installed package."""

from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.script import ScriptDirectory

from app.errors import ConfigurationError

PACKAGE: Final = Path(__file__).resolve().parent.parent
PLACES: Final = (PACKAGE.parent / "alembic", PACKAGE / "revisions")
"""In a source tree beside the package; in an installed one inside it, where the wheel puts the same files."""


def alembic_config(url: str | None = None) -> Config:
    """Return an Alembic configuration for these revisions and a database, made without an alembic.ini.

    Without a URL the database is that of the settings.
    """
    config = Config()
    config.set_main_option("script_location", escaped(str(script_location())))
    config.set_main_option("path_separator", "os")
    if url is not None:
        config.set_main_option("sqlalchemy.url", escaped(url))
    return config


def revisions() -> ScriptDirectory:
    """Return the revisions. Raises ConfigurationError where there are none to be found."""
    return ScriptDirectory(script_location())


def script_location() -> Path:
    """Return the folder that holds env.py. Raises ConfigurationError where there is none."""
    for place in PLACES:
        if (place / "env.py").is_file():
            return place
    looked = " nor ".join(map(str, PLACES))
    raise ConfigurationError("revisions", f"neither in {looked}; install the package anew")


def escaped(value: str) -> str:
    """Return a value as Alembic's configuration wants it, where `%` starts a substitution."""
    return value.replace("%", "%%")
