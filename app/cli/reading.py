"""A connection for the commands that only look."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from app.backfill.ledger.required import require_ledger
from app.errors import ConfigurationError
from app.reports.failures import MEANINGS
from app.videos.adoption import TABLE


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Yield a connection for reading the ledger. Raises NotUpgradedError for a database without one."""
    with engine.connect() as connection:
        require_ledger(connection, TABLE)
        yield connection


def require_known(reasons: Sequence[str], option: str = "--reason") -> None:
    """Raise ConfigurationError for a reason that no row can have."""
    for reason in reasons:
        if reason not in MEANINGS:
            raise ConfigurationError(option, f"unknown reason {reason}; known are {', '.join(MEANINGS)}")
