"""Memory does not grow with the bodies: one batch holds more bytes of bodies than the process may ever take."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.database.engines import make_engine
from support.commands import ROOT, SCRIPTS, environment
from tests.support.responses import make_rows, named
from tests.support.tables import TABLE, insert, query

LAUNCHER = ROOT / "benchmarks" / "launch.py"
BODY_BYTES = 5_000_000
MAX_MEMORY_BYTES = 250_000_000


def peak_memory_of_a_sync(url: str, folder: Path) -> tuple[int, int]:
    """Run `media-gen-ids sync` to its end; return its exit code and the most memory it took, in bytes.

    Through a small process: Linux counts the memory of the process that starts a program as that program's own.
    """
    used = folder / "used.json"
    launcher: list[str | Path] = [sys.executable, "-I", "-S", LAUNCHER, used]
    command = [*launcher, SCRIPTS / "media-gen-ids", "sync", "--json"]
    done = subprocess.run(command, env=environment(url), stdout=subprocess.DEVNULL, check=False)
    return done.returncode, int(json.loads(used.read_text())["peak_memory_bytes"])


def make_bodies_large(url: str) -> None:
    """Put a whole video beside the operations of each answer, and a second operation: not plain for PostgreSQL."""
    table = sa.table(TABLE, sa.column("raw_response"))
    video = '{"rawBytes":"' + "A" * BODY_BYTES + '",'
    body = sa.func.replace(table.c.raw_response, '{"operations":[', video + '"operations":[{},')
    with make_engine(url).begin() as connection:
        connection.execute(sa.update(table).values(raw_response=body))


@pytest.mark.parametrize("rows", [60, pytest.param(1_000, marks=pytest.mark.soak)])
def test_a_batch_of_bodies_larger_than_memory_is_streamed(database: str, tmp_path: Path, rows: int) -> None:
    """60 bodies of 5 MB are 300 MB, 1,000 are 5 GB; every one is read and its id found, in less than 250 MB."""
    assert rows * BODY_BYTES > MAX_MEMORY_BYTES
    insert(database, make_rows(rows, (named("02"),)))
    make_bodies_large(database)

    exit_code, peak_bytes = peak_memory_of_a_sync(database, tmp_path)

    filled = query(database, f"SELECT count(*) FROM {TABLE} WHERE media_generation_id IS NOT NULL")
    assert (exit_code, filled) == (0, [(rows,)])
    assert peak_bytes < MAX_MEMORY_BYTES
