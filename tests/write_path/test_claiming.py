"""`claim_due`: who is due, and that each row goes to one of several pollers, on each kind of database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.errors import ConfigurationError
from app.videos.due_generations import DueGeneration
from app.videos.repository import VideoGenerationRepository
from tests.support.rows import insert, stored
from tests.support.statements import sent_by, takes_lock

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HALF_A_MINUTE = timedelta(seconds=30)
TABLE = "veo3_video_generations"


def claim(
    sessions: sessionmaker[Session], limit: int = 10, *, moment: datetime = NOW, profile_id: str | None = None
) -> list[str]:
    """Return the ids that somebody claims at a moment, in a transaction of its own."""
    with sessions.begin() as session:
        generations = VideoGenerationRepository(session, clock=lambda: moment)
        return [one.id for one in generations.claim_due(limit, HALF_A_MINUTE, profile_id=profile_id)]


def due_row(generation_id: str, seconds: int, **values: object) -> dict[str, object]:
    """Return a row with an operation that was last written so many seconds ago."""
    return {
        "id": generation_id,
        "operation_name": f"op-{generation_id}",
        "updated_at": NOW - timedelta(seconds=seconds),
        **values,
    }


def test_whoever_waits_longest_comes_first_and_has_its_turn_moved(sessions: sessionmaker[Session]) -> None:
    """Two of three; the others keep their time, and the next poller goes on with them."""
    insert(sessions, due_row("a", 60), due_row("b", 90, status="processing"), due_row("c", 40), due_row("d", 30))

    claimed = [claim(sessions, 2), claim(sessions, 2), claim(sessions, 2)]

    assert claimed == [["b", "a"], ["c"], []]
    assert stored(sessions, "id", "updated_at") == [
        ("a", NOW),
        ("b", NOW),
        ("c", NOW),
        ("d", NOW - HALF_A_MINUTE),
    ]


def test_a_claimed_row_is_due_again_after_the_same_time(sessions: sessionmaker[Session]) -> None:
    """Whoever claimed it may have died."""
    insert(sessions, due_row("a", 60))
    claim(sessions)

    later = [claim(sessions, moment=NOW + timedelta(seconds=seconds)) for seconds in (30, 31)]

    assert later == [[], ["a"]]


def test_rows_that_have_ended_or_cannot_be_asked_for_are_not_due(sessions: sessionmaker[Session]) -> None:
    """Completed, failed, and without a name that the API would know."""
    insert(
        sessions,
        due_row("a", 60, status="completed"),
        due_row("b", 60, status="failed"),
        due_row("c", 60, operation_name=None),
        due_row("d", 60, operation_name=" "),
        due_row("e", 60, scene_id="s1", profile_id="p1"),
    )

    with sessions.begin() as session:
        due = VideoGenerationRepository(session).claim_due(10, HALF_A_MINUTE)

    assert due == (DueGeneration(id="e", profile_id="p1", operation_name="op-e", scene_id="s1"),)


def test_one_profiles_rows_can_be_claimed_alone(sessions: sessionmaker[Session]) -> None:
    """Each profile may have a poller, and a token, of its own."""
    insert(sessions, due_row("a", 60, profile_id="p1"), due_row("b", 60, profile_id="p2"))

    assert claim(sessions, profile_id="p2") == ["b"]
    assert claim(sessions) == ["a"]


@pytest.mark.parametrize("text", [None, "", "yesterday", "9999-12-31T23:59:59.999Z", "1", "~", "2026-01-02"])
def test_a_row_whose_time_makes_no_sense_is_due_at_once_and_gets_one(
    lenient: sessionmaker[Session], text: str | None
) -> None:
    """Otherwise nobody would ever ask for it."""
    insert(lenient, due_row("a", 60), due_row("b", 0))
    with lenient.begin() as session:
        session.execute(sa.text(f"UPDATE {TABLE} SET updated_at = :text WHERE id = 'b'"), {"text": text})

    claimed = [sorted(claim(lenient)), claim(lenient)]

    assert claimed == [["a", "b"], []]
    assert stored(lenient, "updated_at") == [(NOW,), (NOW,)]


def test_a_poller_whose_clock_is_a_little_behind_leaves_the_others_rows_alone(sessions: sessionmaker[Session]) -> None:
    """What was claimed a minute ahead of its time is no nonsense."""
    insert(sessions, due_row("a", 60))
    claim(sessions, moment=NOW)

    assert claim(sessions, moment=NOW - timedelta(minutes=1)) == []


def test_six_pollers_share_the_rows_and_none_gets_one_twice(sessions: sessionmaker[Session]) -> None:
    """Real threads, each with its own transactions, until nothing is left."""
    insert(sessions, *(due_row(f"{number:03}", 60 + number) for number in range(120)))

    def poll(_: int) -> list[str]:
        mine: list[str] = []
        while found := claim(sessions, 3):
            mine += found
        return mine

    with ThreadPoolExecutor(6) as pool:
        shares = list(pool.map(poll, range(6)))

    assert sorted(chain.from_iterable(shares)) == [f"{number:03}" for number in range(120)]


def test_postgresql_passes_over_rows_that_others_have_locked(postgresql_database: str) -> None:
    """A poller neither waits for them nor gets them, although they are due longest."""
    sessions = sessionmaker(make_engine(f"{postgresql_database}&options=-clock_timeout%3D3s"))
    insert(sessions, due_row("a", 90), due_row("b", 60))

    with sessions.begin() as holder:
        VideoGenerationRepository(holder).lock("a")
        claimed = claim(sessions)

    assert claimed == ["b"]


def test_where_nothing_is_due_nothing_is_locked(sessions: sessionmaker[Session]) -> None:
    """An idle poller holds nobody up; on SQLite another holds the lock all the while."""
    insert(sessions, due_row("a", 1))
    sent = sent_by(sessions)

    claimed = claim(sessions)

    assert claimed == []
    assert [statement for statement in sent if takes_lock(statement) and "SKIP LOCKED" not in statement] == []


def test_a_claim_that_is_rolled_back_moves_nothing(sessions: sessionmaker[Session]) -> None:
    """Nothing is committed here."""
    insert(sessions, due_row("a", 60))

    with sessions() as session:
        VideoGenerationRepository(session, clock=lambda: NOW).claim_due(1, HALF_A_MINUTE)
        session.rollback()

    assert claim(sessions) == ["a"]


@pytest.mark.parametrize(
    ("limit", "older_than", "name"),
    [
        (0, HALF_A_MINUTE, "limit"),
        (1_001, HALF_A_MINUTE, "limit"),
        (1, -HALF_A_MINUTE, "older_than"),
        (1, timedelta.max, "older_than"),
    ],
)
def test_limits_out_of_range_are_refused_by_name(
    sqlite_database: str, limit: int, older_than: timedelta, name: str
) -> None:
    """Before the database is asked."""
    sessions = sessionmaker(make_engine(sqlite_database))

    with sessions() as session, pytest.raises(ConfigurationError) as caught:
        VideoGenerationRepository(session).claim_due(limit, older_than)

    assert caught.value.name == name
