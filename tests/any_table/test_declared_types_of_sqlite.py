"""Tables of SQLite whose columns are declared as something else than TEXT: it checks none, and neither do we."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.reports.coverage import Coverage, read_groups
from app.reports.failures import read_failures
from app.videos.errors import RowRefusedError
from app.videos.repository import VideoGenerationRepository
from app.videos.status_checker import StatusChecker
from tests.support.any_table import body, create, expected, row, store, stored, touched, unfinished
from tests.support.migrations import upgrade
from tests.support.tables import execute, query

DECLARED = {
    "raw_response": "JSON",
    "created_at": "TIMESTAMP",
    "updated_at": "DATETIME",
    "status": "VARCHAR(20)",
    "media_generation_id": "VARCHAR(10)",
    "operation_name": "",
}
KEYS = {
    "number": "INTEGER PRIMARY KEY",
    "uuid": "UUID PRIMARY KEY",
    "no key": "BIGINT",
    "strict": "INTEGER PRIMARY KEY",
}


@pytest.fixture(params=KEYS)
def declared(request: pytest.FixtureRequest, sqlite_empty: str) -> str:
    """The URL of a table with ids that are numbers, or text that SQLite takes for none; its third row has failed."""
    strict = {"raw_response": "ANY", "updated_at": "ANY"}
    types = strict if request.param == "strict" else DECLARED
    execute(sqlite_empty, create(id=KEYS[request.param], **types) + (" STRICT" if request.param == "strict" else ""))
    rows = [row(seed, id=key(request.param, seed)) for seed in range(1, 60)]
    rows[2] = row(3, id=key(request.param, 3), raw_response="123")
    rows[3] = row(4, id=key(request.param, 4), raw_response=unfinished(4))
    store(sqlite_empty, rows)
    upgrade(sqlite_empty)
    assert (stored(sqlite_empty), len(touched(sqlite_empty))) == (expected(rows), 57)
    return sqlite_empty


def key(kind: str, seed: int) -> object:
    """Return the id of a row."""
    return f"0000000a-0000-4000-8000-{seed:012}" if kind == "uuid" else seed


def test_failures_and_status_say_what_they_say_of_text(declared: str) -> None:
    """The body of the failed row is stored as a number."""
    with make_engine(declared).connect() as connection:
        failures = read_failures(connection)
        groups, _ = read_groups(connection, exact=True)

    ids = query(declared, "SELECT CAST(id AS TEXT) FROM veo3_video_generations WHERE seed = 3")
    assert [(failure.id, failure.reason) for failure in failures] == [(ids[0][0], "not_an_object")]
    assert [group.coverage for group in groups] == [Coverage(with_id=57, nothing_to_recover=1, failed=1)]


def test_the_write_path_records_an_answer(declared: str) -> None:
    """Ids and bodies are text in Python; a number that stands for a body is one that a person must look at."""
    sessions = sessionmaker(make_engine(declared))
    failed, waiting = (query(declared, f"SELECT id FROM veo3_video_generations WHERE seed = {n}")[0][0] for n in (3, 4))

    recorded = [record(sessions, str(generation_id), body(seed)) for seed, generation_id in ((3, failed), (4, waiting))]

    with sessions() as session:
        row = VideoGenerationRepository(session).get(str(waiting))
        assert (row.id, row.created_at) == (str(waiting), datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC))
    assert recorded == ["CAUS000003", "CAUS000004"]
    assert query(declared, "SELECT count(*) FROM veo3_video_generations WHERE media_generation_id IS NULL") == [(0,)]


def record(sessions: sessionmaker[Session], generation_id: str, answer: str) -> str | None:
    """Record an answer and return the row's media id."""
    with sessions.begin() as session:
        repository = VideoGenerationRepository(session)
        StatusChecker(repository).record(generation_id, answer)
        return repository.get(generation_id).media_generation_id


def test_a_new_row_is_refused_where_its_id_is_no_number(sqlite_empty: str) -> None:
    """The row number of SQLite is its own to give; who has such a table inserts its rows."""
    execute(sqlite_empty, create(id="INTEGER PRIMARY KEY"))
    upgrade(sqlite_empty)

    with Session(make_engine(sqlite_empty)) as session, pytest.raises(RowRefusedError, match="datatype mismatch"):
        VideoGenerationRepository(session).create("profile", "project")

    assert sa.inspect(make_engine(sqlite_empty)).has_table("veo3_video_generations")
