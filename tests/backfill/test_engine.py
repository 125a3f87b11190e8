"""The entry of the engine: what it refuses, what it leaves as it was, and how many connections it takes."""

import gc

import pytest
import sqlalchemy as sa

from app.backfill.engine import backfill
from app.backfill.listener import Listener, Progress
from app.backfill.options import Options
from app.backfill.supported import require_supported
from app.database.engines import make_engine
from app.errors import ConfigurationError
from app.videos.recipe import MEDIA_IDS
from tests.conftest import Databases
from tests.support.any_table import row, store


class Frozen(Listener):
    """Notes how many objects the garbage collector leaves alone meanwhile."""

    def __init__(self) -> None:
        self.objects: list[int] = []

    def progress(self, progress: Progress) -> None:  # noqa: ARG002
        """Note it."""
        self.objects.append(gc.get_freeze_count())


def test_the_garbage_collector_leaves_alone_what_is_loaded_while_a_run_goes_on(sqlite_database: str) -> None:
    """And not for longer."""
    store(sqlite_database, [row(1)])
    frozen = Frozen()

    with make_engine(sqlite_database).connect() as connection:
        backfill(connection, MEDIA_IDS, Options(), origin="sync", listener=frozen)

    assert (min(frozen.objects) > 1_000, gc.get_freeze_count()) == (True, 0)


@pytest.mark.parametrize(
    ("url", "options", "owned_by_caller", "name"),
    [
        ("sqlite://", Options(max_replica_lag=1.0), False, "max_replica_lag"),
        ("sqlite://", Options(workers=2), False, "workers"),
        ("postgresql://nobody@nowhere/nothing", Options(workers=2), True, "workers"),
        ("postgresql://nobody@nowhere/nothing", Options(workers=2, max_replica_lag=1.0), False, None),
        ("sqlite://", Options(), True, None),
    ],
)
def test_options_that_a_database_does_not_have_are_refused(
    url: str, options: Options, name: str | None, *, owned_by_caller: bool
) -> None:
    """Before it is asked anything."""
    refused: str | None = None
    try:
        require_supported(make_engine(url), options, owned_by_caller=owned_by_caller)
    except ConfigurationError as error:
        refused = error.name

    assert refused == name


def test_the_engine_refuses_them_before_it_looks_at_the_table(sqlite_empty: str) -> None:
    """Here there is none."""
    with make_engine(sqlite_empty).connect() as connection, pytest.raises(ConfigurationError, match="workers"):
        backfill(connection, MEDIA_IDS, Options(workers=2), origin="sync")


@pytest.mark.parametrize(("dry_run", "sessions"), [(True, 1), (False, 3)])
def test_each_worker_has_a_connection_and_a_dry_run_one(
    databases_of_kind: dict[str, Databases], *, dry_run: bool, sessions: int
) -> None:
    """It only reads, and there is nothing to share."""
    url = databases_of_kind["postgresql-18"].upgraded()
    engine = make_engine(url)
    opened: list[object] = []
    sa.event.listen(engine, "connect", lambda connection, _: opened.append(connection))

    with engine.connect() as connection:
        backfill(connection, MEDIA_IDS, Options(workers=3, dry_run=dry_run), origin="sync")

    assert len(opened) == sessions
