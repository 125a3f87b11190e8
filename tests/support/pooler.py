"""pgbouncer in front of a PostgreSQL server, in transaction mode: sessions are shared between clients."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from support.postgres import SUPERUSER, UNPRIVILEGED_USER, PostgresServer
from tests.support.processes import wait_until

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
PORT = 6432
CONFIGURATION = """\
[databases]
* = host={folder} port={port} user={user}
[pgbouncer]
pool_mode = transaction
default_pool_size = 3
min_pool_size = 0
auth_type = any
listen_addr =
listen_port = {own_port}
unix_socket_dir = {folder}
logfile = {folder}/pooler.log
"""


@contextmanager
def transaction_pooler(server: PostgresServer) -> Iterator[str]:
    """Run a pooler with three sessions a database; yield the part of a URL that follows the database's name."""
    assert PROGRAM is not None
    configuration = server.folder / "pooler.ini"
    configuration.write_text(
        CONFIGURATION.format(folder=server.folder, port=server.port, user=SUPERUSER, own_port=PORT)
    )
    options: dict[str, Any] = {}
    if os.getuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED_USER)
        options = {"user": user.pw_uid, "group": user.pw_gid}
    with subprocess.Popen([PROGRAM, "-q", configuration], stderr=subprocess.DEVNULL, **options) as process:
        try:
            wait_until(lambda: _answers(server), 10)
            yield f"?host={server.folder}&port={PORT}"
        finally:
            process.terminate()


def _answers(server: PostgresServer) -> bool:
    try:
        psycopg.connect(host=str(server.folder), port=PORT, user=SUPERUSER, dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True
