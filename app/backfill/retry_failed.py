"""Retry of failures: the rows that a person had to look at, and no others, once something about them has changed."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from app.backfill.course import Batch, Committed, Course
from app.backfill.engine import Run
from app.backfill.key_walk import KeyAccess, KeyWalk
from app.backfill.ledger import FAILURES, RETRY_WALK
from app.backfill.listener import Listener
from app.backfill.plan import Options, Recovered, Report, Span, Window
from app.backfill.reading import Row, digest, judge
from app.backfill.statements import generations, pending
from app.backfill.transactions import Transactions
from app.backfill.walk import choose_access
from app.extraction import EXTRACTOR_VERSION
from app.signals import StopRequest

logger = logging.getLogger(__name__)


def retry_failed(  # noqa: PLR0913  # what it works with, and who listens
    connection: sa.Connection,
    model: type[DeclarativeBase],
    options: Options,
    *,
    everything: bool,
    listener: Listener | None = None,
    stop: StopRequest | None = None,
) -> Report:
    """Try the failed rows again, and return what was done.

    Only rows whose answer, or whose extractor's version, is another than when they failed; with `everything` all. A
    row that is filled, gone, or no longer a failure leaves the list. An interrupted run over the whole table resumes
    where it stopped as if this had not been.
    """
    transactions = Transactions(connection, owned_by_caller=False)
    with transactions.read() as reading:
        walk = FailuresWalk(model, choose_access(reading, model), everything=everything)
    run = RetryRun(RetryCourse(walk, options, listener or Listener(), stop or StopRequest()), [transactions])
    report = run.look() if options.dry_run else run.fill("sync")
    if walk.left_alone:
        logger.info("%d failures left alone: neither answer nor extractor has changed (--all)", walk.left_alone)
    return report


class FailuresWalk(KeyWalk):
    """Windows of the ledger's failures, in the order of their ids. Rows are always read once more under the lock."""

    def __init__(self, model: type[DeclarativeBase], access: KeyAccess, *, everything: bool) -> None:
        """Take the mapped class of the table, how its rows are found, and whether to try unchanged rows too."""
        super().__init__(generations(model), access, name=RETRY_WALK)
        self._everything = everything
        self.left_alone = 0
        self.gone: list[str] = []
        """Failures of the last window whose rows have been filled or removed by somebody else."""

    def start_sweep(self, connection: sa.Connection) -> None:
        """Prepare nothing."""

    def read(self, connection: sa.Connection, span: Span, rows: int, limit: int | None) -> Window:
        """Read the rows of the next failures, up to `rows`."""
        wanted = rows if limit is None else min(rows, limit)
        listed = self._listed(connection, span.start, wanted)
        window = Window(cursor=list(listed)[-1] if len(listed) == wanted else None)
        columns = (self._table.c.id, self._table.c.operation_name, self._table.c.scene_id, self._body, *self._key)
        found = sa.select(*columns).where(self._table.c.id.in_(listed), pending(self._table))
        seen: set[str] = set()
        judge(self._changed(connection.execute(found, execution_options=self._streaming), listed, seen), window)
        window.batches = [window.recovered] if window.recovered else []
        self.gone = [generation_id for generation_id in listed if generation_id not in seen]
        return window

    def _listed(self, connection: sa.Connection, cursor: str | None, rows: int) -> Mapping[str, tuple[str | None, int]]:
        """Return (digest of the body that failed, version of the extractor) by the row's id."""
        columns = (FAILURES.c.generation_id, FAILURES.c.body_digest, FAILURES.c.extractor_version)
        statement = sa.select(*columns).order_by(FAILURES.c.generation_id).limit(rows)
        if cursor is not None:
            statement = statement.where(FAILURES.c.generation_id > cursor)
        return {row[0]: (row[1], row[2]) for row in connection.execute(statement)}

    def _changed(
        self, rows: Iterable[Row], listed: Mapping[str, tuple[str | None, int]], seen: set[str]
    ) -> Iterator[Row]:
        """Yield the rows that are worth another try, and note every row that is there."""
        for row in rows:
            seen.add(row[0])
            if self._everything or listed[row[0]] != (digest(row[3]), EXTRACTOR_VERSION):
                yield row
            else:
                self.left_alone += 1


class RetryCourse(Course):
    """The course of a run over failures: each row that is mended leaves the list with its batch."""

    walk: FailuresWalk

    def record(self, connection: sa.Connection, batch: Batch, filled: Sequence[Recovered]) -> Committed:
        """Write into the ledger what a batch did."""
        done = super().record(connection, batch, filled)
        mended = [row.generation_id for row in filled]
        if batch.closes is not None:
            mended += [*(skip.generation_id for skip in batch.closes.skips), *self.walk.gone]
        self.ledger.forget_failures(connection, mended)
        return done


class RetryRun(Run):
    """A run over failures: one sweep."""

    def _another_sweep_is_needed(self) -> bool:
        """No: and since it has not seen the whole table, it forgets no failure that it has not mended."""
        self._whole = False
        return False
