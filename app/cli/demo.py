"""`media-gen-ids demo`: a small database to try the other commands on."""

from typing import Annotated, Final

import typer

from app.cli.demo_database import DEFAULT_DEMO_URL, make_demo, upgrade_demo
from app.cli.exit_codes import DONE
from app.cli.reading import reading
from app.console.printing import print_lines, show
from app.console.tables import status_view
from app.database.engines import existing_database
from app.database.urls import describe, parse_url
from app.reports.status import read_status

TO_TRY: Final = ("failures", "check", "sync --verbose")


def demo(
    *,
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="A new SQLite file.", show_default=True)
    ] = DEFAULT_DEMO_URL,
) -> int:
    """Make a small database of stored answers of every kind, upgrade it, and show the result.

    It stays there to play with. An existing file is never touched, and neither is DATABASE_URL.
    """
    rows, kinds = make_demo(database)
    shown = describe(parse_url(database))
    print_lines(f"Made {shown}: {rows} rows with stored answers of {kinds} kinds, none with its id.")
    upgrade_demo(database)
    print_lines("Upgraded it, as `alembic upgrade head` does. `media-gen-ids status` now says:", "")
    with existing_database(database) as engine, reading(engine) as connection:
        show(status_view(read_status(connection, exact=True)))
    print_lines("To play with it:", *(f"  media-gen-ids {command} --database {shown}" for command in TO_TRY))
    return DONE
