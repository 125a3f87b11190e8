"""`media-gen-ids failures`: the rows that a person must look at, one of them, and those that are taken as they are."""

from collections.abc import Sequence
from typing import Annotated

import sqlalchemy as sa
import typer

from app.cli.accepting import Wish, carry_out, named_by
from app.cli.common_options import AsJson, Database, Desktop, load_settings
from app.cli.exit_codes import DONE
from app.cli.reading import reading, require_known
from app.console.failure_views import details_view, failures_view
from app.console.printing import print_csv, print_json, print_lines, show
from app.database.engines import existing_database
from app.errors import ConfigurationError
from app.reports.failure_details import read_details
from app.reports.failures import FAILURE_FIELDS, Failure, read_failures


def failures(  # noqa: PLR0913  # one parameter an option
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Show these rows alone, with their bodies.")
    ] = None,
    *,
    database: Database = None,
    desktop: Desktop = False,
    reason: Annotated[
        list[str] | None, typer.Option("--reason", metavar="CODE", help="Only this reason; may be repeated.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="List no more than so many rows.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take the rows of these ids as they are: they count for no exit code.")
    ] = False,
    accept_reason: Annotated[
        list[str] | None,
        typer.Option("--accept-reason", metavar="CODE", help="The same with all rows that fail for it now."),
    ] = None,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="With --accept: why.")] = None,
    unaccept: Annotated[bool, typer.Option("--unaccept", help="Let the rows of these ids count again.")] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> int:
    """Show the rows that a person must look at, and why. Only --accept and --unaccept write, to the ledger alone.

    A row disappears here when it has its id. Try them again with `media-gen-ids sync --retry-failed`. One that is
    accepted counts again as soon as its answer or its reason changes.
    """
    if as_csv and (as_json or ids):
        raise ConfigurationError("--csv", f"not together with {'--json' if as_json else 'an id'}; choose one")
    wish = Wish(ids=ids or (), accept=accept, reasons=accept_reason or (), note=note, unaccept=unaccept)
    wish.check()
    if wish.writes and limit is not None:
        raise ConfigurationError("--limit", "only for the list; to accept some of the rows, name their ids")
    if wish.reasons and reason:
        raise ConfigurationError("--reason", "not together with --accept-reason; choose one")
    require_known(reason or ())
    require_known(wish.reasons, "--accept-reason")
    settings = load_settings(database=database, desktop=desktop)
    with existing_database(settings.database_url) as engine, reading(engine) as connection:
        found = read_failures(connection, reason or ())
        if wish.writes:
            say_done(wish, carry_out(connection, wish, found), as_json=as_json)
        elif ids:
            tell_details(connection, named_by(ids, found), as_json=as_json)
        else:
            tell(found, limit, as_json=as_json, as_csv=as_csv)
    return DONE


def tell(found: Sequence[Failure], limit: int | None, *, as_json: bool, as_csv: bool) -> None:
    """Print the list in the form that was asked for."""
    if as_json:
        print_json([failure.as_dict() for failure in found[:limit]])
    elif as_csv:
        print_csv(FAILURE_FIELDS, [failure.as_dict() for failure in found[:limit]])
    else:
        show(failures_view(found, limit))


def tell_details(connection: sa.Connection, wanted: Sequence[Failure], *, as_json: bool) -> None:
    """Print some failures with their bodies."""
    details = read_details(connection, wanted)
    if as_json:
        print_json([one.as_dict() for one in details])
    for one in () if as_json else details:
        show(details_view(one))


def say_done(wish: Wish, rows: int, *, as_json: bool) -> None:
    """Print how many failures were accepted, or count again."""
    if as_json:
        print_json({"unaccepted" if wish.unaccept else "accepted": rows})
    elif wish.unaccept:
        print_lines(f"{rows:,} {'row counts' if rows == 1 else 'rows count'} again")
    else:
        said = "row is accepted: it counts" if rows == 1 else "rows are accepted: they count"
        print_lines(f"{rows:,} {said} for no exit code until the answer or the reason changes")
