"""How long `record_batch` keeps others waiting on a table of 100,000 rows: measured and printed, not asserted."""

import statistics
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.videos.models import Veo3VideoGeneration
from app.videos.repository import VideoGenerationRepository
from app.videos.status_checker import StatusChecker
from tests.support.answers import answer, operation
from tests.support.rows import DEFAULTS, stored
from tests.support.statements import takes_lock
from tests.support.tables import execute

pytestmark = pytest.mark.soak

ROWS = 100_000
ANSWERS = 200


@pytest.fixture
def large(database: str) -> sessionmaker[Session]:
    """Sessions on a table of 100,000 rows with bodies, without the index on their operations, as an adopted one.

    A file is in WAL mode, as the application keeps it.
    """
    sessions = sessionmaker(make_engine(database))
    if database.startswith("sqlite"):
        execute(database, "PRAGMA journal_mode=WAL")
    with sessions.begin() as session:
        session.execute(sa.text("DROP INDEX idx_veo3_generations_operation_name"))
        for start in range(0, ROWS, 10_000):
            rows = [row(number) for number in range(start, start + 10_000)]
            session.connection().execute(sa.insert(Veo3VideoGeneration), rows)
    return sessions


def row(number: int) -> dict[str, object]:
    """Return a row that waits for its id."""
    body = answer(operation(f"op{number}", "ACTIVE"))
    return {**DEFAULTS, "id": f"{number:032x}", "operation_name": f"op{number}", "raw_response": body}


def test_the_lock_is_held_for_a_moment(large: sessionmaker[Session], capsys: pytest.CaptureFixture[str]) -> None:
    """From the first statement that locks to the commit; four rows change with each answer."""
    held = Held(large)
    started = time.perf_counter()
    for number in range(0, 4 * ANSWERS, 4):
        text = answer(*(operation(f"op{one}", media_id=f"CAUS{one}") for one in range(number, number + 4)))
        with large.begin() as session:
            StatusChecker(VideoGenerationRepository(session)).record_batch(text)
    whole = (time.perf_counter() - started) / ANSWERS

    with capsys.disabled():
        print(  # noqa: T201  # what is measured is for a person
            f"\n{large.kw['bind'].dialect.name}: lock held for {statistics.median(held.seconds) * 1_000:.2f} ms in the "
            f"median, {max(held.seconds) * 1_000:.1f} ms at most; a whole answer takes {whole * 1_000:.0f} ms"
        )
    assert len(held.seconds) == ANSWERS
    assert sum(one is not None for (one,) in stored(large, "media_generation_id")) == 4 * ANSWERS


class Held:
    """Measures how long the transactions of sessions hold locks."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        """Listen to the sessions."""
        self.seconds: list[float] = []
        self._since = 0.0
        sa.event.listen(sessions.kw["bind"], "before_cursor_execute", self._before)
        sa.event.listen(sessions, "after_commit", self._committed)

    def _before(self, *arguments: str) -> None:
        if not self._since and takes_lock(arguments[2]):
            self._since = time.perf_counter()

    def _committed(self, _: Session) -> None:
        if self._since:
            self.seconds.append(time.perf_counter() - self._since)
        self._since = 0.0
