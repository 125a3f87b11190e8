"""The status checker: fetch an API answer, and record it in the rows that it is about.

What an answer may change in a row, and what it may not, stands in app.answers.
"""

import logging
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session, sessionmaker

from app.answers import changes_by, read
from app.errors import GenerationNotFoundError, MediaIdConflictError, NoOperationNameError
from app.extraction import Failed, Outcome, operation_names
from app.generations import VideoGenerationRepository
from app.models import Veo3VideoGeneration

logger = logging.getLogger(__name__)


class AnswerFetcher(Protocol):
    """Whoever asks the API: `app.api_client.ApiClient`, or the application's own."""

    def fetch(self, operation_name: str, scene_id: str) -> str:
        """Return the API's answer as it came; `scene_id` is '' where the row has none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What became of an answer in one row."""

    generation_id: str
    status: str
    """The row's status now."""
    outcome: Outcome
    """What the extractor makes of the answer for this row."""
    changed: bool
    conflict: MediaIdConflictError | None = None
    """The answer's id is another than the row's: the row stayed as it was, and a person should look."""


class StatusChecker:
    """Records answers through the repository, in the caller's transaction. Fetches nothing, commits nothing."""

    def __init__(self, repository: VideoGenerationRepository) -> None:
        """Take the repository that the rows are in."""
        self._repository = repository

    def record(self, generation_id: str, answer: str) -> Recorded:
        """Record the answer in this one row, which stays locked until the transaction ends.

        Raises GenerationNotFoundError, and MediaIdConflictError where the row has another id than the answer. No
        other answer raises anything, whatever its text is.
        """
        recorded = self._record(self._repository.lock(generation_id), answer)
        if recorded.conflict:
            raise recorded.conflict
        return recorded

    def record_batch(self, answer: str, *generation_ids: str) -> tuple[Recorded, ...]:
        """Record the answer in every row whose operation it names, and in the rows given; return them by row id.

        Operations and ids without a row are left out. One row's conflict does not keep the answer from the others: it
        is logged, and stands in what is returned for that row.
        """
        rows = self._repository.lock_all(generation_ids, operation_names(answer))
        return tuple(self._record(row, answer) for row in rows)

    def _record(self, generation: Veo3VideoGeneration, answer: str) -> Recorded:
        reading = read(generation, answer)
        if isinstance(reading.outcome, Failed):
            logger.warning("generation %s: cannot use the answer: %s", generation.id, reading.outcome.reason)
        before, conflict = generation.updated_at, None
        try:
            self._repository.change_locked(generation, **changes_by(generation, answer, reading))
        except MediaIdConflictError as error:
            conflict = error
            logger.error("%s", error)  # noqa: TRY400  # a line for a person, not a traceback
        return Recorded(
            generation_id=generation.id,
            status=generation.status,
            outcome=reading.outcome,
            changed=generation.updated_at != before,  # every change moves it
            conflict=conflict,
        )


def refresh(sessions: sessionmaker[Session], fetcher: AnswerFetcher, generation_id: str) -> tuple[Recorded, ...]:
    """Ask the API for a generation; record the answer in its row, and in the others that the answer names.

    Opens two short transactions of its own, one to read and one to write; none is open while the API is asked. Raises
    GenerationNotFoundError, NoOperationNameError, and what the fetcher raises: then no row is changed. Raises
    MediaIdConflictError where this row has another id than the answer; the other rows are then recorded all the same.
    """
    with sessions.begin() as session:
        generation = VideoGenerationRepository(session).get(generation_id)
        operation_name, scene_id = generation.operation_name, generation.scene_id
    if not operation_name:
        raise NoOperationNameError(generation_id)
    answer = fetcher.fetch(operation_name, scene_id or "")
    with sessions.begin() as session:
        recorded = StatusChecker(VideoGenerationRepository(session)).record_batch(answer, generation_id)
    _require_recorded(recorded, generation_id)
    return recorded


def _require_recorded(recorded: tuple[Recorded, ...], generation_id: str) -> None:
    """Raise what kept the answer from the row: it has gone meanwhile, or has another id."""
    by_id = {one.generation_id: one for one in recorded}
    if generation_id not in by_id:
        raise GenerationNotFoundError("id", generation_id)
    if conflict := by_id[generation_id].conflict:
        raise conflict
