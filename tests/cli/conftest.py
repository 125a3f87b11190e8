"""Fixtures of the command line: run a command in this process, and a table with every kind of row."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

import pytest

from app.cli.main import run
from support.commands import without_times
from tests.support.migrations import upgrade
from tests.support.responses import make_rows
from tests.support.tables import insert


class Ran(NamedTuple):
    """How a command ended, and what it printed; lines of the log come without their times."""

    code: int
    out: str
    err: str


Command: TypeAlias = Callable[..., Ran]


@contextmanager
def log_of_its_own() -> Iterator[None]:
    """Let a command make its log on the stderr of this test, whatever log an earlier one has left behind."""
    root = logging.getLogger()
    before, root.handlers[:] = list(root.handlers), []
    try:
        yield
    finally:
        root.handlers[:] = before


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `media-gen-ids` with some arguments, as on a terminal 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")

    def run_command(*arguments: str) -> Ran:
        capsys.readouterr()
        with log_of_its_own():
            code = run(arguments)
        printed = capsys.readouterr()
        return Ran(code, printed.out, without_times(printed.err))

    return run_command


@pytest.fixture
def filled_database(empty_database: str) -> str:
    """The URL of a database with 48 rows, two of every kind, that has been upgraded, on each kind of database."""
    upgrade(empty_database, "media_ids_0002")
    insert(empty_database, make_rows(48))
    upgrade(empty_database)
    return empty_database


@pytest.fixture
def filled_file(sqlite_empty: str) -> str:
    """The URL of a SQLite file with the same rows."""
    upgrade(sqlite_empty, "media_ids_0002")
    insert(sqlite_empty, make_rows(48))
    upgrade(sqlite_empty)
    return sqlite_empty
