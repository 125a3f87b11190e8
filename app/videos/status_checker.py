"""The status checker: fetch an API answer, and record it in the rows that it is about.

What an answer may change in a row, and what it may not, stands in app.videos.answer_rules.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

from sqlalchemy.orm import Session, sessionmaker

from app.media_ids.extraction import Failed, Outcome
from app.media_ids.operations import operation_names
from app.videos.answer_rules import Reading, changes_by, read_for, trace_of
from app.videos.errors import GenerationNotFoundError, MediaIdConflictError, NoOperationNameError
from app.videos.media_answers import media_names
from app.videos.models import Veo3VideoGeneration
from app.videos.repository import VideoGenerationRepository
from app.videos.storable_text import require_storable

logger = logging.getLogger(__name__)


class AnswerFetcher(Protocol):
    """Asks the API: `app.videos.api.client.ApiClient`, or a class of the application's own."""

    def fetch(self, operation_name: str, scene_id: str) -> str:
        """Return the API's answer as it came; `scene_id` is '' where the row has none."""
        ...


@runtime_checkable
class ProfileFetcher(AnswerFetcher, Protocol):
    """A fetcher that may use another token for each profile."""

    def for_profile(self, profile_id: str | None) -> AnswerFetcher:
        """Return the fetcher for one profile."""
        ...


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What became of an answer in one row."""

    generation_id: str
    status: str
    """The row's status now."""
    outcome: Outcome
    """What the extractor finds in the answer for this row."""
    changed: bool
    conflict: MediaIdConflictError | None = None
    """The answer's id is another than the row's: the row stayed as it was, and a person should look."""


class StatusChecker:
    """Records answers through the repository, in the caller's transaction. Fetches nothing, commits nothing."""

    def __init__(self, repository: VideoGenerationRepository) -> None:
        """Take the repository that the rows are in."""
        self._repository = repository

    def record(self, generation_id: str, answer: str) -> Recorded:
        """Record the answer in this one row. If the row changes, it stays locked until the transaction ends.

        Raises GenerationNotFoundError, and MediaIdConflictError where the row has another id than the answer, and
        RowRefusedError. An answer raises nothing else, whatever its text is.
        """
        require_storable("id", generation_id)
        recorded = self._record(self._repository.look([generation_id]), answer)
        if not recorded:
            raise GenerationNotFoundError("id", generation_id)
        if recorded[0].conflict:
            raise recorded[0].conflict
        return recorded[0]

    def record_batch(self, answer: str, *generation_ids: str) -> tuple[Recorded, ...]:
        """Record the answer in every row whose operation it names, and in the rows given; return them by row id.

        Operations and ids without a row are left out. A conflict in one row is logged and returned with that row; the
        answer is recorded in the other rows all the same. Only rows that change are locked.
        """
        names = operation_names(answer) or media_names(answer)
        return self._record(self._repository.look(generation_ids, names), answer)

    def _record(self, rows: Sequence[Veo3VideoGeneration], answer: str) -> tuple[Recorded, ...]:
        """Judge the rows; lock those that would change, read and judge them again, and store the result.

        A row that was deleted meanwhile is left out.
        """
        judge = _Judge(self._repository, answer)
        verdicts = {row.id: judge.verdict(row) for row in rows}
        changing = [generation_id for generation_id, verdict in verdicts.items() if verdict.values]
        locked = self._repository.lock_known(changing)
        verdicts = {key: verdict for key, verdict in verdicts.items() if not verdict.values}
        verdicts |= {row.id: judge.verdict(row) for row in locked}
        self._repository.store_values({row: verdicts[row.id].values for row in locked})
        return tuple(_recorded(row, verdicts[row.id]) for row in rows if row.id in verdicts)


@dataclass(frozen=True)
class _Verdict:
    """What an answer makes of a row."""

    reading: Reading
    values: Mapping[str, object]
    conflict: MediaIdConflictError | None = None


class _Judge:
    """Reads one answer for several rows; what was read for a row is not read again once the row is locked."""

    def __init__(self, repository: VideoGenerationRepository, answer: str) -> None:
        self._repository = repository
        self._answer = answer
        self._read = cache(read_for)

    def verdict(self, row: Veo3VideoGeneration) -> _Verdict:
        """Return what the answer changes in the row as it was read last. Changes nothing."""
        names = (row.operation_name, row.scene_id)
        reading, stored = self._read(*names, self._answer), self._read(*names, row.raw_response or "")
        changes = trace_of(row, self._answer, reading)
        try:
            changes |= changes_by(row, self._answer, reading, stored)
            return _Verdict(reading, self._repository.values_for(row, changes))
        except MediaIdConflictError as conflict:
            return _Verdict(reading, {}, conflict)


def _recorded(row: Veo3VideoGeneration, verdict: _Verdict) -> Recorded:
    """Return what became of the answer in a row, and log what a person should see."""
    outcome = verdict.reading.outcome
    if isinstance(outcome, Failed):
        logger.warning("generation %s: cannot use the answer: %s", row.id, outcome.reason)
    if verdict.conflict:
        logger.error("%s", verdict.conflict)
    return Recorded(
        generation_id=row.id,
        status=row.status,
        outcome=outcome,
        changed=bool(verdict.values),
        conflict=verdict.conflict,
    )


def refresh(sessions: sessionmaker[Session], fetcher: AnswerFetcher, generation_id: str) -> tuple[Recorded, ...]:
    """Ask the API for a generation; record the answer in its row, and in the others that the answer names.

    Opens two short transactions of its own, one to read and one to write; none is open while the API is asked. A
    fetcher with `for_profile`, as ApiClient has, is told whose generation it is. Raises GenerationNotFoundError,
    NoOperationNameError, and what the fetcher raises: then no row is changed. Raises MediaIdConflictError where this
    row has another id than the answer; the other rows are then recorded all the same.
    """
    _require_sessions(sessions)
    with sessions.begin() as session:
        generation = VideoGenerationRepository(session).get(generation_id)
        generation_id = generation.id
        operation_name, scene_id, profile_id = generation.operation_name, generation.scene_id, generation.profile_id
    if not operation_name or not operation_name.strip():
        raise NoOperationNameError(generation_id)
    if isinstance(fetcher, ProfileFetcher):
        fetcher = fetcher.for_profile(profile_id)
    answer = fetcher.fetch(operation_name, scene_id or "")
    with sessions.begin() as session:
        recorded = StatusChecker(VideoGenerationRepository(session)).record_batch(answer, generation_id)
    _require_recorded(recorded, generation_id)
    return recorded


def _require_sessions(sessions: object) -> None:
    """Raise TypeError for an `async_sessionmaker`, whose sessions cannot be used without `await`."""
    if hasattr(getattr(sessions, "class_", sessions), "run_sync"):
        raise TypeError(
            f"a sqlalchemy.orm.sessionmaker is needed, not {type(sessions).__name__}; "
            "docs/application.md has the recipe for asynchronous sessions"
        )


def _require_recorded(recorded: tuple[Recorded, ...], generation_id: str) -> None:
    """Raise the error for a row without the answer: the row was deleted meanwhile, or has another id."""
    by_id = {one.generation_id: one for one in recorded}
    if generation_id not in by_id:
        raise GenerationNotFoundError("id", generation_id)
    if conflict := by_id[generation_id].conflict:
        raise conflict
