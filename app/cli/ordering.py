"""What the commands have in common that change a run while it goes on."""

import logging
from collections.abc import Mapping
from typing import Any

from app.backfill.control.giving_orders import ActiveRun, give_orders
from app.backfill.control.retrying import attempt
from app.backfill.ledger.required import require_ledger
from app.backfill.options import Options
from app.backfill.supported import require_supported
from app.database.engines import existing_database
from app.database.events import seldom_told
from app.settings import Settings
from app.signals import StopRequest
from app.videos.adoption import TABLE
from app.videos.recipe import MEDIA_IDS

logger = logging.getLogger(__name__)


def order(settings: Settings, wanted: Mapping[str, Any]) -> ActiveRun:
    """Tell the run that is going on what is wanted of it, from whatever machine; return which run that is.

    Does not wait for the run to heed it. Raises NoActiveRunError, NotUpgradedError, and ConfigurationError for more
    workers than this kind of database takes.
    """
    with existing_database(settings.database_url) as engine, engine.connect() as connection:
        require_supported(engine, Options(workers=wanted.get("workers", 1)))
        with connection.begin():
            require_ledger(connection, TABLE)
        return attempt(lambda: give_orders(connection, MEDIA_IDS.name, wanted), StopRequest(), seldom_told(logger))


def called(run: ActiveRun) -> str:
    """Return how messages name a run."""
    return f"Run {run.id} ({run.origin}, {run.started_by})"
