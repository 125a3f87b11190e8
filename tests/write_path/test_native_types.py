"""The write path on tables with PostgreSQL's own types: its own tests, and what is otherwise with uuid and jsonb."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from inspect import signature
from uuid import UUID

import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.media_ids.extraction import Found
from app.videos.due_generations import DueGeneration
from app.videos.errors import GenerationNotFoundError, MediaIdConflictError, PageTokenError, RowRefusedError
from app.videos.pages import GenerationFilter
from app.videos.repository import VideoGenerationRepository
from app.videos.status_checker import StatusChecker, refresh
from tests.conftest import Databases
from tests.support.answers import answer, operation
from tests.support.migrations import upgrade
from tests.support.native import COLUMNS, TYPES, create_native
from tests.support.tables import TABLE, execute
from tests.write_path import test_claiming, test_generations, test_status_checker

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
OTHER_TYPES = {
    "status": "generation_status",
    "raw_response": "json",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "completed_at": "timestamp",
}
"""Ids stay text, since the tests make their own; json keeps each text as it is."""
MODULES = (test_claiming, test_generations, test_status_checker)
TESTS = {
    name: test
    for module in MODULES
    for name, test in vars(module).items()
    if name.startswith("test_") and list(signature(test).parameters) == ["sessions"]
}


@pytest.fixture
def converted(databases_of_kind: dict[str, Databases]) -> sessionmaker[Session]:
    """Sessions on our own table, whose body is json, whose status is an enum, and whose moments are timestamps."""
    url = databases_of_kind["postgresql-18"].upgraded()
    changes = [f"{name} TYPE {kind} USING {name}::{kind}" for name, kind in OTHER_TYPES.items()]
    check = f"ALTER TABLE {TABLE} DROP CONSTRAINT ck_{TABLE}_status"
    execute(url, TYPES[0], check, f"ALTER TABLE {TABLE} ALTER {', ALTER '.join(changes)}")
    return sessionmaker(make_engine(url))


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_the_write_paths_own_tests_pass(
    converted: sessionmaker[Session], test: Callable[[sessionmaker[Session]], None]
) -> None:
    """All of these modules that need sessions alone."""
    test(converted)


@pytest.fixture(params=COLUMNS)
def native(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> sessionmaker[Session]:
    """Sessions on an adopted table with ids that are uuid or numbers; each is in a time zone of its own."""
    url = databases_of_kind["postgresql-18"].empty()
    create_native(url, request.param)
    upgrade(url)
    execute(url, f"ALTER DATABASE {url.split('/')[3].split('?')[0]} SET timezone = 'Asia/Kolkata'")
    return sessionmaker(make_engine(url))


def repository(session: Session, moment: datetime = NOW) -> VideoGenerationRepository:
    """Return a repository whose clock stands still."""
    return VideoGenerationRepository(session, clock=lambda: moment)


def create(sessions: sessionmaker[Session], *names: str, moment: datetime = NOW) -> list[str]:
    """Create a row for each operation, each a second later, and return their ids."""
    created = []
    for number, name in enumerate(names):
        with sessions.begin() as session:
            rows = repository(session, moment + timedelta(seconds=number))
            created.append(rows.create("profile", "project", operation_name=name, scene_id=f"s-{name}").id)
    return created


def test_a_created_row_has_an_id_of_the_columns_kind_and_is_found_by_it(native: sessionmaker[Session]) -> None:
    """A random uuid, or the column's next number; both are text in Python, and so is every other key."""
    (created,) = create(native, "op1")

    with native() as session:
        row = repository(session).get(created)
        same = repository(session).get(created.upper().replace("-", "") if len(created) == 36 else f"0{created}")
        found = repository(session).get_by_scene("s-op1")
        moments = (row.created_at, row.updated_at, row.completed_at)

    assert same is row is found
    assert (row.id, row.status, *moments) == (created, "pending", NOW, NOW, None)
    assert created in {"1000000", str(UUID(created) if len(created) == 36 else "")}


UNKNOWN = ("nobody", "", str(UUID(int=7)), "7", "9" * 19, "9" * 30, "1.5", "\N{FULLWIDTH DIGIT ONE}")


def test_an_id_that_no_row_can_have_is_an_unknown_one(native: sessionmaker[Session]) -> None:
    """The transaction goes on: the database was not even asked for what is no uuid, or no number."""
    (known,) = create(native, "op1")

    with native.begin() as session:
        for unknown in UNKNOWN:
            with pytest.raises(GenerationNotFoundError):
                repository(session).get(unknown)
            with pytest.raises(GenerationNotFoundError):
                repository(session).update_status(unknown, status="failed")
            with pytest.raises(GenerationNotFoundError):
                repository(session).delete(unknown)
        recorded = StatusChecker(repository(session)).record_batch(answer(operation("op1", media_id="CAUS1")), *UNKNOWN)

    assert [one.generation_id for one in recorded] == [known]


def test_an_answer_is_stored_once_and_the_same_one_changes_nothing(native: sessionmaker[Session]) -> None:
    """Jsonb keeps another text of the body than the one that came."""
    (created,) = create(native, "op1")
    text = answer(operation("op1", media_id="CAUS1", fife_url="https://1"))

    changed = []
    for minutes in (1, 2):
        with native.begin() as session:
            checker = StatusChecker(repository(session, NOW + timedelta(minutes=minutes)))
            changed.append(checker.record(created, text).changed)

    with native() as session:
        row = repository(session).get(created)
        assert (row.status, row.media_generation_id, row.video_url) == ("completed", "CAUS1", "https://1")
        assert (row.updated_at, row.completed_at) == (NOW + timedelta(minutes=1),) * 2
    assert changed == [True, False]


def test_another_id_is_refused_and_refresh_records_every_row_that_is_named(native: sessionmaker[Session]) -> None:
    """Also where the caller writes the id in another way than the database."""
    first, second = create(native, "op1", "op2")
    both = answer(operation("op1", media_id="CAUS1"), operation("op2", media_id="CAUS2"))

    recorded = refresh(native, Canned(both), first.upper())
    with native.begin() as session, pytest.raises(MediaIdConflictError):
        StatusChecker(repository(session)).record(second, answer(operation("op2", media_id="CAUSother")))

    assert [(one.generation_id, one.outcome) for one in recorded] == sorted(
        [(first, Found("CAUS1")), (second, Found("CAUS2"))]
    )


class Canned:
    """Gives one answer."""

    def __init__(self, text: str) -> None:
        """Take the answer."""
        self._text = text

    def fetch(self, operation_name: str, scene_id: str) -> str:  # noqa: ARG002
        """Return the answer."""
        return self._text


def test_pages_go_through_every_row_once(native: sessionmaker[Session]) -> None:
    """In both orders. Two rows share a moment; a page ends between them."""
    created = [*create(native, "a", "b", "c"), *create(native, "d")]

    oldest_first, newest_first = (paged(native, oldest_first=order) for order in (True, False))

    same = sorted((created[0], created[3]), key=lambda key: (len(key), key))
    assert oldest_first == [*same, created[1], created[2]]
    assert newest_first == oldest_first[::-1]


def paged(sessions: sessionmaker[Session], *, oldest_first: bool) -> list[str]:
    """Return the ids of all rows, fetched one by one, each page in a session of its own."""
    seen: list[str] = []
    token = None
    while token or not seen:
        with sessions() as session:
            page = repository(session).list_page(limit=1, token=token, oldest_first=oldest_first)
            seen += [row.id for row in page.generations]
            token = page.next_token
    return seen


def test_filters_and_claims_compare_moments_not_texts(native: sessionmaker[Session]) -> None:
    """In sessions of another time zone; a claim moves the turn of a row."""
    first, second, third = create(native, "a", "b", "c")
    second_on = GenerationFilter(created_from=NOW + timedelta(seconds=1), status=("pending", "failed"))
    before_third = GenerationFilter(updated_before=NOW + timedelta(seconds=2), profile_id="profile")

    with native.begin() as session:
        pages = [repository(session).list_page(wanted, oldest_first=True) for wanted in (second_on, before_third)]
        listed = [[row.id for row in page.generations] for page in pages]
        claimed = repository(session, NOW + timedelta(seconds=61.5)).claim_due(9, timedelta(seconds=60))
    with native() as session:
        counts = repository(session).counts_by_status()
        again = repository(session, NOW + timedelta(seconds=62.5)).claim_due(9, timedelta(seconds=60))

    assert listed == [[second, third], [first, second]]
    assert claimed == tuple(
        DueGeneration(id=key, profile_id="profile", operation_name=name, scene_id=f"s-{name}")
        for key, name in ((first, "a"), (second, "b"))
    )
    assert ([one.id for one in again], counts["pending"]) == ([third], 3)


def test_what_the_columns_do_not_hold_is_refused_in_one_line(native: sessionmaker[Session]) -> None:
    """A body that is no JSON, and the token of another table's page."""
    (created,) = create(native, "op1")
    of_text = "WyJ5ZXN0ZXJkYXkiLCJhIl0"  # ["yesterday","a"]

    with native() as session, pytest.raises(RowRefusedError, match=f"{created} cannot be stored: .*json"):
        repository(session).update_status(created, raw_response="{cut off")
    with native() as session, pytest.raises(PageTokenError):
        repository(session).list_page(token=of_text)


def test_the_index_for_pages_is_used(native: sessionmaker[Session]) -> None:
    """The one of docs/application.md, made in a session of another time zone than the one that reads."""
    engine = native.kw["bind"]
    index = f"CREATE INDEX page ON {TABLE} (coalesce(created_at, '0001-01-01T00:00:00Z'), id)"
    url = engine.url.render_as_string(hide_password=False)
    execute(url, "SET LOCAL timezone = 'UTC'", index)
    create(native, "a", "b")

    with engine.connect() as connection:
        plan = test_generations.plan_of_second_page(connection, oldest_first=True)

    assert ("using page" in plan, "Sort" in plan) == (True, False)
