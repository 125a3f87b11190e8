"""Rows looked for without a lock, then locked by id: no table is ever searched while others wait.

**SQLite** has one lock, for writing. SQLite refuses the lock to a transaction that has read if somebody else wrote
since. So in a transaction that is open in the driver already (it has written, or the engine sends BEGIN at once, as
SQLAlchemy's recipe does) the lock is taken before rows are searched for. By default the driver opens no transaction to
search.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import InstrumentedAttribute, Session, scoped_session
from sqlalchemy.sql.selectable import TypedReturnsRows

from app.database.readable_errors import first_line
from app.videos.errors import GenerationSnapshotError, RowRefusedError
from app.videos.models import Veo3VideoGeneration as Generation
from app.videos.native_columns import NativeColumns
from app.videos.native_types import as_text
from app.videos.row_ids import as_stored
from app.videos.storable_text import is_storable

MOST_ASKED: Final = 500
"""The most values that one statement names; databases admit some thousands."""
BIND: Final = {"mapper": Generation}
"""Chooses the engine of this table in a session that has several."""
SQLITE_BUSY_SNAPSHOT: Final = 517

Columns = TypeVarTuple("Columns")


class Rows:
    """Reads, locks and writes generations in the session of the caller."""

    def __init__(self, session: Session) -> None:
        """Take the session. Raises TypeError for an asynchronous one, and for any other object."""
        require_session(session)
        self._session = session
        self.columns = NativeColumns(lambda: session.connection(bind_arguments=BIND))

    @property
    def is_sqlite(self) -> bool:
        """Whether the rows are in SQLite."""
        return self._session.get_bind(mapper=Generation).dialect.name == "sqlite"

    @property
    def kind_of_ids(self) -> str:
        """The type that ids have in the database: see app.videos.row_ids."""
        with without_values():
            return self.columns.kind_of("id")

    def ids_as_stored(self, generation_ids: Iterable[str]) -> list[str]:
        """Return ids as the database writes them, without those that no row can have."""
        known = [generation_id for generation_id in generation_ids if is_storable(generation_id)]
        kind = self.kind_of_ids if known else ""
        stored = (as_stored(generation_id, kind) for generation_id in known)
        return [generation_id for generation_id in stored if generation_id is not None]

    def execute(self, statement: TypedReturnsRows[*Columns]) -> sa.Result[*Columns]:
        """Execute a statement; an error of the database shows no values."""
        with without_values():
            return self._session.execute(statement, bind_arguments=BIND)

    def write(self, statement: sa.Update) -> None:
        """Execute an UPDATE; an error of the database shows no values."""
        with without_values():
            self._session.execute(statement, bind_arguments=BIND)

    def send(self) -> None:
        """Flush the caller's changes: reading rows anew would drop them, and an error must be about them alone."""
        with without_values():
            self._session.flush()

    def store(self, *generation_ids: str) -> None:
        """Flush these rows. Raises RowRefusedError, which names them, where the database's own rules refuse one.

        The driver's error is not kept as the cause: it would show the row, with its prompt and its signed URLs.
        """
        named = ", ".join(generation_ids) or "(a new row)"
        try:
            self.send()
        except (IntegrityError, DataError) as error:
            raise RowRefusedError(named, first_line(error.orig or error)) from None
        except OverflowError as error:
            raise RowRefusedError(named, first_line(error)) from None

    def look(self, generation_ids: Iterable[str], operation_names: Iterable[str] = ()) -> Sequence[Generation]:
        """Return the rows with one of these ids or operation names, as they are now, by id; not locked.

        Unknown ids and names, and those that no row can have, are left out. If a transaction is open already, SQLite's
        lock is taken.
        """
        self.send()
        self.prepare_to_look()
        ids = self.ids_as_stored(generation_ids)
        found = {
            row.id: row
            for column, values in ((Generation.id, ids), (Generation.operation_name, operation_names))
            for condition in _conditions(column, values)
            for row in self._read(sa.select(Generation).where(condition))
        }
        return [found[generation_id] for generation_id in sorted(found)]

    def lock(self, generation_ids: Iterable[str]) -> Sequence[Generation]:
        """Return the rows as they are now, by id, locked until the transaction ends; unknown ids are left out.

        All sessions lock in this order, so that two of them cannot deadlock.
        """
        self.send()
        conditions = _conditions(Generation.id, self.ids_as_stored(generation_ids))
        if not conditions:
            return []
        self.take_sqlite_write_lock()
        order = Generation.id if self.is_sqlite else sa.collate(as_text(Generation.id), "C")
        statement = sa.select(Generation).with_for_update(key_share=True).order_by(order)
        return [row for condition in conditions for row in self._read(statement.where(condition))]

    def prepare_to_look(self) -> None:
        """Take SQLite's lock if a transaction is open in the driver already: after a read, the lock may be refused."""
        if self.is_sqlite and self._is_in_driver_transaction():
            self.take_sqlite_write_lock()

    def take_sqlite_write_lock(self) -> None:
        """Take SQLite's lock with an UPDATE of no row. Does nothing elsewhere. Raises GenerationSnapshotError."""
        if not self.is_sqlite:
            return
        nothing = sa.update(Generation).where(sa.false()).values(id=Generation.id)
        try:
            self.write(nothing.execution_options(synchronize_session=False))
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) == SQLITE_BUSY_SNAPSHOT:
                raise GenerationSnapshotError from None
            raise

    def _is_in_driver_transaction(self) -> bool:
        connection = self._session.connection(bind_arguments=BIND).connection
        return bool(getattr(connection.driver_connection, "in_transaction", True))

    def _read(self, statement: sa.Select[Generation]) -> Sequence[Generation]:
        return self.execute(statement.execution_options(populate_existing=True)).scalars().all()


def require_session(session: object) -> None:
    """Raise TypeError unless the object is a SQLAlchemy session that can be used without `await`."""
    if isinstance(session, Session | scoped_session):
        return
    if hasattr(session, "run_sync"):
        raise TypeError(
            "an AsyncSession cannot be used without `await`: "
            "await session.run_sync(lambda session: VideoGenerationRepository(session)...)"
        )
    raise TypeError(f"a sqlalchemy.orm.Session is needed, not {type(session).__name__}")


@contextmanager
def without_values() -> Iterator[None]:
    """Let an error of the database pass without the statement's values, which may be signed URLs, prompts, bodies."""
    try:
        yield
    except StatementError as error:
        error.hide_parameters = True
        raise


def _conditions(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], values: Iterable[str]
) -> list[sa.ColumnElement[bool]]:
    """Return conditions of at most MOST_ASKED values each, which together select the rows with one of the values."""
    wanted = sorted({value for value in values if is_storable(value)})
    return [column.in_(wanted[start : start + MOST_ASKED]) for start in range(0, len(wanted), MOST_ASKED)]
