"""Starts the programs that are measured, and the writer beside them, as processes of their own."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from support.commands import ROOT, environment

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.1
EXCEPTION = re.compile(r"[\w.]*(Error|Exception)\b")
ORDINARY_PYTHON = {"PYTHONDONTWRITEBYTECODE": ""}
"""Where compiled modules may not be kept, as in many containers, every start of Python takes a second longer."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """What a program used, and what it printed."""

    seconds: float
    processor_seconds: float
    peak_memory_bytes: int
    written_bytes: int
    exit_code: int
    output: str
    errors: str

    @property
    def error(self) -> str:
        """The line in which an exception is named, else the last one that the program wrote."""
        lines = self.errors.strip().splitlines() or [""]
        return next((line for line in reversed(lines) if EXCEPTION.match(line)), lines[-1])


class ContestantFailedError(Exception):
    """A program that was to be measured ended with an error. Carries what it used and said."""

    def __init__(self, process: Process) -> None:
        """Build the message from the line that names the error."""
        super().__init__(f"exit code {process.exit_code}: {process.error}")
        self.process = process


def launch(program: Sequence[str], url: str, *, meanwhile: Callable[[float], None] | None = None) -> Process:
    """Run a program to its end in the root folder, with the database in its environment.

    `meanwhile` is called every now and then with the seconds since the start.
    """
    with tempfile.TemporaryDirectory() as folder:
        result, output, errors = (Path(folder, name) for name in ("result", "output", "errors"))
        with output.open("wb") as stdout, errors.open("wb") as stderr:
            arguments = [sys.executable, "-I", "-S", str(LAUNCHER), str(result), *program]
            process = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env=environment(url, ORDINARY_PYTHON),
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            wait(process, meanwhile)
        return Process(
            **json.loads(result.read_text()),
            exit_code=process.returncode,
            output=output.read_text(),
            errors=errors.read_text(),
        )


def wait(process: subprocess.Popen[bytes], meanwhile: Callable[[float], None] | None) -> None:
    """Wait for the end of a process; when interrupted, end it and what it started."""
    started = time.perf_counter()
    try:
        while meanwhile is not None and process.poll() is None:
            meanwhile(time.perf_counter() - started)
            time.sleep(POLL_SECONDS)
        process.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


@contextmanager
def concurrent_writer(url: str) -> Iterator[list[float]]:
    """Write to the table while the context lasts; after it, the list holds the seconds of each transaction."""
    seconds: list[float] = []
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.writer"],
        cwd=ROOT,
        env=environment(url, ORDINARY_PYTHON),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as writer:
        try:
            if writer.stdout is not None:
                writer.stdout.readline()  # it is ready
            yield seconds
            output, _ = writer.communicate()
        except BaseException:
            writer.kill()
            raise
    seconds += json.loads(output)
