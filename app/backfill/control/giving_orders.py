"""Giving orders: writes what people want of the active run into its row in the ledger, where the run reads it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.backfill.control.orders import Order, read_orders, write_orders
from app.backfill.errors import NoActiveRunError
from app.backfill.ledger.runs import RUNS, select_running
from app.backfill.ledger.started_by import person
from app.backfill.transactions import Transactions
from app.database.living import lives
from app.database.timestamps import now


class ActiveRun(NamedTuple):
    """The run that was given an order, and its orders before."""

    id: int
    origin: str
    walk: str
    started_by: str
    orders: Mapping[str, Order]


def give_orders(connection: sa.Connection, backfill: str, wanted: Mapping[str, Any]) -> ActiveRun:
    """Write orders into the row of the newest run of a backfill that goes on, in one short transaction.

    Returns the run with its orders before. Raises NoActiveRunError if no run is recorded as running, or if the recorded
    run was killed: see app.database.living. The run follows the orders after its current batch.
    """
    with connection.begin():
        recorded = connection.execute(select_running(backfill)).first()
        is_alive = recorded is not None and lives(connection, recorded.host, recorded.process)
    with Transactions(connection, owned_by_caller=False).write() as writing:
        row = writing.execute(select_running(backfill).with_for_update()).first()
        if row is None or not is_alive:
            raise NoActiveRunError(None if row is None else row.id)
        before, given = read_orders(row.orders), now()
        orders = {**before, **{name: Order(value, person(), given) for name, value in wanted.items()}}
        writing.execute(sa.update(RUNS).where(RUNS.c.id == row.id).values(orders=write_orders(orders)))
    return ActiveRun(row.id, row.origin, row.walk, f"{row.user_name}@{row.host}, process {row.process}", before)
