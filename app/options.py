"""Options that several commands have, and the settings that come of them."""

from typing import Annotated, Final

import typer

from app.desktop import desktop_directories, desktop_url
from app.errors import ConfigurationError
from app.settings import Settings

DEBUG: Final = "--debug"

Database = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="The database; else DATABASE_URL, else ./veo3.db.")
]
Desktop = Annotated[bool, typer.Option("--desktop", help="Use the database of the desktop application.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def load_settings(*, database: str | None, desktop: bool, **options: object) -> Settings:
    """Return the settings, with the options that were given on the command line in front."""
    if desktop and database is not None:
        raise ConfigurationError("--desktop", "not together with --database; choose one")
    url = desktop_url(desktop_directories()) if desktop else database
    given = {"database_url": url, **options}
    return Settings.load({name: value for name, value in given.items() if value is not None})
