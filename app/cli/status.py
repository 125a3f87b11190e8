"""`media-gen-ids status`: what has its id, what is left, and the runs."""

import logging
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.console import RenderableType

from app.cli.common_options import AsJson, Database, Desktop, load_settings
from app.cli.exit_codes import DONE
from app.cli.look import Look
from app.cli.patient_view import PatientView
from app.cli.status_files import StatusFiles
from app.console.exposition import exposition
from app.console.printing import print_json, print_lines, print_text, show
from app.console.tables import before_counting, brief_line, status_view
from app.console.watching import is_watchable, repeat, watch
from app.errors import ConfigurationError
from app.reports.status import SHOWN_RUNS
from app.reports.untouched import database_as_it_is

logger = logging.getLogger(__name__)


def status(  # noqa: PLR0913  # one parameter an option
    *,
    database: Database = None,
    desktop: Desktop = False,
    exact: Annotated[bool, typer.Option("--exact", help="Count every row, however large the table is.")] = False,
    runs: Annotated[
        int,
        typer.Option(
            "--runs", min=1, max=10_000, metavar="N", help="Show so many of the newest runs.", show_default=True
        ),
    ] = SHOWN_RUNS,
    brief: Annotated[bool, typer.Option("--brief", help="Print one line.")] = False,
    watched: Annotated[bool, typer.Option("--watch", help="Draw it every two seconds, until you type q.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw it into an SVG file too.")] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write it as a page too; with --watch one that reloads itself."),
    ] = None,
    as_json: AsJson = False,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="Print metrics in the text format of Prometheus.")
    ] = False,
) -> int:
    """Show what a run does, how many rows have their id, what is left and why, and the runs. Reads only.

    A run that has not ended works, is paused, waits for somebody, who is named, or is gone. Runs that went on where
    another one had stopped are shown with it, as one. A PostgreSQL table of more than a million rows is sampled unless
    --exact is given. Works before the first upgrade.
    """
    forms = {"--brief": brief, "--watch": watched, "--json": as_json, "--prometheus": prometheus}
    form = _chosen(forms)
    files = StatusFiles(svg=svg, html=html)
    _require_a_watcher(form, files)
    settings = load_settings(database=database, desktop=desktop)
    files.require_writable(settings.database_url)
    with database_as_it_is(settings.database_url) as engine, engine.connect() as connection:
        look = Look(connection, settings.database_url, exact=exact, runs=runs)
        if form == "--watch":
            _watch(connection, look, files)
        else:
            _print(look, files, form)
    return DONE


def _chosen(forms: dict[str, bool]) -> str:
    """Return the form that is wanted; empty for the usual one. Raises ConfigurationError for two of them."""
    named = [name for name, is_chosen in forms.items() if is_chosen]
    if len(named) > 1:
        raise ConfigurationError(named[1], f"not together with {named[0]}; choose one")
    return named[0] if named else ""


def _require_a_watcher(form: str, files: StatusFiles) -> None:
    """Raise ConfigurationError for a --watch that nobody would see, or with a picture that does not reload."""
    if form != "--watch":
        return
    if files.svg is not None:
        raise ConfigurationError("--svg", "not together with --watch; choose one")
    if files.html is None and not is_watchable():
        raise ConfigurationError("--watch", "there is no terminal to draw on; leave it out, or use --brief or --html")


def _watch(connection: sa.Connection, look: Look, files: StatusFiles) -> None:
    """Draw again and again: on the terminal, if there is one, and the page, which at last no longer reloads itself."""

    def view() -> RenderableType:
        found = look.again()
        files.write(look, found, is_watched=True)
        return status_view(found)

    try:
        (watch if is_watchable() else repeat)(PatientView(connection, view))
    finally:
        files.end_watch()


def _print(look: Look, files: StatusFiles, form: str) -> None:
    """Print what is known at once, then what takes longer; the other forms are printed as a whole."""
    running = look.running()
    if not form and running is not None:
        show(before_counting(running))
    found = look.whole(running)
    files.write(look, found)
    match form:
        case "--brief":
            print_lines(brief_line(found))
        case "--prometheus":
            print_text(exposition(look.metrics(found)))
        case "--json":
            print_json(found.as_dict())
            if found.untouched:
                logger.info(found.untouched)
        case _:
            show(status_view(found, without_run=True))
