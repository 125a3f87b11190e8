"""Options that several commands have, and the settings that come of them."""

from pathlib import Path
from typing import Annotated, Final

import typer

from app.desktop import desktop_directories, desktop_url
from app.errors import ConfigurationError
from app.log import log_as
from app.settings import Settings

DEBUG: Final = "--debug"

Database = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="The database; else DATABASE_URL, else ./veo3.db.")
]
Desktop = Annotated[bool, typer.Option("--desktop", help="Use the database of the desktop application.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def load_settings(*, database: str | None, desktop: bool, **options: object) -> Settings:
    """Return the settings, with options of the command line in front, and make the log what they ask for."""
    if desktop and database is not None:
        raise ConfigurationError("--desktop", "not together with --database; choose one")
    url = desktop_url(desktop_directories()) if desktop else database
    given = {"database_url": url, **options}
    settings = Settings.load({name: value for name, value in given.items() if value is not None})
    log_as(settings.log)
    return settings


def require_folder(option: str, file: Path) -> None:
    """Raise ConfigurationError if the folder of a file that is to be written is not there."""
    if not file.parent.is_dir():
        raise ConfigurationError(option, f"no folder {file.parent}")
