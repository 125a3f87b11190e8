"""The repository of generations: the queries and updates that the application needs.

Nothing is committed here: the caller owns the transaction. An update changes only the columns that it is given.

**Two sessions, one row.** Every update takes the row's lock, reads the row anew and keeps the lock until the caller's
transaction ends; what another session stored is seen, merged and never overwritten by what this one had read before.
A lock is used and not a version column: two updates can have the same `updated_at`, which has milliseconds, and the
desktop application and the backfill write the row without any version, but respect the database's locks. PostgreSQL
locks the row (FOR NO KEY UPDATE: rows that refer to it can still be inserted). SQLite has one lock, for writing; other
writers wait for it as long as their driver does (Python's: 5 seconds), so transactions should be short. Rows are
searched for without a lock, and then locked by id (app.videos.row_locks). Where the caller chose REPEATABLE READ or
stricter, PostgreSQL refuses the lock on a row that changed since, and the caller has to repeat the transaction. An
update still moves `updated_at` by a millisecond at least, so that readers can tell two updates apart.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.exc import DataError
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database.timestamps import now
from app.videos.due_generations import DueGeneration, claim
from app.videos.errors import AmbiguousGenerationError, GenerationNotFoundError, PageTokenError
from app.videos.models import STATUSES
from app.videos.models import Veo3VideoGeneration as Generation
from app.videos.native_types import as_text
from app.videos.new_values import Changes, Status, new_values, require_status, to_millisecond
from app.videos.pages import DEFAULT_PAGE_ROWS, GenerationFilter, Page, page_of, page_statement
from app.videos.row_ids import new_id
from app.videos.row_locks import Rows
from app.videos.storable_text import require_storable
from app.videos.update_rules import guarded

MOST_NAMED: Final = 10
"""The most rows that an error names."""
NO_FILTER: Final = GenerationFilter()


class Origin(TypedDict, total=False):
    """Columns that a new row may be given besides profile and project. Some adopted tables require some of them."""

    scene_id: str | None
    operation_name: str | None
    prompt: str | None
    seed: int | None
    aspect_ratio: str | None
    raw_response: str | None


class VideoGenerationRepository:
    """Generations in the session of the caller, who commits or rolls back.

    Texts that a database cannot store raise UnstorableTextError before anything is sent to it.
    """

    def __init__(self, session: Session, clock: Callable[[], datetime] = now) -> None:
        """Take the session and the clock. Raises TypeError for an AsyncSession, whose `run_sync` gives a Session."""
        self._rows = Rows(session)
        self._session = session
        self._clock = clock

    def create(self, profile_id: str, project_id: str, **origin: Unpack[Origin]) -> Generation:
        """Add a pending generation with a new id, and return it. Does not look into `raw_response`.

        The id is random or, where the table has numbers, the column's default.

        Raises RowRefusedError where the database's own rules refuse the row (a scene that exists already, a profile
        that does not); roll the transaction back then.
        """
        for column, value in {"profile_id": profile_id, "project_id": project_id, **origin}.items():
            require_storable(column, value if isinstance(value, str) else "")
        moment = to_millisecond(self._clock())
        generation_id = new_id(self._rows.kind_of_ids)
        generation = Generation(
            id=generation_id,
            profile_id=profile_id,
            project_id=project_id,
            status="pending",
            created_at=moment,
            updated_at=moment,
            **origin,
        )
        self._rows.send()  # so that an error below is about this row alone
        self._session.add(generation)
        self._rows.store(*([generation_id] if isinstance(generation_id, str) else []))
        return generation

    def get(self, generation_id: str) -> Generation:
        """Return the generation. Raises GenerationNotFoundError for an unknown id. Reads only."""
        for stored_id in self._rows.ids_as_stored([require_storable("id", generation_id)]):
            if generation := self._session.get(Generation, stored_id):
                return generation
        raise GenerationNotFoundError("id", generation_id)

    def get_by_scene(self, scene_id: str) -> Generation:
        """Return the one generation of a scene. Reads only.

        Raises GenerationNotFoundError, or AmbiguousGenerationError with the rows' ids: not every adopted table keeps
        scenes unique.
        """
        return self._only_one(Generation.scene_id, scene_id)

    def get_by_media_generation_id(self, media_generation_id: str) -> Generation:
        """Return the one generation with this media generation id. Reads only, and the whole table: no index has it.

        Raises GenerationNotFoundError, or AmbiguousGenerationError with the rows' ids.
        """
        return self._only_one(Generation.media_generation_id, media_generation_id)

    def list_page(
        self,
        wanted: GenerationFilter = NO_FILTER,
        *,
        limit: int = DEFAULT_PAGE_ROWS,
        token: str | None = None,
        oldest_first: bool = False,
    ) -> Page:
        """Return the newest `limit` generations that the filter selects, or those after the page that gave `token`.

        Ordered by creation; `oldest_first` reverses the order, and must be the same for every page. `raw_response` is
        not loaded before it is read. Raises PageTokenError for a token that no page of this order gave,
        UnknownStatusError, and ConfigurationError for a limit out of range or a moment without a time zone. Reads only.
        """
        statement = page_statement(wanted, limit, token, oldest_first=oldest_first, columns=self._rows.columns)
        try:
            rows = self._rows.execute(statement).all()
        except DataError:  # the token's id or timestamp does not fit the types of this table's columns
            if token is None:
                raise
            raise PageTokenError(token) from None
        return page_of(rows, limit, oldest_first=oldest_first)

    def claim_due(
        self, limit: int, older_than: timedelta, *, profile_id: str | None = None
    ) -> tuple[DueGeneration, ...]:
        """Claim up to `limit` unfinished generations, so that nobody else asks the API for them, and return them.

        A generation is due if it is pending or processing, has an operation name, and was not written for `older_than`;
        those that were not written for longest come first. Claiming sets `updated_at` to now, so that the rows are due
        again after `older_than`, even if their claimant dies. Commit before asking the API: until the commit, other
        claimants skip these rows on PostgreSQL, and wait on SQLite. Raises ConfigurationError for a limit or a time out
        of range.
        """
        return claim(self._rows, limit, older_than, to_millisecond(self._clock()), profile_id)

    def counts_by_status(self, profile_id: str | None = None) -> dict[str, int]:
        """Return the number of rows for each status, 0 included; rows without one, where there are any, under ''."""
        status = sa.func.coalesce(as_text(Generation.status), "")
        statement = sa.select(status, sa.func.count()).group_by(status)
        if profile_id is not None:
            statement = statement.where(self._rows.columns.equal(Generation.profile_id, profile_id))
        counted = {found: rows for found, rows in self._rows.execute(statement)}  # noqa: C416  # rows, not tuples
        return dict.fromkeys(STATUSES, 0) | counted

    def update_status(
        self, generation_id: str, *, only_if: Iterable[Status] | None = None, **changes: Unpack[Changes]
    ) -> Generation:
        """Lock the row, read it anew, store the changes in it, and return it; the lock ends with the transaction.

        With `only_if`, a row that has none of these statuses is not changed. A known media id, URL, path or body is
        never replaced with nothing, nor a body that has the id with one that has none; a completed row does not become
        failed. `completed_at` is set when the status becomes completed, and then never changed; `updated_at` moves if
        anything changed. Raises GenerationNotFoundError, UnknownStatusError, MediaIdInvalidError,
        GenerationNameFixedError, RowRefusedError, and MediaIdConflictError for another media id than the row or its
        stored body has. Where it raises, nothing is changed.
        """
        required = None if only_if is None else _statuses(only_if)
        generation = self.lock(generation_id)
        if required is not None and generation.status not in required:
            return generation
        return self.change_locked(generation, **changes)

    def change_locked(self, generation: Generation, **changes: Unpack[Changes]) -> Generation:
        """Do what `update_status` does to a row that this transaction has locked already."""
        self.store_values({generation: new_values(generation, guarded(generation, changes), self._clock())})
        return generation

    def values_for(self, generation: Generation, changes: Changes) -> dict[str, object]:
        """Return the new values, by column, that the changes of an answer give the row as last read. Stores nothing."""
        return new_values(generation, changes, self._clock())

    def store_values(self, values: Mapping[Generation, Mapping[str, object]]) -> None:
        """Store new values, by column, in rows that this transaction has locked; one flush. Raises RowRefusedError."""
        changing = {generation: columns for generation, columns in values.items() if columns}
        for generation, columns in changing.items():
            for name, value in columns.items():
                setattr(generation, name, value)
        if changing:
            self._rows.store(*(generation.id for generation in changing))

    def delete(self, generation_id: str) -> None:
        """Delete the row. Raises GenerationNotFoundError for an unknown id.

        Rows that refer to it follow the rules of their foreign keys, which SQLite applies only on connections with
        `PRAGMA foreign_keys=ON`.
        """
        for stored_id in self._rows.ids_as_stored([require_storable("id", generation_id)]):
            statement = sa.delete(Generation).where(Generation.id == stored_id).returning(Generation.id)
            if self._rows.execute(statement).first() is not None:
                return
        raise GenerationNotFoundError("id", generation_id)

    def lock(self, generation_id: str) -> Generation:
        """Return the row as it is now, locked until the transaction ends. Raises GenerationNotFoundError."""
        locked = self._rows.lock([require_storable("id", generation_id)])
        if not locked:
            raise GenerationNotFoundError("id", generation_id)
        return locked[0]

    def lock_all(self, generation_ids: Iterable[str], operation_names: Iterable[str] = ()) -> Sequence[Generation]:
        """Return and lock the rows with one of these ids or operation names, as they are now, by id.

        The rows are searched for without a lock, then locked in the order of their ids, so that two sessions cannot
        deadlock, then compared again. Unknown ids and names are left out.
        """
        ids, names = set(self._rows.ids_as_stored(generation_ids)), set(operation_names)
        locked = self._rows.lock(row.id for row in self._rows.look(ids, names))
        return [row for row in locked if row.id in ids or row.operation_name in names]

    def lock_known(self, generation_ids: Iterable[str]) -> Sequence[Generation]:
        """Return and lock the rows with these ids, as they are now, by id; ids without a row are left out."""
        return self._rows.lock(generation_ids)

    def look(self, generation_ids: Iterable[str], operation_names: Iterable[str] = ()) -> Sequence[Generation]:
        """Return the rows that `lock_all` would, not locked. Takes SQLite's lock if a transaction is open already."""
        return self._rows.look(generation_ids, operation_names)

    def _only_one(self, column: InstrumentedAttribute[str | None], value: str) -> Generation:
        condition = self._rows.columns.equal(column, value)
        statement = sa.select(Generation.id).where(condition).order_by(Generation.id).limit(MOST_NAMED + 1)
        ids = self._rows.execute(statement).scalars().all()
        if not ids:
            raise GenerationNotFoundError(column.key, value)
        if len(ids) > 1:
            raise AmbiguousGenerationError(column.key, value, ids[:MOST_NAMED], more=len(ids) > MOST_NAMED)
        return self.get(ids[0])


def _statuses(wanted: Iterable[Status]) -> frozenset[str]:
    """Return one status or several as a set. Raises UnknownStatusError."""
    statuses = [wanted] if isinstance(wanted, str) else list(wanted)
    for status in statuses:
        require_status(status)
    return frozenset(statuses)
