"""Look: what `status` reads of a database, once or again and again."""

import time
from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from app.database.urls import describe, parse_url
from app.reports.metrics import Metrics, read_metrics
from app.reports.overview import Overview, read_overview
from app.reports.running import RunningRun, find_running
from app.reports.status import Status, read_status_of

COUNTING_SHARE: Final = 0.1
"""The rows are counted again when counting has taken a tenth of the time since."""


class Look:
    """A look at a database, in two steps: what is known at once, and what has to be counted."""

    def __init__(self, connection: sa.Connection, url: str, *, exact: bool, runs: int) -> None:
        """Take the database, whether every row is to be counted, and how many runs are to be shown."""
        self._connection = connection
        self._url = url
        self._exact = exact
        self._runs = runs
        self._last = Status()
        self._due = 0.0
        self._overview: Overview | None = None

    def running(self) -> RunningRun | None:
        """Return what the run does that goes on."""
        return find_running(self._connection, self._url)

    def whole(self, running: RunningRun | None) -> Status:
        """Return all, with the run as it is known by now."""
        began = time.monotonic()
        self._last = read_status_of(
            self._connection, self._url, exact=self._exact, running=running, shown_runs=self._runs
        )
        self._connection.rollback()  # whoever looks again and again holds no snapshot meanwhile
        took = time.monotonic() - began
        self._due = time.monotonic() + took / COUNTING_SHARE
        return self._last

    def again(self) -> Status:
        """Return all as it is now, but for rows that were counted a short while ago."""
        running = self.running()
        if time.monotonic() < self._due:
            return replace(self._last, running=running)
        return self.whole(running)

    def overview(self, found: Status) -> Overview:
        """Return what a page shows of a status; the rows that need a person as of when the rows were counted."""
        before = None if found is self._last else self._overview
        self._overview = read_overview(self._connection, describe(parse_url(self._url)), found, before)
        return self._overview

    def metrics(self, found: Status) -> Metrics:
        """Return what a monitoring system is told of a status."""
        return read_metrics(self._connection, found)
