"""How long a worker waits between batches, and for which replicas; and what patience notices meanwhile."""

import signal
from collections.abc import Iterator
from threading import Timer

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.backfill.books import Books, Rewound
from app.backfill.by_key.walk import KeyAccess, KeyWalk
from app.backfill.control import standby as standing_by
from app.backfill.control.control import Control
from app.backfill.control.limits import Limits, Stopped
from app.backfill.control.retrying import Patience
from app.backfill.control.standby import Standby
from app.backfill.control.throttle import Throttle
from app.backfill.light_tables import table_of
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.postgresql import replica_lag
from app.backfill.postgresql.replica_lag import ReplicaLag
from app.backfill.recipe import SHOWN
from app.backfill.row_names import NamedByKey
from app.backfill.transactions import Transactions
from app.database.engines import make_engine
from app.signals import StopRequest
from app.videos.recipe import MEDIA_IDS
from tests.conftest import Databases
from tests.support.control import Hand, run_with, tell_run
from tests.support.plain_rows import insert_plain

STANDBYS = (
    "CREATE SCHEMA standbys",
    "SET search_path = standbys, pg_catalog, public",
    "CREATE TABLE standbys.primary_server (lsn pg_lsn)",
    "CREATE TABLE standbys.pg_stat_replication (name text, replay_lsn pg_lsn, state text)",
    "CREATE FUNCTION standbys.pg_current_wal_lsn() RETURNS pg_lsn LANGUAGE sql AS 'SELECT lsn FROM primary_server'",
)
"""What a server says of its replicas, told by tables that go before its own."""


class Clock:
    """The time of a test."""

    now = 0.0

    def monotonic(self) -> float:
        """Return it."""
        return self.now


class Waiting(StopRequest):
    """Nobody waits; notes for how long it would have been, and moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        """Note it; whoever waits for a replica is asked to stop in the end."""
        self.waits.append(seconds)
        self.clock.now += seconds
        if len(self.waits) > 3:
            self.ask(signal.SIGTERM)


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """What nobody waits for, by its own clock."""
    stop = Waiting()
    monkeypatch.setattr(standing_by, "time", stop.clock)
    return stop


@pytest.fixture
def replicated(databases_of_kind: dict[str, Databases]) -> Iterator[sa.Connection]:
    """A connection that is told of replicas by tables of this test."""
    engine = make_engine(databases_of_kind["postgresql-18"].empty())
    with engine.connect() as connection:
        for statement in STANDBYS:
            connection.exec_driver_sql(statement)
        connection.commit()
        yield connection


def stand(connection: sa.Connection, primary: str, *standbys: tuple[str, str]) -> None:
    """Say where the primary server stands, and each replica, by its state."""
    connection.exec_driver_sql("DELETE FROM primary_server")
    connection.exec_driver_sql("DELETE FROM standbys.pg_stat_replication")
    connection.execute(sa.text("INSERT INTO primary_server VALUES (CAST(:lsn AS pg_lsn))"), {"lsn": primary})
    for lsn, state in standbys:
        values = {"lsn": lsn, "state": state}
        insert = "INSERT INTO standbys.pg_stat_replication VALUES ('one', CAST(:lsn AS pg_lsn), :state)"
        connection.execute(sa.text(insert), values)
    connection.commit()


def books(options: Options, stop: StopRequest) -> Books:
    """Return the books of a run that has done nothing."""
    table = table_of(MEDIA_IDS)
    key = [table.c[SHOWN]]
    walk = KeyWalk(MEDIA_IDS, table, KeyAccess(key, NamedByKey(key)), name="key")
    return Books(walk, Listener(), Control(options, stop))


def patience_with(kept: Books, stop: StopRequest, connection: sa.Connection, told: list[str]) -> Patience:
    """Return what tries again."""
    own = Transactions(connection, owned_by_caller=False)
    return Patience(kept, stop, Standby(kept, Limits(Options(), stop), own, Listener()), told.append)


def throttle(connection: sa.Connection, options: Options, stop: StopRequest, told: list[str]) -> Throttle:
    """Return what makes a worker wait."""
    kept, own = books(options, stop), Transactions(connection, owned_by_caller=False)
    standby = Standby(kept, Limits(options, stop), own, Listener())
    patience = patience_with(kept, stop, connection, told)
    return Throttle(options.max_replica_lag, kept.control, standby, patience, own, told.append)


def test_a_nice_run_waits_so_many_times_as_long_as_its_last_batch(replicated: sa.Connection, stop: Waiting) -> None:
    """And does not ask for replicas unless it is to."""
    told: list[str] = []
    stand(replicated, "0/90", ("0/10", "streaming"))

    throttle(replicated, Options(nice=3.0), stop, told).pause(0.5)

    assert (stop.waits, told, replicated.in_transaction()) == ([0.5, 0.5, 0.5], [], False)


def test_a_run_that_is_to_stop_does_not_wait(replicated: sa.Connection, stop: Waiting) -> None:
    """It ends before."""
    stop.ask(signal.SIGTERM)

    with pytest.raises(Stopped):
        throttle(replicated, Options(nice=3.0), stop, []).pause(0.5)

    assert stop.waits == []


def test_a_replica_that_is_behind_is_waited_for_until_somebody_asks_to_stop(
    replicated: sa.Connection, stop: Waiting
) -> None:
    """Half a second at a time, and each time it is told by how much."""
    told: list[str] = []
    stand(replicated, "0/90", ("0/10", "streaming"))
    allowed = throttle(replicated, Options(max_replica_lag=0.0), stop, told)

    allowed.pause(0.0)  # only measures where the primary stands
    with pytest.raises(Stopped):
        allowed.pause(0.0)

    assert stop.waits == [0.5, 0.5, 0.5, 0.5]
    assert set(told) == {"a replica is 0.0 s behind, allowed are 0 s"}


def test_lag_is_how_long_ago_the_primary_stood_where_the_slowest_replica_stands(
    replicated: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is still being set up does not count."""
    clock = Clock()
    monkeypatch.setattr(replica_lag, "time", clock)
    lag = ReplicaLag()
    measured = []
    copying, first = ("0/1", "backup"), ("0/90", "streaming")
    for clock.now, primary, slowest in (
        (10.0, "0/20", "0/20"),  # nothing is to be replayed
        (11.0, "0/30", "0/20"),
        (13.0, "0/30", "0/20"),  # nothing more is written
        (14.0, "0/50", "0/20"),
        (18.0, "0/50", "0/30"),  # stands where the primary stood from the eleventh second on
        (19.0, "0/60", "0/50"),
        (20.0, "0/60", "0/60"),
    ):
        stand(replicated, primary, copying, first, (slowest, "streaming"))
        measured.append(lag.seconds(replicated))
        replicated.commit()

    assert measured == [0.0, 0.0, 2.0, 3.0, 4.0, 0.0, 0.0]


def test_without_a_replica_nothing_lags_and_what_was_measured_is_forgotten(
    replicated: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next replica is measured from then on."""
    clock = Clock()
    monkeypatch.setattr(replica_lag, "time", clock)
    lag = ReplicaLag()
    measured = []
    for clock.now, standbys in ((1.0, [("0/20", "streaming")]), (5.0, []), (9.0, [("0/20", "streaming")])):
        stand(replicated, "0/30", *standbys)
        measured.append(lag.seconds(replicated))
        replicated.commit()

    assert measured == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("original", "is_noted"), [(psycopg.errors.AdminShutdown, True), (ValueError, False)])
def test_a_connection_that_is_lost_is_noted_and_a_stop_goes_before_the_error(
    replicated: sa.Connection, original: type[Exception], *, is_noted: bool
) -> None:
    """What became of the last commit is then to be found out; whoever asked to stop sees no error."""
    stop = StopRequest()
    kept = books(Options(), stop)
    patience = patience_with(kept, stop, replicated, [])
    stop.ask(signal.SIGTERM)

    def fail() -> None:
        raise DBAPIError("SELECT", None, original("said"))

    with pytest.raises(Stopped):
        patience.attempt(fail)

    assert kept._was_disconnected is is_noted  # noqa: SLF001


def test_patience_notices_what_the_books_say(replicated: sa.Connection) -> None:
    """A run that is to go back goes back before it does anything else."""
    kept = books(Options(), StopRequest())
    kept._is_rewound = True  # noqa: SLF001

    with pytest.raises(Rewound):
        patience_with(kept, StopRequest(), replicated, []).check()


@pytest.mark.parametrize(("options", "state"), [({"time_budget": 0.3}, "partial"), ({}, "stopped")])
def test_a_long_rest_ends_with_the_time_budget_and_for_a_pause(
    sqlite_database: str, options: dict[str, float], state: str
) -> None:
    """A rest of hours, by `nice`, keeps the run from neither: the pause is ended by `cancel` here."""
    insert_plain(sqlite_database, 40)
    pause = None if options else lambda: tell_run(sqlite_database, {"paused": True})
    hand, stop = Hand(pause, lambda: tell_run(sqlite_database, {"cancelled": True})), StopRequest()
    too_late = Timer(10, stop.ask, [signal.SIGTERM])
    too_late.start()

    report = run_with(sqlite_database, hand, stop=stop, batch_size=5, nice=1e6, **options)
    too_late.cancel()

    assert (report.state, len(hand.paused_by), stop.signal_number) == (state, 0 if options else 1, None)
