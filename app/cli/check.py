"""`media-gen-ids check`: whether revisions, schema and rows are as they must be."""

import time
from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

import typer

from app.cli.common_options import AsJson, Database, Desktop, VersionTable, load_settings
from app.cli.exit_codes import DONE, NOT_WELL
from app.console.check_formats import github, junit
from app.console.printing import print_finding, print_json, print_lines, print_text
from app.database.engines import existing_database
from app.database.urls import without_secrets
from app.errors import ConfigurationError, MediaIdsError
from app.migration.scripts import revisions
from app.reports.findings import Finding
from app.reports.health import check_database
from app.settings import Settings

Format: TypeAlias = Literal["text", "json", "junit", "github"]


def check(  # noqa: PLR0913  # one parameter an option
    *,
    database: Database = None,
    desktop: Desktop = False,
    version_table: VersionTable = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Catalogue, statistics and ledger alone: no pass over the table.")
    ] = False,
    form: Annotated[
        Format | None,
        typer.Option("--format", metavar="text|json|junit|github", help="junit: XML; github: annotations."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """For CI and deploy gates: is the database where the code expects it? Reads only.

    Looks for one head, the database at head, a schema that agrees with the models, ids that could still be recovered
    (--quick: whether the last run is done), an id on two rows, invalid indexes and constraints, and a run that was
    killed. Exit codes: 0 all is well; 1 something is to be done; 2 it could not look.
    """
    if as_json and form not in {None, "json"}:
        raise ConfigurationError("--format", "not together with --json; choose one")
    settings = load_settings(database=database, desktop=desktop, version_table=version_table)
    shown = Shown("json" if as_json else form or "text")
    try:
        shown.add_all(look(settings, quick=quick))
    except MediaIdsError as error:
        shown.end(without_secrets(str(error), [settings.database_url]))
        raise
    shown.end()
    return DONE if shown.all_well else NOT_WELL


def look(settings: Settings, *, quick: bool) -> Iterable[Finding]:
    """Yield what is found in the database of the settings."""
    scripts = revisions()
    with existing_database(settings.database_url) as engine, engine.connect() as connection:
        yield from check_database(connection, scripts, settings.version_table, quick=quick)


class Shown:
    """Findings in one of the formats: lines at once, since the next may take its time, and documents at the end."""

    def __init__(self, form: Format) -> None:
        """Take the format."""
        self._form = form
        self._findings: list[tuple[Finding, float]] = []

    @property
    def all_well(self) -> bool:
        """Whether nothing is to be done."""
        return all(finding.ok for finding, _ in self._findings)

    def add_all(self, findings: Iterable[Finding]) -> None:
        """Print findings as they come, or keep them for the end."""
        began = time.monotonic()
        for finding in findings:
            self._findings.append((finding, time.monotonic() - began))
            if self._form == "github" and not finding.ok:
                print_lines(github(finding.name, finding.facts))
            elif self._form in {"text", "github"}:
                print_finding(finding)
            began = time.monotonic()

    def end(self, error: str = "") -> None:
        """Print a document, where the format is one. `error`: why the look has ended early; stderr has it anyway."""
        if self._form == "junit":
            print_text(junit(self._findings, error) + "\n")
        elif self._form == "github" and error:
            print_lines(github("check could not look", [error]))
        elif self._form == "json" and not error:
            print_json([finding.as_dict() for finding, _ in self._findings])
