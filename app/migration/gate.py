"""Gate: the checks before a command of Alembic may change a database, and the lock that is held meanwhile."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.database.lock import only_one
from app.database.urls import describe
from app.database.version_table import require_ours
from app.migration.callers import refuse_autocommit
from app.settings import Settings
from app.videos import adoption

logger = logging.getLogger(__name__)


@contextmanager
def one_upgrade(context: MigrationContext, settings: Settings) -> Iterator[bool]:
    """Hold the database's lock while the block runs, and refuse what is not ours before anything is written.

    Yields whether there is anything to do: where nothing is, and for a command that only reads, it takes no lock.
    """
    connection, scripts = online(context)
    owned_by_caller = connection.in_transaction()
    before = require_ours(context, scripts)
    has_work = not _stands_at_head(context, before, scripts)
    writes = has_work and not context.opts.get("dont_mutate", False)
    if writes:
        from app.reports.target import name_target  # noqa: PLC0415  # a database that stands at head needs none of it

        refuse_unfillable(connection)
        name_target(connection)
    elif not has_work:
        logger.info("%s: at head, nothing to do", describe(connection.engine.url))
    if not owned_by_caller:
        connection.rollback()  # the migration must find no transaction open
    with only_one(connection.engine, settings.lock_wait) if writes else nullcontext(enter_result=False) as has_waited:
        if has_waited:
            has_work = _look_again(context, before, scripts)
            if not owned_by_caller:
                connection.rollback()
        yield has_work


def _look_again(context: MigrationContext, before: Sequence[str], scripts: ScriptDirectory) -> bool:
    """Say what became of the upgrade or sync that was waited for; return whether there is still something to do."""
    connection, _ = online(context)
    recorded, name = require_ours(context, scripts), describe(connection.engine.url)
    has_work = not _stands_at_head(context, recorded, scripts)
    if not has_work:
        logger.info("%s: the other one did it: at head, nothing to do", name)
    elif set(recorded) == set(before):
        logger.info("%s: the other one has ended and left this to be done", name)
    else:
        logger.info("%s: the other one has ended at %s; going on from there", name, ", ".join(recorded) or "base")
    return has_work


def _stands_at_head(context: MigrationContext, recorded: Sequence[str], scripts: ScriptDirectory) -> bool:
    """Tell whether the command goes to the head and the database is at the head already."""
    return context.opts.get("destination_rev") in {"head", "heads"} and set(recorded) == set(scripts.get_heads())


def online(context: MigrationContext) -> tuple[sa.Connection, ScriptDirectory]:
    """Return a context's connection and scripts. Raises CommandError where revisions are written as SQL."""
    if context.connection is None or context.script is None:
        raise CommandError("these revisions need a connection")
    return context.connection, context.script


def refuse_unfillable(connection: sa.Connection) -> None:
    """Raise CallerError, ForeignTableError or UnsupportedTableError for what cannot be migrated."""
    from app.backfill.refusals import require_fillable  # noqa: PLC0415  # a database that stands at head needs none of it
    from app.videos.recipe import MEDIA_IDS  # noqa: PLC0415  # the same

    refuse_autocommit(connection)
    if adoption.examine(connection).exists:
        require_fillable(connection, MEDIA_IDS)
