"""Fixtures: every test gets a database of its own, made by the real revisions, on each kind of database."""

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from support.postgres import PostgresServer, available_versions
from tests.support.migrations import upgrade

KINDS = ("sqlite", *(f"postgresql-{version}" for version in available_versions()))
POSTGRESQL_KINDS = KINDS[1:]
WRITES_NOTHING = {"autovacuum": "off", "wal_level": "minimal", "max_wal_senders": "0", "checkpoint_timeout": "1d"}
"""Settings of a server that changes nothing by itself: no statistics, no snapshots for replicas, no checkpoints."""
EMPTY_TEMPLATE, UPGRADED_TEMPLATE = "template1", "upgraded"


MEASUREMENTS: list[str] = []


class Databases:
    """Makes databases of one kind: empty, or a copy of one that the revisions upgraded."""

    def __init__(self, kind: str, folder: Path, server: PostgresServer | None) -> None:
        """Take the kind's name, a folder for files, and the server where the kind has one."""
        self.kind = kind
        self.server = server
        self._folder = folder
        self._numbers = count()
        self._template: Path | None = None
        self._upgraded = False

    def empty(self) -> str:
        """Return the URL of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        return self.server.create_database(name) if self.server else f"sqlite:///{self._folder / name}.db"

    def upgraded(self) -> str:
        """Return the URL of a new database at head, without rows."""
        name = f"test_{next(self._numbers)}"
        if self.server:
            self._make_upgraded_template(self.server)
            return self.server.create_database(name, template=UPGRADED_TEMPLATE)
        file = self._folder / f"{name}.db"
        shutil.copy(self._upgraded_file(), file)
        return f"sqlite:///{file}"

    def _make_upgraded_template(self, server: PostgresServer) -> None:
        if not self._upgraded:
            upgrade(server.create_database(UPGRADED_TEMPLATE))
            self._upgraded = True

    def _upgraded_file(self) -> Path:
        if self._template is None:
            self._template = self._folder / "upgraded.db"
            upgrade(f"sqlite:///{self._template}")
        return self._template


@pytest.fixture(autouse=True)
def no_log_left_behind() -> Iterator[None]:
    """Nothing that a test made of the log outlives it: its stderr is closed then."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)


@pytest.fixture(scope="session")
def databases_of_kind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Databases]]:
    """Every kind of database, its server started when it is first asked for."""
    with ExitStack() as stack:
        yield LazyDatabases(stack, tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def quiet_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator["LazyDatabases"]:
    """Databases whose servers write nothing by themselves."""
    with ExitStack() as stack:
        yield LazyDatabases(stack, tmp_path_factory.mktemp("quiet"), WRITES_NOTHING)


class LazyDatabases(dict[str, Databases]):
    """The databases of each kind, its server started when it is first asked for."""

    def __init__(self, stack: ExitStack, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Take what stops the servers, a folder for files, and settings for the servers."""
        super().__init__()
        self._stack = stack
        self._folder = folder
        self._settings = settings

    def __missing__(self, kind: str) -> Databases:
        self[kind] = Databases(kind, self._folder, None if kind == "sqlite" else self._start(kind))
        return self[kind]

    def _start(self, kind: str) -> PostgresServer:
        server = PostgresServer(int(kind.split("-")[1]), settings=self._settings)
        return self._stack.enter_context(server)


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> Databases:
    """Each kind of database in turn."""
    return databases_of_kind[request.param]


@pytest.fixture
def empty_database(databases: Databases) -> str:
    """The URL of an empty database, on each kind in turn."""
    return databases.empty()


@pytest.fixture
def database(databases: Databases) -> str:
    """The URL of a database at head without rows, on each kind in turn."""
    return databases.upgraded()


@pytest.fixture
def sqlite_database(databases_of_kind: dict[str, Databases]) -> str:
    """The URL of a SQLite file at head without rows."""
    return databases_of_kind["sqlite"].upgraded()


@pytest.fixture
def sqlite_empty(databases_of_kind: dict[str, Databases]) -> str:
    """The URL of a SQLite file that is not there yet."""
    return databases_of_kind["sqlite"].empty()


@pytest.fixture(params=POSTGRESQL_KINDS)
def postgresql_empty(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> str:
    """The URL of an empty PostgreSQL database, on each version in turn."""
    return databases_of_kind[request.param].empty()


@pytest.fixture(params=POSTGRESQL_KINDS)
def postgresql_database(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> str:
    """The URL of a PostgreSQL database at head without rows, on each version in turn."""
    return databases_of_kind[request.param].upgraded()


@pytest.fixture(params=POSTGRESQL_KINDS)
def empty_postgresql_database(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> str:
    """The URL of an empty PostgreSQL database, on each version in turn."""
    return databases_of_kind[request.param].empty()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what a test has measured, whichever process it ran in."""
    if report.when == "call":
        MEASUREMENTS.extend(str(value) for name, value in report.user_properties if name == "measured")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what was measured."""
    if MEASUREMENTS:
        terminalreporter.section("measured")
        for line in MEASUREMENTS:
            terminalreporter.write_line(line)
