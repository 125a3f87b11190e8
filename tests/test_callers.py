"""What another program may put into `config.attributes["connection"]`: connections and engines, of either driver."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool

from app.backfill.control.error_kinds import Trouble, sqlstate, trouble
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.cli.run_sync import sync_database
from app.database.engines import make_engine
from app.media_ids.extraction import Found, extract
from app.migration.scripts import revisions
from app.reports.health import check_database
from app.settings import Settings
from tests.support.migrations import alembic_config, recorded_version, upgrade
from tests.support.responses import make_rows
from tests.support.tables import create_variant, insert, read_all, sqlite_path, store_body

MALFORMED = ("{", '{"a": "\\u0000"}', '["\\ud800"]', "[" * 20_000, "", "no")
CANNOT_BE_CAST = {"SELECT CAST('{' AS json)": "22P02", "SELECT 1 / 0": "22012", "SELECT nothing": "42703"}
ASYNC = "postgresql+psycopg_async://nobody@127.0.0.1:1/nothing"
OURS = 'config.attributes["connection"] is of the kind'


@pytest.fixture
def adopted(postgresql_empty: str) -> str:
    """A PostgreSQL database of variant A, not upgraded, with a row of every kind and bodies that cannot be cast."""
    create_variant(postgresql_empty, "A")
    insert(postgresql_empty, make_rows(24))
    for name, body in zip(sorted(read_all(postgresql_empty)), MALFORMED, strict=False):
        store_body(postgresql_empty, name, body)
    return postgresql_empty


def psycopg2_engine(url: str) -> sa.Engine:
    """Return an engine of psycopg2 for a database."""
    return sa.create_engine(make_url(url).set(drivername="postgresql+psycopg2"), poolclass=NullPool)


def upgrade_with(given: object, /, url: str, **x_arguments: object) -> None:
    """Upgrade on what the caller gives."""
    config = alembic_config(url, **x_arguments)
    config.attributes["connection"] = given
    command.upgrade(config, "head")


def ids(url: str) -> dict[str, object]:
    """Return the id of every row, by the row's own."""
    return {name: row["media_generation_id"] for name, row in read_all(url).items()}


def extracted(url: str) -> dict[str, object]:
    """Return what extract() finds for every row, by the row's id."""
    found = {
        name: extract(row["raw_response"], row["operation_name"], row["scene_id"])
        for name, row in read_all(url).items()
    }
    return {name: result.media_generation_id if isinstance(result, Found) else None for name, result in found.items()}


# --- psycopg2 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"batch_size": 2}, {"workers": 2}, {"max_replica_lag": 1}])
def test_an_engine_of_psycopg2(adopted: str, options: dict[str, int]) -> None:
    """Bodies that cannot be cast are failures of their rows, at once, and every other row is filled."""
    expected = extracted(adopted)

    upgrade_with(psycopg2_engine(adopted), adopted, **options)

    assert (recorded_version(adopted), ids(adopted)) == ("media_ids_0003", expected)
    assert 0 < sum(map(bool, expected.values())) < len(expected)


def test_a_connection_of_psycopg2(adopted: str) -> None:
    """Without a transaction: the batches are committed."""
    expected = extracted(adopted)

    with psycopg2_engine(adopted).connect() as connection:
        upgrade_with(connection, adopted)

    assert (recorded_version(adopted), ids(adopted)) == ("media_ids_0003", expected)


def test_a_connection_of_psycopg2_in_a_transaction(adopted: str) -> None:
    """The caller commits: a body that cannot be cast does not spoil its transaction."""
    expected = extracted(adopted)

    with psycopg2_engine(adopted).begin() as connection:
        upgrade_with(connection, adopted)
        before = recorded_version(adopted)

    assert (before, recorded_version(adopted), ids(adopted)) == (None, "media_ids_0003", expected)


def test_sync_and_check_on_psycopg2(adopted: str) -> None:
    """As a program that calls them does."""
    upgrade(adopted, "media_ids_0002")
    expected = extracted(adopted)
    engine = psycopg2_engine(adopted)

    report, code = sync_database(engine, Settings.load(), Options(), Listener())
    command.stamp(alembic_config(adopted), "head")
    with engine.connect() as connection:
        findings = {finding.name: finding.ok for finding in check_database(connection, revisions())}

    assert (code, report.state, ids(adopted)) == (1, "done", expected)
    assert findings == dict.fromkeys(findings, True)


@pytest.mark.parametrize("statement", CANNOT_BE_CAST)
@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg2"])
def test_the_code_of_an_error_is_the_same_from_both_drivers(postgresql_empty: str, driver: str, statement: str) -> None:
    """The one calls it sqlstate, the other pgcode."""
    engine = sa.create_engine(make_url(postgresql_empty).set(drivername=driver), poolclass=NullPool)

    with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.exec_driver_sql(statement)

    assert sqlstate(caught.value) == CANNOT_BE_CAST[statement]


def test_a_value_that_the_driver_does_not_take_is_no_lost_connection(postgresql_empty: str) -> None:
    """A NUL is refused before any server sees it: trying again would take a minute and change nothing."""
    statement = sa.text("SELECT CAST(:value AS text)")

    with pytest.raises(DBAPIError) as caught, make_engine(postgresql_empty).connect() as connection:
        connection.execute(statement, {"value": "\0"})

    assert (sqlstate(caught.value), trouble(caught.value)) == (None, Trouble.ROW)


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg2"])
def test_a_server_that_does_not_answer_is_a_lost_connection(driver: str) -> None:
    """There is no code, since no server gave one."""
    with pytest.raises(DBAPIError) as caught:
        sa.create_engine(f"{driver}://nobody@127.0.0.1:1/nothing").connect()

    assert (sqlstate(caught.value), trouble(caught.value)) == (None, Trouble.LOST)


# --- asynchronous programs -------------------------------------------------------------------------------------------


def run_asynchronously(url: str, driver: str, *, in_transaction: bool) -> None:
    """Upgrade on an asynchronous connection, as the error about one says that it is to be done."""

    async def program() -> None:
        engine = create_async_engine(make_url(url).set(drivername=driver), poolclass=NullPool)
        async with engine.begin() if in_transaction else engine.connect() as connection:
            await connection.run_sync(upgrade_with, url)

    asyncio.run(program())


@pytest.mark.parametrize(
    ("driver", "in_transaction"), [("psycopg_async", False), ("psycopg_async", True), ("asyncpg", True)]
)
def test_an_asynchronous_connection_hands_over_one_that_works(
    adopted: str, driver: str, *, in_transaction: bool
) -> None:
    """Its caller commits, where there is a transaction."""
    expected = extracted(adopted)

    run_asynchronously(adopted, f"postgresql+{driver}", in_transaction=in_transaction)

    assert (recorded_version(adopted), ids(adopted)) == ("media_ids_0003", expected)


def test_an_asynchronous_connection_of_sqlite(sqlite_empty: str) -> None:
    """The same, in a file."""
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(24))
    expected = extracted(sqlite_empty)

    run_asynchronously(sqlite_empty, "sqlite+aiosqlite", in_transaction=True)

    assert (recorded_version(sqlite_empty), ids(sqlite_empty)) == ("media_ids_0003", expected)


@pytest.mark.parametrize("driver", ["sqlite+aiosqlite", "postgresql+asyncpg"])
def test_drivers_that_need_a_transaction_of_the_caller_say_so(sqlite_empty: str, driver: str) -> None:
    """Before they connect: nobody listens there."""
    url = sqlite_empty if driver.startswith("sqlite") else "postgresql://nobody@127.0.0.1:1/nothing"
    engine = create_async_engine(make_url(url).set(drivername=driver)).sync_engine

    with pytest.raises(CommandError, match="begin a transaction on it first"):
        upgrade_with(engine, url)

    assert not sqlite_path(sqlite_empty).exists()


# --- what nothing can be migrated on ---------------------------------------------------------------------------------


class TheirSession(Session):
    """A class of the caller's own."""


KINDS: dict[str, tuple[Callable[[], object], str]] = {
    "AsyncEngine": (lambda: create_async_engine(ASYNC), "use `await connection.run_sync(...)`"),
    "AsyncConnection": (lambda: AsyncConnection(create_async_engine(ASYNC)), "use `await connection.run_sync(...)`"),
    "AsyncSession": (AsyncSession, "use `await session.run_sync(...)`"),
    "Session": (Session, "give `session.connection()`"),
    "TheirSession": (TheirSession, "give `session.connection()`"),
    "scoped_session": (lambda: scoped_session(sessionmaker()), "give `session.connection()`"),
    "sessionmaker": (sessionmaker, "give the Engine that it was made with"),
    "str": (lambda: ASYNC, "put a URL into `sqlalchemy.url`"),
    "URL": (lambda: make_url(ASYNC), "put a URL into `sqlalchemy.url`"),
    "dict": (dict, "give a Connection or an Engine of SQLAlchemy"),
    "bool": (bool, "give a Connection or an Engine of SQLAlchemy"),
}


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_is_refused_before_anything_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, offline: bool
) -> None:
    """The line names the kind and what to give instead; the default database is not made."""
    monkeypatch.chdir(tmp_path)
    make, instead = KINDS[kind]
    config = alembic_config("")
    config.attributes["connection"] = make()

    with pytest.raises(CommandError) as caught:
        command.upgrade(config, "head", sql=offline)

    problem = str(caught.value)
    assert problem.startswith(f"{OURS} {kind}: ")
    assert (instead in problem, "\n" in problem, list(tmp_path.iterdir())) == (True, False, [])


def test_none_is_as_good_as_nothing(sqlite_empty: str) -> None:
    """A caller may set the attribute and have no connection."""
    upgrade_with(None, sqlite_empty)

    assert recorded_version(sqlite_empty) == "media_ids_0003"


@pytest.mark.parametrize("offline", [False, True])
def test_an_engine_of_another_database_is_refused_before_it_connects(tmp_path: Path, *, offline: bool) -> None:
    """A driver of MySQL is not even needed to ask for this."""
    engine = sa.create_engine("mysql+pymysql://nobody@127.0.0.1:1/x", module=FakeDriver())
    config = alembic_config(f"sqlite:///{tmp_path}/new.db")
    config.attributes["connection"] = engine

    with pytest.raises(CommandError) as caught:
        command.upgrade(config, "head", sql=offline)

    assert str(caught.value).startswith("the Engine that was given: no support for mysql://; use postgresql://")
    assert list(tmp_path.iterdir()) == []


class FakeDriver:
    """Stands for a driver that is not installed here; nothing may connect with it."""

    paramstyle = "format"
    __version__ = "1.0"
    threadsafety = 1


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg2"])
@pytest.mark.parametrize("given", ["engine", "connection"])
def test_an_engine_that_commits_by_itself_is_refused(adopted: str, driver: str, given: str) -> None:
    """Neither a batch nor the lock would be one; nothing is created."""
    url = make_url(adopted).set(drivername=driver)
    engine = sa.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    with engine.connect() as connection, pytest.raises(CommandError, match="of the kind AUTOCOMMIT: give one that"):
        upgrade_with(engine if given == "engine" else connection, adopted)

    assert (recorded_version(adopted), any(ids(adopted).values())) == (None, False)


def test_sql_is_written_for_the_database_of_the_engine(sqlite_empty: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And not for the one that DATABASE_URL would have named."""
    config = alembic_config(sqlite_empty)
    config.attributes["connection"] = sa.create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/nothing")

    command.upgrade(config, "head", sql=True)

    assert "DO $" in capsys.readouterr().out
