"""Sweeps: a run comes back to rows that somebody else changed behind its cursor, and does not where nobody wrote."""

import psycopg
import pytest

from app.backfill.engine import backfill
from app.backfill.listener import Listener, Progress
from app.backfill.options import Options
from app.backfill.postgresql.other_writers import Quiet
from app.backfill.report import Report
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from support.postgres import PostgresServer
from tests.conftest import KINDS, POSTGRESQL_KINDS, LazyDatabases
from tests.support.responses import make_rows
from tests.support.tables import TABLE, execute, insert, query

ROWS = 400
RECOVERABLE = sum(row.response.outcome == "synced" for row in make_rows(ROWS))
FORGET_ONE = (
    f"UPDATE {TABLE} SET media_generation_id = NULL"
    f" WHERE id = (SELECT min(id) FROM {TABLE} WHERE media_generation_id IS NOT NULL)"
)


@pytest.fixture(params=KINDS)
def quiet_database(request: pytest.FixtureRequest, quiet_databases: LazyDatabases) -> str:
    """A database at head that nobody else writes to, with rows of every kind."""
    url = quiet_databases[request.param].upgraded()
    insert(url, make_rows(ROWS))
    return url


def run(url: str, listener: Listener | None = None) -> tuple[Report, int]:
    """Fill a table; return the report and how many sweeps it took."""
    with make_engine(url).connect() as connection:
        report = backfill(connection, MEDIA_IDS, Options(batch_size=50), origin="sync", listener=listener)
    ((sweeps,),) = query(url, "SELECT sweep FROM media_generation_id_backfill_runs ORDER BY id DESC LIMIT 1")
    return report, sweeps


class Once(Listener):
    """Does something to the database when the first rows have been filled."""

    def __init__(self, url: str, statement: str) -> None:
        self._url = url
        self._statement: str | None = statement

    def progress(self, progress: Progress) -> None:
        """Do it."""
        if progress.report.synced and self._statement:
            execute(self._url, self._statement)
            self._statement = None


def test_where_nobody_else_writes_one_sweep_is_enough(quiet_database: str) -> None:
    """Nothing can have come behind the cursor; so it is too when there is nothing left to do."""
    first, sweeps = run(quiet_database)
    again, sweeps_again = run(quiet_database)

    assert (first.synced, sweeps) == (RECOVERABLE, 1)
    assert (again.synced, sweeps_again) == (0, 1)


def test_a_row_whose_id_is_lost_behind_the_cursor_is_filled_again(quiet_database: str) -> None:
    """By the application's refresh, which writes every media column; the row counts once for each time."""
    report, sweeps = run(quiet_database, Once(quiet_database, FORGET_ONE))

    assert sweeps > 1
    assert report.synced == RECOVERABLE + 1
    assert query(quiet_database, f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NOT NULL") == [
        (RECOVERABLE,)
    ]


@pytest.fixture(params=POSTGRESQL_KINDS)
def server(request: pytest.FixtureRequest, quiet_databases: LazyDatabases) -> PostgresServer:
    """A server on which nothing writes by itself."""
    server = quiet_databases[request.param].server
    assert server is not None
    return server


def write(session: psycopg.Connection[tuple[object, ...]]) -> None:
    """Take a transaction's number, as everything that writes does."""
    session.execute("SELECT pg_current_xact_id()")


def test_a_server_is_quiet_as_long_as_only_the_run_writes(server: PostgresServer) -> None:
    """Reading takes no number, and every commit of the run's own does."""
    with make_engine(server.url()).connect() as connection, server.connect() as ours:
        quiet = Quiet(connection)
        before = quiet.lasts(connection, 0)
        write(ours)
        write(ours)

        assert before
        assert (quiet.lasts(connection, 2), quiet.lasts(connection, 1), quiet.lasts(connection, 3)) == (
            True,
            False,
            False,
        )


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_server_is_not_quiet_once_somebody_else_has_written(server: PostgresServer, end: str) -> None:
    """In whatever database of the server, and even if they took it back."""
    with make_engine(server.url()).connect() as connection, server.connect("template1") as theirs:
        quiet = Quiet(connection)
        theirs.execute("BEGIN")
        write(theirs)
        theirs.execute(end)

        assert not quiet.lasts(connection, 0)


@pytest.mark.parametrize("own_writes", [0, 1])
def test_a_server_is_not_quiet_where_somebody_had_begun_to_write_before(
    server: PostgresServer, own_writes: int
) -> None:
    """They may commit behind the cursor, whether or not another transaction was numbered after theirs."""
    with make_engine(server.url()).connect() as connection, server.connect() as theirs, server.connect() as ours:
        theirs.execute("BEGIN")
        write(theirs)
        for _ in range(own_writes):
            write(ours)
        quiet = Quiet(connection)
        theirs.execute("COMMIT")

        assert not quiet.lasts(connection, 0)
