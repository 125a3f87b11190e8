"""The upper part of the page: what a run does at this moment, how far it is, and all rows by what is known of them."""

from collections.abc import Iterator
from typing import Final

from app.console.durations import about, duration
from app.console.markup import Markup, element
from app.console.page.drawings import KINDS, coverage_bar, percent, progress_bar, sign, swatch
from app.console.run_sentences import running_sentence
from app.console.tables import locked_sentence
from app.reports.overview import Overview
from app.reports.running import RunningRun
from app.reports.status import Status

SIGN_OF: Final = {
    "done": "done",
    "running": "running",
    "paused": "paused",
    "waiting": "waiting",
    "partial": "stopped",
    "stopped": "stopped",
    "superseded": "stopped",
    "gone": "broken",
    "failed": "broken",
    "incomplete": "broken",
}
"""By what a run does, or how it ended: the sign and, by its name, the colour."""
WORDS_OF: Final = {"waiting": "waits", "running": "works"}


def state_of(status: Status) -> str:
    """Return what the run that goes on does, else how the newest ended; empty where there was none."""
    if status.running is not None:
        return status.running.condition
    return status.passes[0].state if status.passes else ""


def badge(state: str, words: str | None = None) -> Markup:
    """Return a state as a sign and a word."""
    kind = SIGN_OF.get(state, "none")
    return element("span", sign(kind), words or WORDS_OF.get(state, state) or "no run yet", class_=f"badge {kind}")


def now_section(overview: Overview) -> Markup:
    """Return what happens at this moment, or what has happened last."""
    running = overview.status.running
    parts = [element("p", _sentence(overview.status), class_="sentence")]
    if overview.fraction is not None:
        parts += [_progress(overview.fraction, "of this run" if running else "of all rows looked at")]
    if running is not None:
        parts.append(element("dl", *_facts(running), class_="facts"))
    return element("section", *parts, class_=f"now {SIGN_OF.get(state_of(overview.status), 'none')}")


def _sentence(status: Status) -> str:
    if status.untouched:
        return f"{status.untouched[0].upper()}{status.untouched[1:]}."
    if status.running is not None:
        return _of_run(status.running)
    if not status.passes:
        return "No run yet."
    newest = status.passes[0]
    told = f"Run {newest.last} {newest.state} after {duration(newest.seconds)}"
    return f"{told}: {newest.error}" if newest.error else f"{told}."


def _of_run(run: RunningRun) -> str:
    """Return what is to be said of a run beyond its numbers, which stand below."""
    if run.condition == "running" and not (run.stalled or run.stopping or run.paused_by):
        return f"Run {run.id} works."
    return f"{running_sentence(run)}."


def _progress(fraction: float, of_what: str) -> Markup:
    number = element("strong", percent(fraction))
    return element("div", element("p", number, f" {of_what}"), progress_bar(fraction), class_="progress")


def _facts(running: RunningRun) -> Iterator[Markup]:
    left = "not known yet" if running.seconds_left is None else about(running.seconds_left)
    facts = {
        "rows done": f"{running.rows:,}",
        "rows per second": f"{running.rows_per_second:,.0f}",
        "time left (estimate)": left,
        "last progress": f"{duration(running.silent_seconds)} ago",
        "started by": f"{running.started_by}, process {running.process}",
    }
    for name, value in facts.items():
        yield element("div", element("dt", name), element("dd", value))


def rows_section(status: Status) -> Markup:
    """Return all rows by what is known about them, or who keeps them from being counted."""
    head = element("h2", "Rows")
    if status.locked_by is not None:
        return element("section", head, element("p", locked_sentence(status.locked_by).strip()))
    total = status.total
    told = f"{total.rows:,} rows" + (", estimated from a sample of the table" if status.estimated else "")
    legend = element("ul", *(_legend(status, kind, words) for kind, words in KINDS.items()), class_="legend")
    return element("section", head, element("p", told), coverage_bar(total), legend)


def _legend(status: Status, kind: str, words: str) -> Markup:
    rows = getattr(status.total, kind)
    share = percent(rows / status.total.rows) if status.total.rows else "0 %"
    return element("li", swatch(kind), element("strong", f"{rows:,}"), element("span", words), element("small", share))
