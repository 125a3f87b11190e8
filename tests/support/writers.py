"""The application as a writer: random writes through its own connection, each timed, none forgotten."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Any, Protocol, Self

import psycopg

from tests.support.tables import TABLE, sqlite_path

PAUSE_SECONDS = 0.002
REFUSED = "database is locked"


class Session(Protocol):
    """What both drivers' connections have in common."""

    def execute(self, statement: Any, /) -> object:  # noqa: ANN401  # each driver has a type of its own
        """Run a statement and commit it."""

    def close(self) -> None:
        """Close the connection."""


@dataclass
class Written:
    """What a writer did: the last value of each column that it wrote, by row, and how each write went."""

    prompts: dict[str, str] = field(default_factory=dict)
    media_ids: dict[str, str | None] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    failed: list[str] = field(default_factory=list)

    @property
    def p99_milliseconds(self) -> float:
        """The time that 99 in 100 writes did not exceed."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)] * 1_000 if self.seconds else 0.0


class Writer:
    """Writes to random rows from a thread of its own until its context ends; `written` tells what."""

    def __init__(self, url: str, names: list[str], *, busy_seconds: float = 5.0) -> None:
        """Take the database, the operations to write to, and how long to wait for SQLite's write lock."""
        self.written = Written()
        self._url = url
        self._names = names
        self._busy_seconds = busy_seconds
        self._random = Random(5)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        """Start writing."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop after the write that is under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(_session(self._url, self._busy_seconds)) as session:
            for number in self._numbers():
                self._write(session, number)

    def _numbers(self) -> Iterator[int]:
        number = 0
        while not self._stop.wait(PAUSE_SECONDS):
            yield number
            number += 1

    def _write(self, session: Session, number: int) -> None:
        name = self._random.choice(self._names)
        statement, keep = self._random.choice((self._prompt, self._media_id, self._refresh))(name, number)
        started = time.perf_counter()
        try:
            session.execute(f"UPDATE {TABLE} SET {statement} WHERE operation_name = '{name}'")
        except (sqlite3.Error, psycopg.Error) as error:
            self._refused(error)
        else:
            self.written.seconds.append(time.perf_counter() - started)
            keep()

    def _refused(self, error: Exception) -> None:
        if REFUSED in str(error):
            self.written.refused += 1
        else:
            self.written.failed.append(str(error))

    def _prompt(self, name: str, number: int) -> tuple[str, Callable[[], None]]:
        prompt = f"prompt {number}"
        return f"prompt = '{prompt}'", lambda: self.written.prompts.update({name: prompt})

    def _media_id(self, name: str, number: int) -> tuple[str, Callable[[], None]]:
        media_id = f"WRITER{number}"
        return f"media_generation_id = '{media_id}'", lambda: self.written.media_ids.update({name: media_id})

    def _refresh(self, name: str, number: int) -> tuple[str, Callable[[], None]]:
        """The status checker's fault: another answer is stored, and the id is set to NULL."""
        found = f"REFRESHED{number}"
        body = (
            f'{{"operations":[{{"operation":{{"name":"{name}"}},"mediaGenerationId":"{found}",'
            f'"status":"MEDIA_GENERATION_STATUS_SUCCESSFUL"}}]}}'
        )

        def keep() -> None:
            self.written.bodies[name] = body
            self.written.media_ids[name] = None

        return f"raw_response = '{body}', media_generation_id = NULL", keep


def _session(url: str, busy_seconds: float) -> Session:
    if url.startswith("sqlite"):
        return sqlite3.connect(sqlite_path(url), timeout=busy_seconds, isolation_level=None)
    return psycopg.connect(url, autocommit=True)
