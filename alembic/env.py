"""Alembic's entry: one connection, one upgrade at a time, one transaction for each revision; offline mode."""

from logging.config import fileConfig

import sqlalchemy as sa
from alembic import context

from app.database.metadata import METADATA
from app.database.version_table import version_table_of
from app.migration.environment import (
    alembic_errors,
    configures_logging,
    database_url,
    include_name,
    load_settings,
    migration_connection,
    without_preamble,
)
from app.migration.gate import one_upgrade
from app.migration.transactional_ddl import transactional_ddl
from app.settings import Settings

target_metadata = METADATA
"""By this name tools look for what the revisions must lead to. The mapped classes fill it, which app.migration.gate
imports unless there is nothing to do."""


def run_offline(settings: Settings) -> None:
    """Write SQL instead of running it (`--sql`)."""
    url = database_url(context.config, settings)
    version_table = version_table_of(settings.version_table, url.get_backend_name())
    context.configure(
        url=url,
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},  # a percent sign is written once
        transactional_ddl=True,
        transaction_per_migration=True,
        media_ids_settings=settings,
        version_table=version_table.name,
        version_table_schema=version_table.schema,
    )
    migrate()


def run_online(settings: Settings) -> None:
    """Run the command on a connection; one that only reads takes no lock."""
    with migration_connection(context.config, settings) as connection:
        with without_preamble():
            configure(connection, settings)
        with transactional_ddl(connection), one_upgrade(context.get_context(), settings) as has_work:
            if has_work:
                migrate()


def migrate() -> None:
    """Let Alembic do what its command asks for."""
    with context.begin_transaction():
        context.run_migrations()


def configure(connection: sa.Connection, settings: Settings) -> None:
    """Tell Alembic how to migrate, and the revisions who owns the transaction."""
    version_table = version_table_of(settings.version_table, connection.dialect.name)
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        include_name=include_name,
        version_table=version_table.name,
        version_table_schema=version_table.schema,
        transactional_ddl=True,
        transaction_per_migration=True,
        caller_owns_transaction=connection.in_transaction(),
        media_ids_settings=settings,
    )


if configures_logging(context.config):
    fileConfig(str(context.config.config_file_name), disable_existing_loggers=False)

with alembic_errors():
    loaded = load_settings(context.config, context.get_x_argument(as_dictionary=True))
    if context.is_offline_mode():
        run_offline(loaded)
    else:
        run_online(loaded)
