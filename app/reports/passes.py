"""Passes: each a run over the table, together with the runs before it that stopped early and that it resumed. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.backfill.ledger.runs import DONE, RETRY_WALK


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One pass, or one retry of the failures; counts and times are those of its runs together."""

    first: int
    last: int
    """The numbers of its first and of its newest run."""
    runs: int
    origin: str
    """Of the newest run, as its walk, its state and what ended it."""
    walk: str
    state: str
    error: str | None
    started_at: datetime
    ended_at: datetime
    """Or its newest progress."""
    seconds: float
    synced: int
    skipped: int
    failed: int


def group_passes(runs: Iterable[Mapping[str, Any]]) -> list[Pass]:
    """Return the passes, newest first, of runs that are told newest first."""
    groups: list[list[Mapping[str, Any]]] = []
    current: list[Mapping[str, Any]] = []
    for run in reversed(list(runs)):
        if run["walk"] == RETRY_WALK:
            groups.append([run])
            continue
        if not current or current[-1]["state"] == DONE or current[-1]["walk"] != run["walk"]:
            current = []
            groups.append(current)
        current.append(run)
    return sorted(map(_pass, groups), key=lambda one: one.last, reverse=True)


def _pass(runs: Sequence[Mapping[str, Any]]) -> Pass:
    newest = runs[-1]
    return Pass(
        first=runs[0]["id"],
        last=newest["id"],
        runs=len(runs),
        origin=newest["origin"],
        walk=newest["walk"],
        state=newest["state"],
        error=newest["error"],
        started_at=runs[0]["started_at"],
        ended_at=newest["finished_at"] or newest["progress_at"],
        seconds=sum(run["seconds"] for run in runs),
        synced=sum(run["synced"] for run in runs),
        skipped=sum(run["skipped"] for run in runs),
        failed=_failed(runs),
    )


def _failed(runs: Sequence[Mapping[str, Any]]) -> int:
    """Return the rows that failed: the run that came to the end tells all that the ledger has, the others their own."""
    newest = runs[-1]
    return int(newest["failed"]) if newest["state"] == DONE else sum(run["failed"] for run in runs)
