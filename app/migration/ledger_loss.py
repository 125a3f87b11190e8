"""Ledger loss: the warning before a downgrade drops the ledger's tables."""

import logging
from typing import Final

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

STAYS: Final = "ids that were filled stay"

logger = logging.getLogger(__name__)


def say_what_is_lost(context: MigrationContext, runs: str, failures: str) -> None:
    """Warn in one line that these two tables go, with how many rows; a script cannot know that. Reads only."""
    if context.as_sql or context.connection is None:
        logger.warning("the script drops the history of all runs and the failures, accepted ones too; %s", STAYS)
        return
    counts = [sa.select(sa.func.count()).select_from(sa.table(name)) for name in (runs, failures)]
    found = [context.connection.execute(count).scalar_one() for count in counts]
    logger.warning("this drops the history of %d runs and %d failures, accepted ones too; %s", *found, STAYS)
