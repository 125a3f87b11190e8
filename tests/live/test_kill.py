"""kill -9 at any moment loses at most the open batch; the next run goes on."""

import signal
import time
from random import Random

from tests.conftest import Databases
from tests.support.migrations import recorded_version
from tests.support.plain_rows import count_filled, filled, insert_plain
from tests.support.processes import run_upgrade, start_upgrade, wait_until
from tests.support.tables import create_variant, read_all

ROWS = 4_000
KILLS = 20
SLOWLY = {"batch_size": 20, "nice": 6}


def kill_upgrade(url: str, fraction: float, delay: float) -> int:
    """Start an upgrade, kill it when a part of the rows is filled and a little later; return its exit code."""
    process = start_upgrade(url, **SLOWLY)
    wait_until(lambda: count_filled(url) >= fraction * ROWS or process.poll() is not None)
    time.sleep(delay)
    process.send(signal.SIGKILL)
    return process.finish().code


def without_timestamp(url: str) -> dict[str, dict[str, object]]:
    """Return the whole table by operation, but for the ids that differ from database to database."""
    unlike = ("id", "raw_response", "updated_at")
    rows = read_all(url).values()
    return {row["operation_name"]: {name: row[name] for name in row if name not in unlike} for row in rows}


def test_twenty_kills_each_followed_by_a_rerun_end_like_an_undisturbed_run(live_databases: Databases) -> None:
    """Moments spread over the whole run; rows filled before a kill keep their timestamp to the end."""
    random = Random(20)
    undisturbed, url = live_databases.empty(), live_databases.empty()
    for database in (undisturbed, url):
        create_variant(database, "A")
        insert_plain(database, ROWS)
    run_upgrade(undisturbed)
    first_seen: dict[str, tuple[object, ...]] = {}
    versions = set()

    codes = set()
    for fraction in [0.0, 0.0, *sorted(random.uniform(0, 0.7) for _ in range(KILLS - 2))]:
        codes.add(kill_upgrade(url, fraction, random.uniform(0, 0.1)))
        versions.add(recorded_version(url))
        first_seen = filled(url) | first_seen
    last = run_upgrade(url)

    assert (codes, versions <= {None, "media_ids_0001", "media_ids_0002"}, last.code) == ({-signal.SIGKILL}, True, 0), (
        last
    )
    assert len(first_seen) > ROWS / 2
    assert {name: row for name, row in filled(url).items() if name in first_seen} == first_seen
    assert without_timestamp(url) == without_timestamp(undisturbed)
    assert recorded_version(url) == "media_ids_0003"
