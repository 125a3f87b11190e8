"""A run that people have a hand on, in this process: what it is told is told between two of its batches."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.backfill.control.giving_orders import give_orders
from app.backfill.engine import backfill
from app.backfill.ledger.runs import RUNS
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.report import Report
from app.backfill.rows import Recovered
from app.database.engines import make_engine
from app.database.lock import only_one
from app.signals import StopRequest
from app.videos.recipe import MEDIA_IDS
from tests.support.tables import execute, query

LAST_RUN = f"FROM {RUNS.name} ORDER BY id DESC LIMIT 1"


def tell_run(url: str, wanted: Mapping[str, Any]) -> None:
    """Give orders to the run that goes on, from a connection of its own."""
    engine = make_engine(url)
    with engine.connect() as connection:
        give_orders(connection, MEDIA_IDS.name, wanted)


class Hand(Listener):
    """Does something after the first batch, and something when the run is paused; keeps the sizes of batches."""

    def __init__(self, first: Callable[[], None] | None = None, when_paused: Callable[[], None] | None = None) -> None:
        """Take what to do."""
        self.sizes: list[int] = []
        self.paused_by: list[str] = []
        self._first = first
        self._when_paused = when_paused

    def filled(self, rows: Sequence[Recovered]) -> None:
        """Keep the size of a batch that is committed; after the first, do what is to be done."""
        self.sizes.append(len(rows))
        if len(self.sizes) == 1 and self._first is not None:
            self._first()

    def paused(self, by: str, since: datetime) -> None:  # noqa: ARG002
        """Do what is to be done while the run is paused."""
        self.paused_by.append(by)
        if self._when_paused is not None:
            self._when_paused()


def run_with(url: str, hand: Listener, *, stop: StopRequest | None = None, **options: Any) -> Report:  # noqa: ANN401
    """Run a backfill as `sync` does, with a listener."""
    engine = make_engine(url)
    with only_one(engine, 0), engine.connect() as connection:
        return backfill(connection, MEDIA_IDS, Options(**options), origin="sync", listener=hand, stop=stop)


def leave_dead_run(url: str) -> None:
    """Let the rows of the runs say that they go on, as that of a killed one does."""
    execute(url, f"UPDATE {RUNS.name} SET state = 'running'")


def last_run(url: str, *columns: str) -> tuple[Any, ...]:
    """Return columns of the newest run."""
    return query(url, f"SELECT {', '.join(columns)} {LAST_RUN}")[0]
