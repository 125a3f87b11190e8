"""Options that several commands have, and the settings that come of them."""

import os
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from app.cli.desktop_file import desktop_directories, desktop_url
from app.console.json_log import log_as
from app.database.urls import parse_url, sqlite_file
from app.errors import ConfigurationError
from app.settings import Settings

SQLITE_FILES: Final = ("", "-journal", "-wal", "-shm")
"""Suffixes of a SQLite file and of the files that belong to it."""

Database = Annotated[
    str | None,
    typer.Option(
        "--database", metavar="URL", help="The database, or a SQLite file; else DATABASE_URL, else ./veo3.db."
    ),
]
Desktop = Annotated[bool, typer.Option("--desktop", help="Use the database of the desktop application.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
BatchSize: TypeAlias = Annotated[
    int | None, typer.Option(min=1, metavar="ROWS", help="Most rows that one transaction updates; else 1000.")
]
TargetSeconds: TypeAlias = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="What a transaction aims at; else 0.5.")
]
TimeBudget: TypeAlias = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Stop after so many seconds; call again to go on.")
]
Workers: TypeAlias = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Connections that fill at once; PostgreSQL only.")
]
Nice: TypeAlias = Annotated[
    float | None, typer.Option(metavar="FACTOR", help="Pause after each transaction so many times as long as it took.")
]
MaxReplicaLag: TypeAlias = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Wait while a replica is further behind; PostgreSQL only.")
]
LockWait: TypeAlias = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Wait so long for another upgrade or sync; else 600, and in sync 0."),
]
OnFailure: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="continue|abort", help="abort: do not stamp the revision if rows failed."),
]
Backfill: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="run|defer", help="defer: stamp at once and leave the rows to sync."),
]
VersionTable: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Where Alembic records the revision; else alembic_version.")
]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", help="A line for each record.")]
ReportFile: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the report to a file, as JSON.")
]


def load_settings(*, database: str | None, desktop: bool, **options: object) -> Settings:
    """Return the settings, with options of the command line in front, and make the log what they ask for."""
    if desktop and database is not None:
        raise ConfigurationError("--desktop", "not together with --database; choose one")
    url = desktop_url(desktop_directories()) if desktop else database
    given = {"database_url": url, **options}
    settings = Settings.load({name: value for name, value in given.items() if value is not None})
    log_as(settings.log)
    if settings.wants_url:
        settings.chosen_url()
    return settings


def require_writable(option: str, file: Path, database: str) -> None:
    """Raise ConfigurationError unless a file can be written, before there is anything to write.

    Tries it: what is there stays as it is, and what was not there is not there afterwards. A pipe or a device is not
    tried, since whoever reads there would notice.
    """
    if is_database(file, database):
        raise ConfigurationError(option, f"{file} is the database; name another file")
    try:
        if file.is_dir():
            raise ConfigurationError(option, f"{file} is a folder; name a file")
        if not file.parent.is_dir():
            raise ConfigurationError(option, f"no folder {file.parent}")
        if file.is_file() or not file.exists():
            _try_to_write(Path(os.path.realpath(file)))
    except OSError as error:
        raise ConfigurationError(option, f"{file} cannot be written: {error.strerror}") from None


def is_database(file: Path, database: str) -> bool:
    """Tell whether a file is the database itself, or belongs to it."""
    own = sqlite_file(parse_url(database))
    return own is not None and os.path.realpath(file) in {os.path.realpath(own) + suffix for suffix in SQLITE_FILES}


def _try_to_write(file: Path) -> None:
    is_new = not file.exists()
    with file.open("ab"):
        pass
    if is_new:
        file.unlink()
