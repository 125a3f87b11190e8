"""Printing: results on stdout, errors on stderr, files."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, RenderableType

from app.backfill.listener import Listener
from app.backfill.report import Report
from app.console.durations import about
from app.console.errors import print_error, print_remark
from app.console.files import try_to_replace
from app.console.progress import shown_progress
from app.console.record_lines import Listeners, RecordLines
from app.console.streams import is_unicode
from app.console.visible import visible, visible_json
from app.database.urls import describe, parse_url
from app.reports.estimate import Estimate
from app.reports.findings import Finding
from app.settings import Settings


@contextmanager
def listening(settings: Settings, verbose: bool, as_json: bool) -> Iterator[Listener]:  # noqa: FBT001
    """Yield what shows a run: its progress and, with --verbose, its records; on a terminal not both at once."""
    records = RecordLines(sys.stderr if as_json else sys.stdout)
    if verbose and settings.log == "text" and (as_json or sys.stdout.isatty()):
        yield records
        return
    with shown_progress(settings.log, database=describe(parse_url(settings.database_url))) as progress:
        yield Listeners(records, progress) if verbose else progress


def print_summary(report: Report) -> None:
    """Print what a run did, in the form that users of the old tool know."""
    print(f"Found {report.found} records to sync")
    print(
        f"📊 Summary:  ✅ Synced {report.synced}   ⏭️ Skipped {report.skipped}   ❌ Failed {report.failed}"
        f"   📈 Total {report.total}"
    )


def print_lines(*lines: str) -> None:
    """Print lines at once."""
    print(*map(visible, lines), sep="\n", flush=True)


def print_text(text: str) -> None:
    """Print a text that has its own ends of lines."""
    print(text, end="")


def print_json(value: object) -> None:
    """Print a value as JSON, in ASCII where stdout takes nothing else."""
    print(to_json(value, ascii_only=not is_unicode(sys.stdout)))


def print_estimate(estimate: Estimate, *, beside_json: bool) -> None:
    """Print about how long a run would take: with the results or, where those are JSON, on stderr."""
    (print_remark if beside_json else print)(f"⏱️  Estimate: {about(estimate.seconds)} ({estimate.basis})")


def print_finding(finding: Finding) -> None:
    """Print what `check` found, at once: the next may take its time."""
    lines = (f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name}", *finding.facts)
    print(*map(visible, lines), sep="\n      - ", flush=True)


def print_csv(fields: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows as CSV with a head line, as they are but on a terminal."""
    if sys.stdout.isatty():
        rows = [{name: visible(str(value)) for name, value in row.items()} for row in rows]
    writer = csv.DictWriter(sys.stdout, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def show(view: RenderableType) -> None:
    """Print a view: in colour on a terminal, plain elsewhere."""
    Console(highlight=False, emoji=False, markup=False).print(view)


def write_file(option: str, file: Path, text: str) -> None:
    """Write a file that an option names. If it cannot be, a line says so: the work is done all the same."""
    if problem := try_to_replace(file, text):
        print_error(f"{option}: {file} could not be written: {problem}")


def to_json(value: object, *, ascii_only: bool = False) -> str:
    """Return a value as JSON, as it is printed and written to files."""
    return visible_json(json.dumps(value, indent=2, ensure_ascii=ascii_only))
