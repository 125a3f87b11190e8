"""The lower part of the page: what is left and why, coverage, runs, and rows that a person must look at."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from app.backfill.ledger.runs import RETRY_WALK
from app.console.durations import duration, moment_text
from app.console.markup import Markup, element, joined
from app.console.page.drawings import coverage_bar, rate_chart, rates_in_words
from app.console.page.now import badge
from app.database.timestamps import format_timestamp
from app.reports.coverage import Coverage
from app.reports.failures import MEANINGS, Failure
from app.reports.overview import Failing
from app.reports.passes import Pass
from app.reports.rates import Rates

SHOWN_MONTHS: Final = 24
NOTHING_TO_RECOVER: Final = {
    "no_operations": "the stored answer tells of no video",
    "media_contract": "an answer of the newer form, which carries no such id",
    "generation_failed": "the video was not made",
    "not_finished": "the video was not finished when the answer was stored",
    "no_media_generation_id": "the video is finished, and its answer has no id",
}
"""What the other reasons say, for people."""
NUMBERS: Final = frozenset({"rows", "with id", "pending", "nothing to recover", "failed", "synced", "skipped", "time"})
"""Columns whose values stand on the right."""
KINDS_OF_COLUMNS: Final = {
    "bar": "bars",
    "run": "short",
    "started (UTC)": "short",
    "first seen (UTC)": "short",
    "reason": "short",
    "id": "id",
    "detail": "prose",
    "meaning": "prose",
    "state": "prose",
    "by": "prose",
}
"""What else page.css treats alike: what is not wrapped, and what needs a line of its own on a narrow screen."""


def rate_section(rates: Rates | None) -> Markup:
    """Return how fast the newest run went that was long enough."""
    head = element("h2", "Rate")
    if rates is None:
        return element("section", head, element("p", "No run has gone on for long enough to show its course."))
    told = f"Run {rates.run}, {rates.moment(0):%Y-%m-%d} (UTC): {rates_in_words(rates)}"
    return element("section", head, element("p", told), rate_chart(rates))


def reasons_section(reasons: Mapping[str, int]) -> Markup:
    """Return the rows that the newest run left, by reason."""
    head = element("h2", "Left without an id by the newest run")
    if not reasons:
        return element("section", head, element("p", "None."))
    meanings = {**NOTHING_TO_RECOVER, **MEANINGS}
    rows = [
        {"reason": element("code", reason), "rows": f"{count:,}", "meaning": meanings.get(reason, "")}
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1])
    ]
    return element("section", head, _table(rows, class_="pairs"))


def coverage_section(title: str, groups: Mapping[str, Coverage]) -> Markup:
    """Return the rows of each group, the newest months where there are many."""
    shown = list(groups.items())[-SHOWN_MONTHS:]
    hidden = len(groups) - len(shown)
    more = element("p", f"{hidden} earlier: see status --json") if hidden else ""
    table = _table([_coverage(*group) for group in shown], class_="coverage")
    return element("section", element("h2", title), table, more)


def _coverage(name: str, coverage: Coverage) -> dict[str, str]:
    return {
        "": name,
        "bar": coverage_bar(coverage),
        "with id": f"{coverage.with_id:,}",
        "pending": f"{coverage.pending:,}",
        "nothing to recover": f"{coverage.nothing_to_recover:,}",
        "failed": f"{coverage.failed:,}",
        "rows": f"{coverage.rows:,}",
    }


def runs_section(passes: Iterable[Pass]) -> Markup:
    """Return the newest runs."""
    rows = list(map(_run, passes))
    return element("section", element("h2", "Runs"), _table(rows) if rows else element("p", "None yet."))


def _run(one: Pass) -> dict[str, str]:
    name = str(one.last) if one.runs == 1 else f"{one.first}-{one.last}"
    kind = " (failed rows)" if one.walk == RETRY_WALK else f" ({one.runs} runs)" if one.runs > 1 else ""
    error = element("small", one.error, class_="error") if one.error else ""
    return {
        "run": name,
        "by": f"{one.origin}{kind}",
        "state": joined(badge(one.state, one.state), error),
        "started (UTC)": _moment(one.started_at),
        "time": duration(one.seconds),
        "synced": f"{one.synced:,}",
        "skipped": f"{one.skipped:,}",
        "failed": f"{one.failed:,}",
    }


def failures_section(failing: Failing | None) -> Markup:
    """Return the oldest failures, and where the others are to be found."""
    head = element("h2", "Rows that need a person")
    if failing is None:
        return element("section", head, element("p", "The table is locked: they cannot be told now."))
    if not failing.shown:
        return element("section", head, element("p", "None."))
    told = f"{failing.rows:,} rows" + (f", {failing.accepted:,} of them accepted" if failing.accepted else "")
    hidden = failing.rows - len(failing.shown)
    more = element("p", f"{hidden:,} more: see ", element("code", "media-gen-ids failures")) if hidden else ""
    return element("section", head, element("p", told), _table([_failure(one) for one in failing.shown]), more)


def _failure(failure: Failure) -> dict[str, str]:
    accepted = failure.acceptance
    note = (
        "" if accepted is None else element("small", f"accepted by {accepted.by}: {accepted.note}", class_="accepted")
    )
    return {
        "id": element("code", failure.id),
        "reason": element("code", failure.reason),
        "detail": joined(failure.detail, note),
        "first seen (UTC)": _moment(failure.first_seen),
    }


def _moment(moment: datetime) -> Markup:
    return element("time", moment_text(moment), datetime=format_timestamp(moment))


def _table(rows: Sequence[Mapping[str, str]], *, class_: str | None = None) -> Markup:
    """Return a table whose names stand above it or, where that is too wide, beside each value."""
    names = [element("th", "" if name == "bar" else name, **_column(name), scope="col") for name in rows[0]]
    body = [element("tr", *(element("td", value, **_column(name)) for name, value in row.items())) for row in rows]
    return element("table", element("thead", element("tr", *names)), element("tbody", *body), class_=class_)


def _column(name: str) -> dict[str, object]:
    """Return the attributes of a cell: its name, for narrow screens, and what kind of value it is."""
    kind = "number" if name in NUMBERS else KINDS_OF_COLUMNS.get(name)
    return {"class_": kind, "data_name": None if name in {"", "bar"} else name}
