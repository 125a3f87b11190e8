"""The project's commands as real processes: started, waited for, killed."""

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.commands import without_times
from tests.support.migrations import ROOT

LONGEST_SECONDS = 120.0
POLL_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a process ended, and what it said."""

    code: int
    out: str
    err: str


class ForkServer:
    """Starts the commands as forks of a process that has imported everything; see fork_server.py."""

    def __init__(self) -> None:
        """Start the server."""
        self._lock = threading.Lock()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEDIA_IDS_")}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fork_server"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._folder = tempfile.TemporaryDirectory(prefix="commands-")
        self._started = 0

    def stop(self) -> None:
        """End the server and remove what its commands said."""
        self._server.communicate()
        self._folder.cleanup()

    def start(self, program: str, arguments: tuple[str, ...], settings: Mapping[str, str]) -> "Process":
        """Start a command."""
        self._started += 1
        out, err = (Path(self._folder.name) / f"{self._started}.{name}" for name in ("out", "err"))
        request = {"program": program, "arguments": arguments, "settings": settings, "out": str(out), "err": str(err)}
        return Process(self, int(self.ask({"start": request})), out, err)

    def ask(self, command: dict[str, object]) -> Any:  # noqa: ANN401  # whatever the command answers
        """Send a command and return its answer."""
        with self._lock:
            assert self._server.stdin is not None
            assert self._server.stdout is not None
            self._server.stdin.write(json.dumps(command) + "\n")
            self._server.stdin.flush()
            return json.loads(self._server.stdout.readline())


class Process:
    """One running command."""

    def __init__(self, server: ForkServer, process_id: int, out: Path, err: Path) -> None:
        """Take what the server started."""
        self._server = server
        self.process_id = process_id
        self._out = out
        self._err = err

    @property
    def err(self) -> str:
        """What the command has said on stderr so far; lines of its log come without their times."""
        return without_times(self._err.read_text()) if self._err.exists() else ""

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while the command runs."""
        code: int | None = self._server.ask({"poll": self.process_id})
        return code

    def send(self, number: signal.Signals) -> None:
        """Send a signal; no harm if the command has ended."""
        if self.poll() is None:
            os.kill(self.process_id, number)

    def finish(self) -> Finished:
        """Wait for the end."""
        try:
            wait_until(lambda: self.poll() is not None, LONGEST_SECONDS)
        except TimeoutError:
            self.send(signal.SIGKILL)
            raise
        out = self._out.read_text() if self._out.exists() else ""  # one that was killed may not have begun
        return Finished(code=self.poll() or 0, out=out, err=self.err)


@functools.cache
def _server() -> ForkServer:
    server = ForkServer()
    atexit.register(server.stop)
    return server


def start(program: str, *arguments: str, **settings: str) -> Process:
    """Start a command, with nothing in its environment but what all have, and these variables."""
    return _server().start(program, arguments, settings)


def start_upgrade(url: str, *arguments: str, **x_arguments: object) -> Process:
    """Start `alembic upgrade head`, with options as `-x name=value`."""
    options = [part for name, value in x_arguments.items() for part in ("-x", f"{name}={value}")]
    return _server().start("alembic", (*options, "upgrade", *(arguments or ("head",))), {"DATABASE_URL": url})


def start_sync(url: str, *arguments: str, **settings: object) -> Process:
    """Start `media-gen-ids sync`, with settings as MEDIA_IDS_NAME."""
    environment = {f"MEDIA_IDS_{name.upper()}": str(value) for name, value in settings.items()}
    return _server().start("media-gen-ids", ("sync", *arguments), {"DATABASE_URL": url, **environment})


def run_upgrade(url: str, *arguments: str, **x_arguments: object) -> Finished:
    """Run `alembic upgrade head` to its end."""
    return start_upgrade(url, *arguments, **x_arguments).finish()


def run_sync(url: str, *arguments: str, **settings: object) -> Finished:
    """Run `media-gen-ids sync` to its end."""
    return start_sync(url, *arguments, **settings).finish()


def media_gen_ids(*arguments: str, url: str | None = None, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `media-gen-ids` to its end."""
    return _run("media-gen-ids", arguments, url, extra)


def alembic(*arguments: str, url: str | None = None, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `alembic` to its end."""
    return _run("alembic", arguments, url, extra)


def _run(
    program: str, arguments: tuple[str, ...], url: str | None, extra: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    settings = ({} if url is None else {"DATABASE_URL": url}) | dict(extra)
    done = _server().start(program, arguments, settings).finish()
    return subprocess.CompletedProcess([program, *arguments], done.code, done.out, done.err)


def run_command(program: str, url: str, *arguments: str) -> Finished:
    """Run a command on a database to its end."""
    return _server().start(program, arguments, {"DATABASE_URL": url}).finish()


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something is so. Raises TimeoutError if it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {seconds:.0f} s")
        time.sleep(POLL_SECONDS)
