"""`media-gen-ids status`: what has its id, what is left, and the runs."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common_options import AsJson, Database, Desktop, load_settings, require_writable
from app.cli.exit_codes import DONE
from app.console.printing import drawn, print_json, show, write_file
from app.console.tables import status_view
from app.reports.status import read_status_of
from app.reports.untouched import database_as_it_is

logger = logging.getLogger(__name__)


def status(
    *,
    database: Database = None,
    desktop: Desktop = False,
    exact: Annotated[bool, typer.Option("--exact", help="Count every row, however large the table is.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw it into an SVG file too.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show how many rows have their id, what is left and why, and the runs. Reads only.

    A PostgreSQL table of more than a million rows is sampled unless --exact is given. Works before the first upgrade.
    """
    settings = load_settings(database=database, desktop=desktop)
    if svg is not None:
        require_writable("--svg", svg, settings.database_url)
    with database_as_it_is(settings.database_url) as engine, engine.connect() as connection:
        found = read_status_of(connection, settings.database_url, exact=exact)
    if svg is not None:
        write_file("--svg", svg, drawn(status_view(found), title="media-gen-ids status"))
    if as_json:
        print_json(found.as_dict())
        if found.untouched:
            logger.info(found.untouched)
    else:
        show(status_view(found))
    return DONE
