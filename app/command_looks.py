"""The commands that only look: `status`, `failures`, `check`; and `demo`, which makes something to look at."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import sqlalchemy as sa
import typer

from app.backfill.ledger import require_ledger
from app.check import check_database
from app.console import drawn, print_csv, print_finding, print_json, print_lines, show, write_file
from app.db import existing_database
from app.demo import DEFAULT_DEMO_URL, make_demo, upgrade_demo
from app.errors import ConfigurationError
from app.failures import FAILURE_FIELDS, MEANINGS, read_failures
from app.options import AsJson, Database, Desktop, VersionTable, load_settings, require_writable
from app.scripts import revisions
from app.status import read_status, read_status_of
from app.untouched import database_as_it_is
from app.urls import describe, parse_url
from app.views import failures_view, status_view

WELL, NOT_WELL = 0, 1
TO_TRY: Final = ("failures", "check", "sync --verbose")

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
    return WELL


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
    return WELL


def check(
    *, database: Database = None, desktop: Desktop = False, version_table: VersionTable = None, as_json: AsJson = False
) -> int:
    """For CI and deploy gates: is the database where the code expects it? Reads only.

    Looks for one head, the database at head, a schema that agrees with the models, ids that could still be
    recovered, and an id on two rows. Exit codes: 0 all is well; 1 something is to be done; 2 it could not look.
    """
    settings = load_settings(database=database, desktop=desktop, version_table=version_table)
    scripts = revisions()
    findings = []
    with existing_database(settings.database_url) as engine, engine.connect() as connection:
        for finding in check_database(connection, scripts, settings.version_table):
            findings.append(finding)
            if not as_json:
                print_finding(finding)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    return WELL if all(finding.ok for finding in findings) else NOT_WELL


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
    return WELL


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection for reading the ledger. Raises NotUpgradedError for a database without one."""
    with engine.connect() as connection:
        require_ledger(connection)
        yield connection


def require_known(reasons: Sequence[str]) -> None:
    """Raise ConfigurationError for a reason that no row can have."""
    for reason in reasons:
        if reason not in MEANINGS:
            raise ConfigurationError("--reason", f"unknown reason {reason}; known are {', '.join(MEANINGS)}")
