"""Supported: which options each kind of database has. Asks the database nothing."""

import sqlalchemy as sa

from app.backfill.options import Options
from app.errors import ConfigurationError


def require_supported(database: sa.Connection | sa.Engine, options: Options, *, owned_by_caller: bool = False) -> None:
    """Raise ConfigurationError for options that this kind of database does not have. Asks the database nothing.

    These are more workers than can write to it at once, and waiting for replicas.
    """
    is_postgresql = database.dialect.name == "postgresql"
    if options.max_replica_lag is not None and not is_postgresql:
        raise ConfigurationError("max_replica_lag", "only PostgreSQL has replicas to wait for; leave it out here")
    if options.workers > 1 and not is_postgresql:
        raise ConfigurationError("workers", "only PostgreSQL takes several; this database has one writer at a time")
    if options.workers > 1 and owned_by_caller:
        raise ConfigurationError("workers", "there can be only one within the transaction of a caller")
