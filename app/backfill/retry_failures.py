"""Retry of failures: tries only the rows in the ledger's failures again, once their body or the recipe has changed."""

import logging
from collections.abc import Iterable, Iterator, Mapping

import sqlalchemy as sa

from app.backfill.by_key import statements
from app.backfill.by_key.walk import LOOKED_UP_ROWS, KeyAccess, KeyWalk, chunks
from app.backfill.databases import choose_access
from app.backfill.judge import Row, digest
from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.runs import RETRY_WALK
from app.backfill.light_tables import table_of
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.recipe import Recipe
from app.backfill.refusals import require_fillable
from app.backfill.report import Report
from app.backfill.rows import Span, Window
from app.backfill.run import Run
from app.backfill.transactions import Transactions
from app.database.column_types import find_types
from app.signals import StopRequest

logger = logging.getLogger(__name__)


def retry_failed(  # noqa: PLR0913  # what it works with, and who listens
    connection: sa.Connection,
    recipe: Recipe,
    options: Options,
    *,
    everything: bool,
    listener: Listener | None = None,
    stop: StopRequest | None = None,
) -> Report:
    """Try the failed rows again, and return what was done.

    Only rows whose body, or whose recipe's version, has changed since they failed are tried; with `everything` all are.
    A
    row that is filled, gone, or no longer a failure leaves the list. An interrupted run over the whole table resumes at
    the same place as before.
    """
    transactions = Transactions(connection, owned_by_caller=False)
    with transactions.read() as reading:
        require_fillable(reading, recipe)
        table = table_of(recipe, find_types(reading, recipe.table))
        walk = FailuresWalk(recipe, table, choose_access(reading, recipe), everything=everything)
    run = Run(
        walk=walk,
        options=options,
        listener=listener or Listener(),
        stop=stop or StopRequest(),
        connections=[transactions],
        recipe=recipe,
    )
    report = run.look() if options.dry_run else run.fill("sync")
    if walk.left_alone:
        logger.info("%d failures left alone: neither answer nor extractor has changed (--all)", walk.left_alone)
    return report


class FailuresWalk(KeyWalk):
    """Windows of the ledger's failures, in the order of their ids. Rows are always read once more under the lock."""

    is_whole = False
    looks_ahead = False

    def __init__(self, recipe: Recipe, table: sa.Table, access: KeyAccess, *, everything: bool) -> None:
        """Take what is filled, its table, how its rows are found, and whether to try unchanged rows too."""
        super().__init__(recipe, table, access, name=RETRY_WALK)
        self._everything = everything
        self.left_alone = 0

    def start_sweep(self, connection: sa.Connection) -> None:
        """Prepare nothing."""

    def read(
        self,
        connection: sa.Connection,
        span: Span,
        rows: int,
        limit: int | None,
        *,
        is_rest: bool = False,  # noqa: ARG002  # no plan has been before it
    ) -> Window:
        """Read the rows of the next failures, up to `rows`."""
        wanted = rows if limit is None else min(rows, limit)
        listed = self._listed(connection, span.start, wanted)
        window = Window(cursor=list(listed)[-1] if len(listed) == wanted else None)
        tried = _Tried()
        for names in chunks(list(listed), LOOKED_UP_ROWS):
            statement = statements.select_pending(
                self._table, self._key, self._body, self._access.names.find(names), self._access.names.columns
            )
            part, _ = self._judged(connection, statement, lambda rows: self._changed(rows, listed, tried))
            window.recovered += part.recovered
            window.skips += part.skips
            window.failures += part.failures
        window.batches = [window.recovered] if window.recovered else []
        window.over = self._over(listed, tried, window)
        return window

    def _over(self, listed: Iterable[str], tried: "_Tried", window: Window) -> list[str]:
        """Return the names of the failures whose rows are gone, or are no longer failures."""
        gone = [name for name in listed if name not in tried.there]
        still = {failure.name for failure in window.failures} | {
            self.name_of(row.row_id, row.locator) for row in window.recovered
        }
        return [*gone, *(name for name in tried.again if name not in still)]

    def _listed(self, connection: sa.Connection, cursor: str | None, rows: int) -> Mapping[str, tuple[str | None, int]]:
        """Return (digest of the body that failed, version of the extractor) by the row's name."""
        columns = (FAILURES.c.row_name, FAILURES.c.body_digest, FAILURES.c.extractor_version)
        ours = FAILURES.c.backfill == self._recipe.name
        statement = sa.select(*columns).where(ours).order_by(FAILURES.c.row_name).limit(rows)
        if cursor is not None:
            statement = statement.where(FAILURES.c.row_name > cursor)
        return {row[0]: (row[1], row[2]) for row in connection.execute(statement)}

    def _changed(
        self, rows: Iterable[Row], listed: Mapping[str, tuple[str | None, int]], tried: "_Tried"
    ) -> Iterator[Row]:
        """Yield the rows that are worth another try, and note every row that is there."""
        for row in rows:
            at = len(self._recipe.reads)
            name, body = self.name_of(row[0], tuple(row[at + 1 :])), row[at]
            tried.there.add(name)
            if name not in listed:
                continue
            if self._everything or listed[name] != (digest(body), self._recipe.version):
                tried.again.append(name)
                yield row
            else:
                self.left_alone += 1


class _Tried:
    """The names of the failures in a window: those whose rows are there, and those that are tried again."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.again: list[str] = []
