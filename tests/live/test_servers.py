"""What happens to a run when its server or its disk gives up."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.postgres import UNPRIVILEGED_USER, PostgresServer, StopMode
from tests.support.migrations import recorded_version
from tests.support.plain_rows import count_filled, expected_ids, filled, filled_ids, insert_plain
from tests.support.processes import Finished, run_sync, run_upgrade, start_sync, start_upgrade, wait_until
from tests.support.tables import TABLE, create_variant, execute, query

ROWS = 3_000
SLOWLY = {"batch_size": 20, "nice": 6}


def without_progress(ended: Finished) -> list[str]:
    """Return the lines of stderr that are no progress."""
    return [line for line in ended.err.splitlines() if "waiting" not in line and "rows done" not in line]


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_sync_goes_on_after_the_server_was_stopped_and_started(own_server: PostgresServer, mode: StopMode) -> None:
    """A crash or a restart in the middle: connect again, and lose nothing."""
    url = own_server.create_database("stopped")
    assert run_upgrade(url).code == 0
    insert_plain(url, ROWS)
    process = start_sync(url, batch_size="20", nice="2")
    wait_until(lambda: count_filled(url) > 200)

    own_server.stop(mode)
    own_server.start()
    kept = filled(url)
    ended = process.finish()

    assert (ended.code, filled_ids(url)) == (1, expected_ids(ROWS)), ended  # 1: the bodies that are cut off
    assert {name: row for name, row in filled(url).items() if name in kept} == kept


@pytest.mark.parametrize("workers", ["1", "3"])
def test_batches_that_a_crash_has_undone_are_done_again_and_count_once(
    own_server: PostgresServer, workers: str
) -> None:
    """They do not wait for the disk; here nothing else brings them there, so all since the last checkpoint are gone."""
    url = own_server.create_database("undone")
    assert run_upgrade(url).code == 0
    insert_plain(url, ROWS)
    with own_server.connect() as session:
        session.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        session.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
        session.execute("SELECT pg_reload_conf()")
        session.execute("CHECKPOINT")
    process = start_sync(url, "--json", batch_size="20", nice="2", workers=workers)
    wait_until(lambda: count_filled(url) > 400)

    own_server.stop("immediate")
    own_server.start()
    left = count_filled(url)
    ended = process.finish()

    assert left < 400
    assert "undone the last batches" in ended.err
    assert (ended.code, filled_ids(url)) == (1, expected_ids(ROWS)), ended
    report = json.loads(ended.out)
    (failures,) = query(url, "SELECT count(*) FROM media_generation_id_backfill_failures")
    assert (report["synced"], report["total"], (report["failed"],)) == (len(expected_ids(ROWS)), ROWS, failures)


def test_upgrade_goes_on_or_ends_with_one_line_when_the_server_was_stopped(own_server: PostgresServer) -> None:
    """Whichever it is, everything committed is kept, and the next upgrade comes to the end."""
    url = own_server.create_database("stopped")
    create_variant(url, "A")
    insert_plain(url, ROWS)
    process = start_upgrade(url, **SLOWLY)
    wait_until(lambda: count_filled(url) > 200)

    own_server.stop("immediate")
    own_server.start()
    kept = filled(url)
    ended = process.finish()
    again = run_upgrade(url)

    assert (ended.code in {0, 255}, "Traceback" in ended.err) == (True, False), ended
    assert (again.code, recorded_version(url), filled_ids(url)) == (0, "media_ids_0003", expected_ids(ROWS)), again
    assert {name: row for name, row in filled(url).items() if name in kept} == kept


def test_server_that_is_down_is_one_clear_line(own_server: PostgresServer) -> None:
    """Nothing is retried for a minute before anything has begun."""
    url = own_server.create_database("down")
    own_server.stop()

    synced, upgraded = run_sync(url), run_upgrade(url)

    assert (synced.code, len(synced.err.splitlines())) == (2, 1), synced
    assert (upgraded.code, "Traceback" in upgraded.err) == (255, False), upgraded
    assert "connection to server on socket" in synced.err
    assert "connection to server on socket" in upgraded.out


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system, or skip the test where that is not allowed."""
    if os.getuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"mounting a small file system is not allowed: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607  # as `mount` above


def fill_up(folder: Path) -> Path:
    """Write a file that leaves no room in a file system, and return it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    return ballast


def assert_full_disk_is_survived(url: str, disk: Path, words: str) -> None:
    """Let the disk run full during an upgrade, make room, and upgrade again."""
    process = start_upgrade(url, **SLOWLY)
    wait_until(lambda: count_filled(url) > 200)

    ballast = fill_up(disk)
    ended = process.finish()
    kept, version = filled(url), recorded_version(url)
    ballast.unlink()
    again = run_upgrade(url)

    assert (ended.code, version, "Traceback" in ended.err) == (255, "media_ids_0002", False), ended
    assert words in ended.out.splitlines()[-1]
    assert len(kept) > 200
    assert (again.code, recorded_version(url), filled_ids(url)) == (0, "media_ids_0003", expected_ids(ROWS)), again
    assert {name: row for name, row in filled(url).items() if name in kept} == kept


def test_full_disk_under_sqlite_is_one_clear_line_and_keeps_what_is_committed(tmp_path: Path) -> None:
    """The rerun goes on when there is room again."""
    with small_disk(tmp_path / "disk", 16) as disk:
        url = f"sqlite:///{disk / 'full.db'}"
        create_variant(url, "A")
        insert_plain(url, ROWS)
        assert_full_disk_is_survived(url, disk, "database or disk is full")


def test_full_disk_under_postgresql_is_one_clear_line_and_keeps_what_is_committed(
    own_server: PostgresServer,
) -> None:
    """A table space on the small file system, so that the server itself goes on."""
    with small_disk(own_server.folder / "disk", 8) as disk:
        shutil.chown(disk, UNPRIVILEGED_USER)
        url = own_server.create_database("full")
        create_variant(url, "A")
        insert_plain(url, ROWS)
        with own_server.connect("full") as session:
            session.execute(f"CREATE TABLESPACE small LOCATION '{disk}'".encode())
        execute(url, f"ALTER TABLE {TABLE} SET TABLESPACE small", f"ALTER TABLE {TABLE} SET (fillfactor = 100)")
        assert_full_disk_is_survived(url, disk, "No space left on device")
        own_server.stop()
