"""`media-gen-ids status`: what has its id, what is left, and the runs."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common_options import AsJson, Database, Desktop, load_settings, require_writable
from app.cli.exit_codes import DONE
from app.cli.look import Look
from app.console.exposition import exposition
from app.console.printing import drawn, print_json, print_lines, print_text, show, write_file
from app.console.tables import before_counting, brief_line, status_view
from app.console.watching import is_watchable, watch
from app.errors import ConfigurationError
from app.reports.metrics import read_metrics
from app.reports.status import SHOWN_RUNS
from app.reports.untouched import database_as_it_is

logger = logging.getLogger(__name__)


def status(  # noqa: PLR0913  # one parameter an option
    *,
    database: Database = None,
    desktop: Desktop = False,
    exact: Annotated[bool, typer.Option("--exact", help="Count every row, however large the table is.")] = False,
    runs: Annotated[
        int, typer.Option("--runs", min=1, metavar="N", help="Show so many of the newest runs.", show_default=True)
    ] = SHOWN_RUNS,
    brief: Annotated[bool, typer.Option("--brief", help="Print one line.")] = False,
    watched: Annotated[bool, typer.Option("--watch", help="Draw it every two seconds, until you type q.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Draw it into an SVG file too.")] = None,
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
    _require_one_form(forms, svg)
    settings = load_settings(database=database, desktop=desktop)
    if svg is not None:
        require_writable("--svg", svg, settings.database_url)
    with database_as_it_is(settings.database_url) as engine, engine.connect() as connection:
        look = Look(connection, settings.database_url, exact=exact, runs=runs)
        if watched:
            watch(look.again)
        elif brief:
            print_lines(brief_line(look.whole(look.running())))
        elif as_json:
            _print_json(look, svg)
        elif prometheus:
            print_text(exposition(read_metrics(connection, look.whole(look.running()))))
        else:
            _show(look, svg)
    return DONE


def _require_one_form(chosen: dict[str, bool], svg: Path | None) -> None:
    """Raise ConfigurationError for options that do not go together, and for a --watch that nobody would see."""
    named = [name for name, is_chosen in chosen.items() if is_chosen]
    if len(named) > 1:
        raise ConfigurationError(named[1], f"not together with {named[0]}; choose one")
    if chosen["--watch"] and svg is not None:
        raise ConfigurationError("--svg", "not together with --watch; choose one")
    if chosen["--watch"] and not is_watchable():
        raise ConfigurationError("--watch", "there is no terminal to draw on; leave it out, or use --brief")


def _print_json(look: Look, svg: Path | None) -> None:
    found = look.whole(look.running())
    if svg is not None:
        write_file("--svg", svg, drawn(status_view(found), title="media-gen-ids status"))
    print_json(found.as_dict())
    if found.untouched:
        logger.info(found.untouched)


def _show(look: Look, svg: Path | None) -> None:
    """Show what is known at once, then what takes longer."""
    running = look.running()
    if running is not None:
        show(before_counting(running))
    found = look.whole(running)
    if svg is not None:
        write_file("--svg", svg, drawn(status_view(found), title="media-gen-ids status"))
    show(status_view(found, without_run=True))
