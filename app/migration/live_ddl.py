"""DDL on a table in use: the application must not queue for long behind a statement that waits for its lock."""

import logging
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.database.events import seldom_told
from app.migration.errors import StoppedBySignalError
from app.signals import stop_on_signals

logger = logging.getLogger(__name__)


def alter_table_in_use(connection: sa.Connection, change: Callable[[], object]) -> None:
    """Change a table, on PostgreSQL waiting for its lock a moment at a time, for a minute in all.

    A waiting ALTER TABLE queues every later query of the application behind it; so it gives up soon, lets them
    through, and tries again. Raises what `wait_for_lock` does.
    """
    from app.backfill.transactions import TIMEOUTS, set_locally  # noqa: PLC0415  # a database that stands at head needs none of it

    if connection.dialect.name != "postgresql":
        change()  # SQLite has one lock for all; app.migration.transactional_ddl waits for it
        return

    def once() -> None:
        with connection.begin_nested():
            set_locally(connection, TIMEOUTS)
            change()

    wait_for_lock(once)


def wait_for_lock(action: Callable[[], object]) -> None:
    """Do it, trying again for a minute while somebody else holds the lock.

    Raises DBAPIError when it is never free, StoppedBySignalError when a signal asked to stop meanwhile.
    """
    from app.backfill.control.retrying import attempt  # noqa: PLC0415  # a database that stands at head needs none of it

    with stop_on_signals() as stop:
        try:
            attempt(action, stop, seldom_told(logger, "waiting to change the table"))
        except DBAPIError:
            if stop.signal_number is None:
                raise
    if stop.signal_number is not None:
        raise StoppedBySignalError(stop.signal_number)
