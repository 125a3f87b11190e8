"""How a run ends early: by a signal, by its budget, by a failure; and how the next one goes on."""

import signal

import pytest

from tests.conftest import Databases
from tests.support.migrations import recorded_version
from tests.support.plain_rows import count_filled, expected_ids, filled, filled_ids, insert_plain
from tests.support.processes import run_sync, run_upgrade, start_sync, start_upgrade, wait_until
from tests.support.tables import create_variant, query

ROWS = 3_000
SLOWLY = {"batch_size": 20, "nice": 6}
LAST_RUNS = "SELECT origin, state FROM media_generation_id_backfill_runs ORDER BY id"


def database_to_upgrade(databases: Databases) -> str:
    """Return a database of the application with pending rows."""
    url = databases.empty()
    create_variant(url, "A")
    insert_plain(url, ROWS)
    return url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_an_upgrade_after_its_batch_and_the_next_one_resumes(
    live_databases: Databases, number: signal.Signals
) -> None:
    """Exit code 143 or 130; the run is marked stopped, not stamped, and what it filled stays as it is."""
    url = database_to_upgrade(live_databases)
    process = start_upgrade(url, **SLOWLY)
    wait_until(lambda: count_filled(url) > 100)

    process.send(number)
    ended = process.finish()
    kept, version, runs = filled(url), recorded_version(url), query(url, LAST_RUNS)
    again = run_upgrade(url)

    assert (ended.code, version, runs) == (128 + number, "media_ids_0002", [("upgrade", "stopped")]), ended
    assert f"stopped by signal {int(number)}; {len(kept)} rows filled and kept. Run it again to resume" in ended.err
    assert 100 < len(kept) < len(expected_ids(ROWS))
    assert (again.code, recorded_version(url), query(url, LAST_RUNS)[1:]) == (
        0,
        "media_ids_0003",
        [("upgrade", "done")],
    ), again
    assert {name: row for name, row in filled(url).items() if name in kept} == kept
    assert filled_ids(url) == expected_ids(ROWS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_sync_with_the_shells_exit_code(live_databases: Databases, number: signal.Signals) -> None:
    """The same from the command."""
    url = live_databases.upgraded()
    insert_plain(url, ROWS)
    process = start_sync(url, "--json", batch_size="20", nice="2")
    wait_until(lambda: count_filled(url) > 100)

    process.send(number)
    ended = process.finish()
    runs, kept = query(url, LAST_RUNS), filled(url)
    again = run_sync(url)

    assert (ended.code, '"state": "stopped"' in ended.out, runs[1:]) == (128 + number, True, [("sync", "stopped")]), (
        ended
    )
    assert (again.code, filled_ids(url)) == (1, expected_ids(ROWS)), again
    assert {name: row for name, row in filled(url).items() if name in kept} == kept


def test_time_budget_ends_an_upgrade_with_an_error_and_the_next_one_resumes(live_databases: Databases) -> None:
    """Not stamped; each further upgrade goes on, and one of them is the last."""
    url = database_to_upgrade(live_databases)

    first = run_upgrade(url, time_budget=0.3, **SLOWLY)
    kept, version, runs = filled(url), recorded_version(url), query(url, LAST_RUNS)
    last = run_upgrade(url)

    assert (first.code, version, runs) == (255, "media_ids_0002", [("upgrade", "partial")]), first
    assert f"time_budget of 0.3 s spent; {len(kept)} rows filled and kept" in first.out
    assert "Traceback" not in first.err
    assert 0 < len(kept) < len(expected_ids(ROWS))
    assert (last.code, recorded_version(url), filled_ids(url)) == (0, "media_ids_0003", expected_ids(ROWS)), last
    assert {name: row for name, row in filled(url).items() if name in kept} == kept


def test_time_budget_ends_sync_with_exit_code_3_until_nothing_is_left(live_databases: Databases) -> None:
    """Calling again and again comes to the end."""
    url = live_databases.upgraded()
    insert_plain(url, ROWS)

    codes = [run_sync(url, "--time-budget", "0.3", batch_size="20", nice="1").code]
    while codes[-1] == 3 and len(codes) < 100:
        codes.append(run_sync(url, "--time-budget", "0.3", batch_size="100").code)

    assert (codes[0], codes[-1], filled_ids(url)) == (3, 1, expected_ids(ROWS))


def test_failures_seen_by_an_earlier_part_of_a_sweep_count_at_its_end(live_databases: Databases) -> None:
    """Of the two bodies that are cut off, the first part meets one and the second part the other."""
    url = live_databases.upgraded()
    insert_plain(url, ROWS)
    run_sync(url)

    first, last = run_sync(url, "--limit", "100"), run_sync(url, "--limit", "100000")

    assert (first.code, "❌ Failed 1" in first.out) == (3, True), first
    assert (last.code, "❌ Failed 2" in last.out) == (1, True), last


def test_deferred_backfill_is_stamped_at_once_and_done_by_sync(live_databases: Databases) -> None:
    """For tables that would hold a deploy for hours."""
    url = database_to_upgrade(live_databases)

    upgraded = run_upgrade(url, backfill="defer")
    state = (recorded_version(url), filled(url), query(url, LAST_RUNS))
    synced = run_sync(url)

    assert (upgraded.code, state) == (0, ("media_ids_0003", {}, [])), upgraded
    assert "run `media-gen-ids sync` to do the work" in upgraded.err
    assert (synced.code, filled_ids(url)) == (1, expected_ids(ROWS)), synced


def test_abort_on_failure_keeps_all_good_rows_and_does_not_stamp(live_databases: Databases) -> None:
    """Two bodies are cut off; without the option the same upgrade goes through."""
    url = database_to_upgrade(live_databases)

    aborted = run_upgrade(url, on_failure="abort")
    version, kept = recorded_version(url), filled(url)
    continued = run_upgrade(url)

    assert (aborted.code, version) == (255, "media_ids_0002"), aborted
    assert "2 rows failed" in aborted.out
    assert filled_ids(url) == expected_ids(ROWS)
    assert (continued.code, recorded_version(url), filled(url)) == (0, "media_ids_0003", kept), continued
