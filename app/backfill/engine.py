"""Engine: the entry point, which fills the column of a table, or raises why it cannot."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.recipe import Recipe
from app.backfill.refusals import require_fillable
from app.backfill.report import Origin, Report
from app.backfill.run import Run
from app.backfill.supported import require_supported
from app.backfill.transactions import Transactions
from app.signals import StopRequest


def backfill(  # noqa: PLR0913  # what it works with, and who listens
    connection: sa.Connection,
    recipe: Recipe,
    options: Options,
    *,
    origin: Origin,
    listener: Listener | None = None,
    stop: StopRequest | None = None,
    owned_by_caller: bool = False,
) -> Report:
    """Fill a recipe's column, and return what was done.

    `connection` must not be in a transaction, unless `owned_by_caller`:
    then nothing is committed on it. A row that cannot be read or written is recorded as a failure and does not stop
    the run. The caller holds the lock of app.database.lock. Raises UnsupportedTableError for a table that cannot be
    filled rightly, DBAPIError when the database cannot go on (all finished batches are kept), RunSupersededError when
    another run took over, ConfigurationError for options that this database does not have.
    """
    require_supported(connection, options, owned_by_caller=owned_by_caller)
    transactions = Transactions(connection, owned_by_caller=owned_by_caller)
    with transactions.read() as reading:
        walk = require_fillable(reading, recipe, writes=not options.dry_run)
    workers = 1 if options.dry_run else options.workers
    with ExitStack() as stack:
        stack.enter_context(_modules_left_alone())

        def another() -> Transactions:
            return Transactions(stack.enter_context(connection.engine.connect()), owned_by_caller=False)

        def another_at_once() -> Transactions:
            _require_room(connection.engine.pool)
            return another()

        run = Run(
            walk=walk,
            options=options,
            listener=listener or Listener(),
            stop=stop or StopRequest(),
            connections=[transactions, *(another() for _ in range(1, workers))],
            recipe=recipe,
            another=None if owned_by_caller else another_at_once,
        )
        return run.look() if options.dry_run else run.fill(origin)


@contextmanager
def _modules_left_alone() -> Iterator[None]:
    """Keep the garbage collector from looking through all loaded modules again and again while rows are read."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _require_room(pool: sa.Pool) -> None:
    """Raise TimeoutError, at once, where a pool has no connection to hand out.

    Whoever waits in its queue would get the one that the run itself loses, or gives back at its end.
    """
    if isinstance(pool, QueuePool) and pool.size() > 0:
        most_more = pool._max_overflow  # noqa: SLF001  # the pool tells it nowhere else
        if 0 <= most_more <= pool.checkedout() - pool.size():
            raise sa.exc.TimeoutError(f"the pool has no more than {pool.size() + most_more} connections")
