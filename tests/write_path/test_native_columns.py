"""The write path where keys are uuid, the status a domain over an enum, and sessions write dates in their own way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.errors import ConfigurationError
from app.videos.errors import GenerationNotFoundError
from app.videos.pages import GenerationFilter
from app.videos.repository import VideoGenerationRepository
from tests.conftest import Databases
from tests.support.native import TYPES
from tests.support.statements import sent_by
from tests.support.tables import TABLE, execute

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
PROFILE, PROJECT, SCENE = (str(UUID(int=number)) for number in (1, 2, 3))
STATES = (TYPES[0], "CREATE DOMAIN checked_state AS generation_status CHECK (value IS NOT NULL)")
NATIVE = {
    **dict.fromkeys(("id", "profile_id", "project_id", "scene_id"), "uuid"),
    **dict.fromkeys(("created_at", "updated_at"), "timestamptz"),
    "status": "checked_state",
    "completed_at": "timestamp",
}
SESSIONS = (("postgresql-16", "German, DMY", "Asia/Kolkata"), ("postgresql-18", "SQL, MDY", "America/New_York"))
"""Before 18, what the first writes names another time zone when it is read again."""
Rows = VideoGenerationRepository


def sessions_on(url: str, *first: str, **types: str) -> sessionmaker[Session]:
    """Return sessions on our own table, whose columns get these types after the statements."""
    changes = [f"{name} TYPE {kind} USING {name}::{kind}" for name, kind in types.items()]
    check = f"ALTER TABLE {TABLE} DROP CONSTRAINT ck_{TABLE}_status"
    execute(url, *first, check, f"ALTER TABLE {TABLE} ALTER {', ALTER '.join(changes)}")
    return sessionmaker(make_engine(url))


@pytest.fixture
def native(databases_of_kind: dict[str, Databases]) -> sessionmaker[Session]:
    """Sessions on a table of native types."""
    return sessions_on(databases_of_kind["postgresql-18"].upgraded(), *STATES, **NATIVE)


def create(sessions: sessionmaker[Session], *names: str) -> list[str]:
    """Create a row for each operation, and return their ids."""
    with sessions.begin() as session:
        rows = Rows(session, lambda: NOW)
        return [rows.create(PROFILE, PROJECT, operation_name=name, scene_id=SCENE).id for name in names]


QUERIES: dict[str, Callable[[Rows, str], object]] = {
    "counts": lambda rows, value: sum(rows.counts_by_status(value).values()),
    "profile": lambda rows, value: len(rows.list_page(GenerationFilter(profile_id=value)).generations),
    "project": lambda rows, value: len(rows.list_page(GenerationFilter(project_id=value)).generations),
    "claim": lambda rows, value: len(rows.claim_due(5, timedelta(0), profile_id=value)),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_value_that_the_column_cannot_hold_matches_no_row(
    native: sessionmaker[Session], query: Callable[[Rows, str], object]
) -> None:
    """The transaction goes on, and a value that it can hold is found in any of its forms."""
    create(native, "op1")

    with native.begin() as session:
        of_nobody = [query(Rows(session), value) for value in ("profile-1", "", "7", str(UUID(int=9)))]
        found = query(Rows(session), PROJECT.upper()), query(Rows(session), PROFILE.replace("-", ""))

    assert of_nobody == [0, 0, 0, 0]
    assert sorted(found) == [0, 1]  # type: ignore[type-var]


def test_a_scene_that_the_column_cannot_hold_is_an_unknown_one(native: sessionmaker[Session]) -> None:
    """The transaction goes on."""
    (created,) = create(native, "op1")

    with native.begin() as session:
        with pytest.raises(GenerationNotFoundError, match="scene-x"):
            Rows(session).get_by_scene("scene-x")
        found = Rows(session).get_by_scene(SCENE.upper()).id

    assert found == created


@pytest.mark.parametrize("status", ["pending", ("pending", "processing")])
def test_a_status_that_is_a_domain_over_an_enum_is_claimed_and_listed(
    native: sessionmaker[Session], status: str | tuple[str, ...]
) -> None:
    """PostgreSQL finds no operator for such a domain by itself."""
    created = create(native, "op1", "op2")
    with native.begin() as session:
        Rows(session).update_status(created[1], status="completed")

    with native.begin() as session:
        listed = [row.id for row in Rows(session).list_page(GenerationFilter(status=status)).generations]
        claimed = [due.id for due in Rows(session).claim_due(5, timedelta(0))]

    assert listed == claimed == created[:1]


def test_the_index_on_such_a_status_is_used(native: sessionmaker[Session]) -> None:
    """The comparison is with the enum under the domain, not with its text."""
    sent = sent_by(native)
    with native.begin() as session:
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        Rows(session).list_page(GenerationFilter(status="failed"))
        values = {"param_1_1": "failed", "param_2": 51}
        plan = session.connection().exec_driver_sql(f"EXPLAIN {sent[-1]}", values).scalars().all()

    assert any("idx_veo3_generations_status" in line for line in plan)


@pytest.fixture(params=SESSIONS, ids=lambda session: session[0])
def foreign(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> sessionmaker[Session]:
    """Sessions on a database that writes dates in another form, in another time zone."""
    kind, style, zone = request.param
    url = databases_of_kind[kind].upgraded()
    alter = f"ALTER DATABASE {sa.make_url(url).database} SET"
    settings = (f"{alter} datestyle = '{style}'", f"{alter} timezone = '{zone}'")
    return sessions_on(url, *STATES, *settings, **NATIVE)


def test_moments_are_read_whatever_form_the_session_writes_dates_in(foreign: sessionmaker[Session]) -> None:
    """Of timestamptz and of timestamp, which is UTC."""
    (created,) = create(foreign, "op1")
    with foreign.begin() as session:
        Rows(session, lambda: NOW + timedelta(seconds=1)).update_status(created, status="completed")

    with foreign() as session:
        row = Rows(session).get(created)
        moments = (row.created_at, row.updated_at, row.completed_at)

    assert moments == (NOW, NOW + timedelta(seconds=1), NOW + timedelta(seconds=1))


@pytest.mark.parametrize("oldest_first", [True, False])
def test_pages_go_through_every_row_once_in_such_a_session(
    foreign: sessionmaker[Session], *, oldest_first: bool
) -> None:
    """The rows are of both halves of a month and of a second, so that no form of dates orders them by chance."""
    created = create(foreign, *"abc")
    execute_in(foreign, f"UPDATE {TABLE} SET created_at = '2026-02-13T00:00:00.000001Z' WHERE operation_name = 'c'")
    execute_in(foreign, f"UPDATE {TABLE} SET created_at = '2026-02-13T00:00:00.000002Z' WHERE operation_name = 'b'")
    seen: list[str] = []
    token = None

    while token or not seen:
        with foreign() as session:
            page = Rows(session).list_page(limit=1, token=token, oldest_first=oldest_first)
            seen += [row.id for row in page.generations]
        token = page.next_token if len(seen) < len(created) else None

    assert seen[:: 1 if oldest_first else -1] == [created[0], created[2], created[1]]


def execute_in(sessions: sessionmaker[Session], statement: str) -> None:
    """Run one statement in a transaction of its own."""
    with sessions.begin() as session:
        session.execute(sa.text(statement))


def test_an_enum_without_a_state_is_refused_by_name(databases_of_kind: dict[str, Databases]) -> None:
    """In one line that says what to do, and the transaction goes on; once the state is there, it is used."""
    enum = "CREATE TYPE short AS ENUM ('pending', 'completed', 'failed')"
    sessions = sessions_on(databases_of_kind["postgresql-18"].upgraded(), enum, status="short")

    with sessions.begin() as session:
        with pytest.raises(ConfigurationError, match="short has no 'processing': ALTER TYPE short ADD VALUE") as caught:
            Rows(session).claim_due(5, timedelta(0))
        with pytest.raises(ConfigurationError):
            Rows(session).list_page(GenerationFilter(status="processing"))
        counted = Rows(session).counts_by_status()
    execute_in(sessions, "ALTER TYPE short ADD VALUE 'processing'")
    with sessions.begin() as session:
        claimed = Rows(session).claim_due(5, timedelta(0))

    assert (caught.value.name, counted["processing"], claimed) == ("status", 0, ())
