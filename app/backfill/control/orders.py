"""Orders: what people want of an active run, and their JSON text in the run's row in the ledger. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from app.database.timestamps import format_timestamp, parse_timestamp

NO_ORDERS: Final = "{}"
"""The orders of a new run. It does not take over the orders of an earlier run."""
PAUSED, CANCELLED, WORKERS = "paused", "cancelled", "workers"
TUNED: Final = ("batch_size", "target_seconds", "nice", WORKERS)
"""The options that can be changed while a run goes on; see app.backfill.options."""


class Order(NamedTuple):
    """What is wanted, who said so (`user@host`), and when."""

    value: Any
    by: str
    at: datetime


Orders = Mapping[str, Order]
"""The newest order of each name: `paused`, `cancelled`, and those of TUNED."""


def read_orders(text: str) -> Orders:
    """Return the orders from the JSON text in a run's row."""
    return {
        name: Order(order["value"], order["by"], parse_timestamp(order["at"]))
        for name, order in json.loads(text).items()
    }


def write_orders(orders: Orders) -> str:
    """Return orders as the JSON text for a run's row."""
    return json.dumps(
        {
            name: {"value": order.value, "by": order.by, "at": format_timestamp(order.at)}
            for name, order in orders.items()
        }
    )


def in_force(orders: Orders, name: str) -> Order | None:
    """Return the order `name` (PAUSED or CANCELLED); None if there is none, or it was taken back."""
    order = orders.get(name)
    return order if order is not None and order.value else None
