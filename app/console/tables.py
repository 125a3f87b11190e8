"""Views: status as a person sees it, 80 columns wide. Builds; app.console.printing prints."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.backfill.ledger import RETRY_WALK
from app.console.durations import about, duration, moment_text
from app.reports.coverage import Coverage
from app.reports.status import RunningRun, Status

BAR_CELLS: Final = 12
WORDS: Final = frozenset({"", "reason", "by", "state", "started (UTC)"})
"""Columns of words; in all others stand numbers."""
TABLE_LINES: Final = box.Box("    \n    \n ── \n    \n ── \n ── \n    \n    \n")
"""A line below the head and between sections."""
SHOWN_MONTHS: Final = 24


def status_view(status: Status) -> RenderableType:
    """Return coverage, what is left by reason, and the runs."""
    parts: list[RenderableType] = [_coverage_table(status)]
    if status.untouched:
        parts.insert(0, Text(f"{status.untouched[0].upper()}{status.untouched[1:]}.\n"))
    if status.estimated:
        parts.append(Text("Rows are an estimate from a sample of the table; --exact counts them.\n"))
    if status.reasons:
        parts += [Text("Left without an id by the newest run", "bold"), _reasons_table(status.reasons)]
    parts += [Text("Runs", "bold"), _runs_table(status.runs) if status.runs else Text("none yet\n")]
    if status.running is not None:
        parts.append(Text(running_sentence(status.running)))
    return Group(*parts)


def running_sentence(run: RunningRun) -> str:
    """Return what is known about a run that has not ended."""
    left = "" if run.seconds_left is None else f", {about(run.seconds_left)} left (estimate)"
    speed = f"Run {run.id}: {run.rows:,} rows done, {run.rows_per_second:,.0f} rows/s{left}"
    if not run.stalled:
        return f"{speed}; last progress {duration(run.silent_seconds)} ago"
    silence = f"no progress for {duration(run.silent_seconds)}"
    return f"{speed}\n{silence}: it waits, or was killed; the next run goes on where it stopped"


def _coverage_table(status: Status) -> RenderableType:
    table = _table("", "", "with id", "pending", "nothing to\nrecover", "failed", "rows")
    months = list(status.by_month.items())
    for rows in (status.by_status.items(), months[-SHOWN_MONTHS:], [("all", status.total)]):
        for name, coverage in rows:
            table.add_row(name, *_cells(coverage))
        table.add_section()
    hidden = len(months) - SHOWN_MONTHS
    return table if hidden <= 0 else Group(table, Text(f"{hidden} earlier months: see --json\n"))


def _cells(coverage: Coverage) -> list[str]:
    numbers = (coverage.with_id, coverage.pending, coverage.nothing_to_recover, coverage.failed, coverage.rows)
    return [_bar(coverage.with_id, coverage.rows), *(f"{number:,}" for number in numbers)]


def _bar(part: int, whole: int) -> str:
    """Return a bar that is full only if nothing is missing, and empty only if nothing is there."""
    cells = round(BAR_CELLS * part / whole) if whole else 0
    if 0 < part < whole:
        cells = min(max(cells, 1), BAR_CELLS - 1)
    return "█" * cells + "░" * (BAR_CELLS - cells)


def _reasons_table(reasons: Mapping[str, int]) -> Table:
    table = _table("reason", "rows")
    for reason, rows in reasons.items():
        table.add_row(reason, f"{rows:,}")
    return table


def _runs_table(runs: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("run", "by", "state", "started (UTC)", "time", "synced", "skipped", "failed")
    for run in runs:
        counts = (f"{run[name]:,}" for name in ("synced", "skipped", "failed"))
        started = moment_text(run["started_at"])
        by = f"{run['origin']} (failed rows)" if run["walk"] == RETRY_WALK else run["origin"]
        table.add_row(str(run["id"]), by, run["state"], started, f"{run['seconds']:.1f} s", *counts)
    return table


def _table(*columns: str) -> Table:
    """Return a table whose numbers stand on the right, with an empty line below."""
    table = Table(box=TABLE_LINES, padding=(0, 1, 0, 0), show_edge=True)
    for column in columns:
        justify: Literal["left", "right"] = "left" if column in WORDS else "right"
        table.add_column(column, justify=justify, no_wrap=True)
    return table
