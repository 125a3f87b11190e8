"""Orders: what people want of a run that is going on, as its row in the ledger has them. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from app.database.timestamps import format_timestamp, parse_timestamp

NO_ORDERS: Final = "{}"
"""How a run starts: what was wanted of another one, which may have been killed, is no order for this one."""
PAUSED, CANCELLED, WORKERS = "paused", "cancelled", "workers"
TUNED: Final = ("batch_size", "target_seconds", "nice", WORKERS)
"""What can be changed while a run goes on: as in app.backfill.options."""


class Order(NamedTuple):
    """What is wanted, who said so (`user@host`), and when."""

    value: Any
    by: str
    at: datetime


Orders = Mapping[str, Order]
"""The newest order of each name: `paused`, `cancelled`, and those of TUNED."""


def read_orders(text: str) -> Orders:
    """Return the orders that stand in a run's row."""
    return {
        name: Order(order["value"], order["by"], parse_timestamp(order["at"]))
        for name, order in json.loads(text).items()
    }


def write_orders(orders: Orders) -> str:
    """Return orders as a run's row has them."""
    return json.dumps(
        {
            name: {"value": order.value, "by": order.by, "at": format_timestamp(order.at)}
            for name, order in orders.items()
        }
    )


def in_force(orders: Orders, name: str) -> Order | None:
    """Return the order to pause, or to cancel, if there is one that was not taken back."""
    order = orders.get(name)
    return order if order is not None and order.value else None
