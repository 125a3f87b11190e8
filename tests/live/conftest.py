"""Fixtures for runs on a live database: kinds of database, and measurements; tests/conftest.py shows them."""

from collections.abc import Callable, Iterator

import pytest

from support.postgres import PostgresServer
from tests.conftest import Databases

KINDS = ["sqlite", "postgresql-18", pytest.param("postgresql-16", marks=pytest.mark.soak)]


@pytest.fixture(params=KINDS)
def live_databases(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> Databases:
    """SQLite and the newest PostgreSQL in turn; the older one only in long runs."""
    return databases_of_kind[request.param]


@pytest.fixture
def postgresql(databases_of_kind: dict[str, Databases]) -> Databases:
    """Databases on the newest PostgreSQL."""
    return databases_of_kind["postgresql-18"]


@pytest.fixture
def sqlite(databases_of_kind: dict[str, Databases]) -> Databases:
    """Databases in SQLite files."""
    return databases_of_kind["sqlite"]


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for one test alone: it may be stopped and changed."""
    with PostgresServer(18, settings={"deadlock_timeout": "100ms"}) as server:
        yield server


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Keep a measurement: it is shown in the summary and stands in the report."""

    def keep(line: str) -> None:
        record_property("measured", line)

    return keep
