"""Views: status as a person sees it. Builds; app.console.printing prints."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from app.backfill.ledger.runs import RETRY_WALK
from app.console.durations import about, moment_text
from app.console.fitting import Facts
from app.console.run_sentences import blockers_text, running_sentence
from app.console.visible import visible
from app.reports.blockers import Blocker
from app.reports.coverage import Coverage
from app.reports.running import RunningRun
from app.reports.status import Status

BAR_CELLS: Final = 12
WORDS: Final = frozenset({"", "reason", "by", "state", "started (UTC)"})
"""Columns of words; in all others stand numbers."""
SHOWN_MONTHS: Final = 24


def status_view(status: Status, *, without_run: bool = False) -> RenderableType:
    """Return what a run does at this moment, coverage, what is left by reason, and the runs.

    `without_run`: that was shown before the rows were counted, but for how long it has left.
    """
    parts: list[RenderableType] = []
    if status.untouched:
        parts.append(Text(f"{status.untouched[0].upper()}{status.untouched[1:]}.\n"))
    if status.running is not None and not without_run:
        parts.append(before_counting(status.running))
    elif status.running is not None and status.running.seconds_left is not None:
        parts.append(Text(f"{about(status.running.seconds_left).capitalize()} left (estimate)"))
    if status.locked_by is None:
        parts.append(_coverage_table(status))
    else:
        parts.append(Text(locked_sentence(status.locked_by)))
    if status.estimated:
        parts.append(Text("Rows are an estimate from a sample of the table; --exact counts them.\n"))
    if status.reasons:
        parts += [Text("Left without an id by the newest run", "bold"), _reasons_table(status.reasons)]
    parts += [Text("Runs", "bold"), _runs_table(status) if status.passes else Text("none yet\n")]
    return Group(*parts)


def before_counting(running: RunningRun) -> RenderableType:
    """Return what is known at once, however long the rows take to be counted."""
    return Text(f"{running_sentence(running)}.\n")


def brief_line(status: Status) -> str:
    """Return the status in one line."""
    total = status.total
    counted = (
        f"{total.with_id:,} with id, {total.pending:,} pending, {total.nothing_to_recover:,} with nothing to recover,"
        f" {total.failed:,} failed"
    )
    rows = counted if status.locked_by is None else locked_sentence(status.locked_by).strip()
    if status.untouched:
        return f"{status.untouched}; {rows}"
    if status.running is not None:
        return f"{running_sentence(status.running)}; {rows}"
    newest = next(iter(status.passes), None)
    return rows if newest is None else f"Run {newest.last} {newest.state} {moment_text(newest.ended_at)} UTC; {rows}"


def locked_sentence(holders: Sequence[Blocker]) -> str:
    """Return that the rows could not be counted, and because of whom, as far as that was seen."""
    by = f" by {blockers_text(holders)}" if holders else ""
    return f"The table is locked{by}: how many rows have their id cannot be told now.\n"


def _coverage_table(status: Status) -> RenderableType:
    table = Facts("", "", "with id", "pending", "nothing to\nrecover", "failed", "rows", words=WORDS)
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


def _reasons_table(reasons: Mapping[str, int]) -> Facts:
    table = Facts("reason", "rows", words=WORDS)
    for reason, rows in reasons.items():
        table.add_row(reason, f"{rows:,}")
    return table


def _runs_table(status: Status) -> RenderableType:
    table = Facts("run", "by", "state", "started (UTC)", "time", "synced", "skipped", "failed", words=WORDS)
    errors = []
    for one in status.passes:
        name = str(one.last) if one.runs == 1 else f"{one.first}-{one.last}"
        kind = " (failed rows)" if one.walk == RETRY_WALK else f" ({one.runs} runs)" if one.runs > 1 else ""
        counts = (f"{rows:,}" for rows in (one.synced, one.skipped, one.failed))
        started, took = moment_text(one.started_at), f"{one.seconds:,.1f} s"
        table.add_row(name, f"{one.origin}{kind}", one.state, started, took, *counts)
        if one.error:
            errors.append(Text(f"Run {one.last} {one.state}: {visible(one.error)}"))
    return Group(table, *errors)
