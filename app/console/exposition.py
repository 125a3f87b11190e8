"""Exposition: metrics as Prometheus reads them, in version 0.0.4 of its text format. Pure."""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Final

from app.backfill.ledger.history import BUCKETS
from app.reports.metrics import Metrics

ROWS: Final = "backfill_rows_total"
PENDING: Final = "backfill_rows_pending"
BATCHES: Final = "backfill_batch_duration_seconds"
LAST_PROGRESS: Final = "backfill_last_progress_timestamp_seconds"
RUNNING: Final = "backfill_running"
WAITING: Final = "backfill_waiting"
FAMILIES: Final[Mapping[str, tuple[str, str]]] = {
    ROWS: (
        "counter",
        "Rows by outcome, over all runs. Rows that are skipped or have failed count when a run ends, once a pass.",
    ),
    PENDING: ("gauge", "Rows that the next run looks at; in a large table an estimate. Absent while it is locked."),
    BATCHES: ("histogram", "Time that a transaction took which has filled rows, over all runs."),
    LAST_PROGRESS: ("gauge", "When a run last committed something; absent before the first run."),
    RUNNING: ("gauge", "1 while a run goes on, also if it waits or is paused; 0 if there is none, or it is gone."),
    WAITING: ("gauge", "1 while the run that goes on waits for somebody, or is paused."),
}
"""The type and the help text of each metric."""


def exposition(metrics: Metrics) -> str:
    """Return the metrics as text; a family that there is nothing to say of is left out."""
    samples = {
        ROWS: [_sample(ROWS, rows, metrics, outcome=outcome) for outcome, rows in metrics.rows.items()],
        PENDING: [] if metrics.pending is None else [_sample(PENDING, metrics.pending, metrics)],
        BATCHES: list(_histogram(metrics)),
        LAST_PROGRESS: list(_last_progress(metrics)),
        RUNNING: [_sample(RUNNING, int(metrics.running), metrics)],
        WAITING: [_sample(WAITING, int(metrics.waiting), metrics)],
    }
    return "".join(f"{line}\n" for name, lines in samples.items() if lines for line in (*_head(name), *lines))


def _head(name: str) -> tuple[str, str]:
    kind, told = FAMILIES[name]
    return f"# HELP {name} {told}", f"# TYPE {name} {kind}"


def _histogram(metrics: Metrics) -> Iterator[str]:
    """Yield how many batches took no longer than each bound."""
    counts = [metrics.batches.get(bucket, 0) for bucket in BUCKETS]
    for bucket, count in zip(BUCKETS, accumulate(counts), strict=True):
        yield _sample(f"{BATCHES}_bucket", count, metrics, le=bucket)
    yield _sample(f"{BATCHES}_sum", metrics.batch_seconds, metrics)
    yield _sample(f"{BATCHES}_count", sum(counts), metrics)


def _last_progress(metrics: Metrics) -> Iterator[str]:
    if metrics.last_progress is not None:
        yield _sample(LAST_PROGRESS, round(metrics.last_progress.timestamp(), 3), metrics)


def _sample(name: str, value: float, metrics: Metrics, **labels: str) -> str:
    named = {"backfill": metrics.backfill, **labels}
    written = ",".join(f'{label}="{_escaped(text)}"' for label, text in named.items())
    return f"{name}{{{written}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
