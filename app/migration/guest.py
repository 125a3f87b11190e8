"""Guest: what our revisions do by themselves where another program's env.py runs them. See docs/beside.md."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps

import sqlalchemy as sa
from alembic import context as environment
from alembic import op
from alembic.runtime.migration import MigrationContext

from app.backfill.supported import require_supported
from app.database.errors import RecordedElsewhereError
from app.database.lock import only_one
from app.database.metadata import RUNS
from app.database.readable_errors import readable_errors
from app.migration.callers import commits_by_itself
from app.migration.environment import GUEST, SETTINGS, one_line_errors
from app.migration.errors import ForeignEnvironmentError
from app.migration.gate import online, refuse_unfillable
from app.migration.transactional_ddl import transactional_ddl
from app.settings import OPTIONS, Settings
from app.videos.errors import RecordedMeanwhileError


def in_any_environment(step: Callable[[], None]) -> Callable[[], None]:
    """Make a revision's upgrade() or downgrade() work under an env.py that knows nothing of this project.

    Under our own it is called as it is. Else: settings are MEDIA_IDS_* and those of `-x` that are ours; the first of
    our revisions takes the lock, which is held until env.py closes its connection, and refuses what cannot be migrated;
    errors are Alembic's, which its command prints as one line.
    """

    @wraps(step)
    def run() -> None:
        context = op.get_context()
        if SETTINGS in context.opts and GUEST not in context.opts:
            step()
            return
        with one_line_errors():
            if context.as_sql:
                step()
                return
            connection, _ = online(context)
            with readable_errors(connection.engine.url), transactional_ddl(connection):
                _arrive(context, step)
                step()

    return run


def refuse_if_recorded_elsewhere(context: MigrationContext) -> None:
    """Raise RecordedElsewhereError if our first revision is to run beside a ledger, which later ones have made.

    Reads the catalogue only.
    """
    connection, _ = online(context)
    if sa.inspect(connection).has_table(RUNS):
        raise RecordedElsewhereError(RUNS, str(context.version_table))


def _arrive(context: MigrationContext, step: Callable[[], None]) -> None:
    """Take the lock and make the checks of our own env.py, once for each context."""
    from app.reports.target import name_target  # noqa: PLC0415  # a database that stands at head needs none of it

    if GUEST in context.opts:
        return
    connection, _ = online(context)
    settings = _settings()
    require_supported(connection, settings.options())
    _require_usable(context, connection)
    with _until_closed(connection) as held:
        held.enter_context(only_one(connection.engine, settings.lock_wait))
    _require_as_planned(context, step)
    refuse_unfillable(connection)
    name_target(connection)
    context.opts.update({SETTINGS: settings, GUEST: True})


def _settings() -> Settings:
    """Return the settings, without DATABASE_URL and without options in `-x` that are not ours: env.py uses those."""
    given = environment.get_x_argument(as_dictionary=True)
    return Settings.load({"database_url": "env.py"} | {name: given[name] for name in OPTIONS & set(given)})


def _require_usable(context: MigrationContext, connection: sa.Connection) -> None:
    """Raise ForeignEnvironmentError where a backfill could not commit its batches, or its version be lost."""
    if commits_by_itself(connection):
        raise ForeignEnvironmentError(
            "its connection commits each statement by itself", "leave out isolation_level=AUTOCOMMIT"
        )
    if context._transaction is None:  # noqa: SLF001  # Alembic would fail an assertion for this
        raise ForeignEnvironmentError(
            "a transaction is open that Alembic did not begin",
            "open the connection with connect(), not begin(), commit what runs on it before context.configure(), and "
            "call context.run_migrations() in `with context.begin_transaction():`",
        )


@contextmanager
def _until_closed(connection: sa.Connection) -> Iterator[ExitStack]:
    """Yield a stack that is closed when the connection goes back to its pool, or at once if the block fails."""
    driver = connection.connection.dbapi_connection
    with ExitStack() as unless_kept:
        yield unless_kept
        held = unless_kept.pop_all()

    def let_go(returned: object, _record: object) -> None:
        if returned is driver or connection.invalidated:
            held.close()

    sa.event.listen(connection.engine, "checkin", let_go)


def _require_as_planned(context: MigrationContext, step: Callable[[], None]) -> None:
    """Raise RecordedMeanwhileError if another upgrade did this step after Alembic had read the version."""
    _, scripts = online(context)
    revision = str(step.__globals__["revision"])  # of the revision's own module
    recorded = {script.revision for script in scripts.iterate_revisions(context.get_current_heads(), "base")}
    if (revision in recorded) is (step.__name__ == "upgrade"):
        raise RecordedMeanwhileError(revision)
