"""The server that the other tests run on."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE

import pytest

from support.commands import ROOT
from support.postgres import PostgresServer, PostgresServerError, available_versions


def test_every_installed_version_starts_copies_a_template_and_keeps_its_data_over_a_crash() -> None:
    """Both versions of the wheel run, as any user, and a stop in the middle loses nothing."""
    seen = []

    for version in available_versions():
        with PostgresServer(version, settings={"fsync": "on"}) as server:
            server.create_database("source")
            with server.connect("source") as connection:
                connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
            url = server.create_database("copy", template="source")
            server.stop("immediate")
            server.start()
            with server.connect("copy") as connection:
                rows = connection.execute("SELECT number, current_setting('server_version_num') FROM kept").fetchall()
            seen.append((server.version, url.startswith("postgresql://"), rows[0][0], int(rows[0][1]) // 10_000))

    assert seen == [(16, True, 7, 16), (18, True, 7, 18)]


def test_a_server_that_cannot_start_shows_its_log_and_leaves_nothing_behind() -> None:
    """A wrong setting is named in the error."""
    server = PostgresServer(settings={"shared_buffers": "nonsense"})

    with pytest.raises(PostgresServerError, match="shared_buffers") as caught, server:
        pass

    assert (caught.value.action, server.folder.exists()) == ("start", False)


def test_a_server_ends_with_the_process_that_started_it() -> None:
    """A test run that is killed leaves neither a server nor its data behind."""
    program = (
        "from support.postgres import PostgresServer\n"
        "with PostgresServer() as server: print(server.folder, flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT) as owner:
        folder = Path(owner.stdout.readline().strip() if owner.stdout else "")
        existed = (folder / "data").is_dir()

        owner.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (existed, folder.exists()) == (True, False)
