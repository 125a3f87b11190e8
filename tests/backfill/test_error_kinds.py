"""What an error of the database means, by its code: each of them in every form in which drivers hand it out."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError

from app.backfill.control.error_kinds import Trouble, sqlstate, trouble
from app.backfill.errors import OfflineBackfillError, RunSupersededError, TableChangedError

STATES = {
    Trouble.BUSY: ("40001", "40P01", "55P03", "57014"),
    Trouble.LOST: ("08000", "08006", "57000", "57P01", "57P02", "57P03", "57P05"),
    Trouble.ROW: (
        *("21000", "22001", "22P02", "22P05", "23502", "23503", "23505", "23514", "27000", "44000", "54000", "54001"),
        *("P0000", "P0001"),
    ),
    Trouble.FATAL: ("25006", "28000", "40002", "42501", "42703", "53100", "53200", "53300", "55000", "55006", "XX000"),
}
SQLITE = {
    Trouble.LOCKED: (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED),
    Trouble.ROW: (
        *(sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_CONSTRAINT_TRIGGER, sqlite3.SQLITE_TOOBIG),
        *(sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT_UNIQUE),
    ),
    Trouble.FATAL: (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR),
}
WITHOUT_CODE = {
    OperationalError: Trouble.LOST,
    InterfaceError: Trouble.LOST,
    DataError: Trouble.ROW,
    IntegrityError: Trouble.ROW,
    ProgrammingError: Trouble.FATAL,
}


class OfPsycopg2(Exception):  # noqa: N818
    """An error as psycopg2 hands it out."""

    def __init__(self, code: str) -> None:
        super().__init__("said by the server")
        self.pgcode = code


def raised(original: BaseException, kind: type[DBAPIError] = DBAPIError, *, lost: bool = False) -> DBAPIError:
    """Return an error as SQLAlchemy raises it."""
    return kind("SELECT", None, original, connection_invalidated=lost)


@pytest.mark.parametrize(("expected", "state"), [(kind, state) for kind, states in STATES.items() for state in states])
def test_a_code_of_postgresql_means_the_same_in_every_drivers_error(expected: Trouble, state: str) -> None:
    """Of psycopg, psycopg2 and pg8000."""
    of_psycopg = psycopg.Error("said by the server")
    of_psycopg.sqlstate = state
    errors = [raised(of_psycopg), raised(OfPsycopg2(state)), raised(Exception({"C": state, "M": "XX000"}))]

    assert [sqlstate(error) for error in errors] == [state] * 3
    assert [trouble(error) for error in errors] == [expected] * 3


@pytest.mark.parametrize(("expected", "code"), [(kind, code) for kind, codes in SQLITE.items() for code in codes])
def test_a_code_of_sqlite_means_what_its_primary_code_means(expected: Trouble, code: int) -> None:
    """Extended codes hold it in their lowest byte."""
    error = sqlite3.OperationalError("said by SQLite")
    error.sqlite_errorcode = code

    assert trouble(raised(error)) is expected


def test_an_error_without_a_code_is_the_drivers_own() -> None:
    """No server has spoken: the connection is lost, the value cannot be sent, or the program is wrong."""
    found = {kind: trouble(raised(Exception("said by the driver"), kind)) for kind in WITHOUT_CODE}

    assert (found, trouble(raised(sqlite3.Error("no code")))) == (WITHOUT_CODE, Trouble.FATAL)


def test_a_connection_that_is_gone_is_lost_whatever_the_code_says() -> None:
    """Here the code of a row that is refused."""
    original = psycopg.errors.UniqueViolation("said by the server")

    assert (trouble(raised(original)), trouble(raised(original, lost=True))) == (Trouble.ROW, Trouble.LOST)


def test_errors_of_the_backfill_keep_their_facts() -> None:
    """And their exit codes: another run is active, or something is wrong with the table."""
    taken, changed, offline = RunSupersededError(7), TableChangedError("some"), OfflineBackfillError("mssql")

    assert (taken.run_id, taken.exit_code, changed.table, changed.exit_code) == (7, 4, "some", 2)
    assert (offline.dialect, offline.exit_code) == ("mssql", 2)
    assert str(taken) == "run 7 was taken over by another run; its open batch was rolled back"
    assert str(changed) == "table some: its partitions or shards changed during the run; run it again"
