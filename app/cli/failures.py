"""`media-gen-ids failures`: the rows that a person must look at."""

from typing import Annotated

import typer

from app.cli.common_options import AsJson, Database, Desktop, load_settings
from app.cli.exit_codes import DONE
from app.cli.reading import reading, require_known
from app.console.printing import print_csv, print_json, show
from app.console.tables import failures_view
from app.database.engines import existing_database
from app.errors import ConfigurationError
from app.reports.failures import FAILURE_FIELDS, read_failures


def failures(
    *,
    database: Database = None,
    desktop: Desktop = False,
    reason: Annotated[
        list[str] | None, typer.Option("--reason", metavar="CODE", help="Only this reason; may be repeated.")
    ] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> int:
    """Show the rows that a person must look at, and why. Reads only.

    A row disappears here when it has its id. Try them again with `media-gen-ids sync --retry-failed`.
    """
    if as_json and as_csv:
        raise ConfigurationError("--csv", "not together with --json; choose one")
    require_known(reason or ())
    settings = load_settings(database=database, desktop=desktop)
    with existing_database(settings.database_url) as engine, reading(engine) as connection:
        found = read_failures(connection, reason or ())
    if as_json:
        print_json([failure.as_dict() for failure in found])
    elif as_csv:
        print_csv(FAILURE_FIELDS, [failure.as_dict() for failure in found])
    else:
        show(failures_view(found))
    return DONE
