"""The pollers of docs/application.md, three at once beside the backfill, against everything that an API can answer."""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.videos.api.async_client import AsyncApiClient
from app.videos.api.client import ApiClient
from app.videos.repository import VideoGenerationRepository
from support.commands import ROOT
from tests.support.asynchronous import asynchronous_sessions
from tests.support.http_api import HttpApi, http_api
from tests.support.polled_api import LASTING, End, PolledApi, end_of
from tests.support.processes import media_gen_ids
from tests.support.responses import StoredRow, make_rows, recoverable
from tests.support.rows import insert, stored
from tests.support.tables import insert as insert_stored

POLLERS = 3
SECONDS = 90
TURN = timedelta(milliseconds=200)
PAUSE_SECONDS = 0.02
BOUNDS: dict[str, Any] = {"timeout": 5.0, "deadline": 0.4, "most_bytes": 1_000_000, "attempts": 1}
OLD_ROWS = 60
ENOUGH_TIMES = 3


def document() -> dict[str, Any]:
    """Return what the document's programs define: its blocks, without the lines that run them."""
    text = (ROOT / "docs" / "application.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    pollers = [block for block in blocks if "Poller" in block]
    definitions = [re.split(r"^(?:with sessions|def asynchronous)", block, flags=re.MULTILINE)[0] for block in pollers]
    names: dict[str, Any] = {"VideoGenerationRepository": VideoGenerationRepository}
    for block in definitions:
        exec(compile(block, "docs/application.md", "exec"), names)  # noqa: S102  # the document is what is tested
    return names


@pytest.fixture
def api() -> PolledApi:
    """What the API says."""
    return PolledApi()


@pytest.fixture
def server(api: PolledApi) -> Iterator[HttpApi]:
    """The API over HTTP."""
    with http_api(by_question=api.reply) as server:
        yield server


@pytest.fixture
def waiting(database: str, api: PolledApi) -> sessionmaker[Session]:
    """Sessions on a database with a pending row for each operation of the API, and many old ones without their ids."""
    sessions = sessionmaker(make_engine(database))
    rows = [(name, response.scene_id if response else "") for name, response in api.rows().items()]
    insert(sessions, *({"id": name, "operation_name": name, "scene_id": scene, "prompt": name} for name, scene in rows))
    insert_stored(database, old_rows())
    return sessions


def old_rows() -> list[StoredRow]:
    """Return rows that the backfill can fill: completed, with their bodies."""
    return make_rows(OLD_ROWS, recoverable())


def is_over(sessions: sessionmaker[Session], api: PolledApi) -> bool:
    """Say whether every row has ended that can, and the others were asked for often enough."""
    with sessions() as session:
        counts = VideoGenerationRepository(session).counts_by_status()
    ends = [end_of(name, response).status for name, response in api.rows().items()]
    asked = all(api.asked[name] >= ENOUGH_TIMES for name in LASTING if name != "404")
    ended = counts["failed"] >= ends.count("failed") and counts["completed"] >= ends.count("completed") + OLD_ROWS
    return ended and asked and counts["processing"] >= ends.count("processing")


def wait_until_over(sessions: sessionmaker[Session], api: PolledApi, url: str) -> list[int]:
    """Run the backfill again and again until the pollers are through; return its exit codes."""
    codes: list[int] = []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and (len(codes) < 2 or not is_over(sessions, api)):
        codes.append(media_gen_ids("sync", url=url).returncode)
    return codes


def poll_in_threads(database: str, server: HttpApi, wait: Callable[[], list[int]]) -> list[int]:
    """Run three pollers, each with sessions and a client of its own, until the wait is over."""
    stop, poller = threading.Event(), document()["Poller"]

    def run(_: int) -> None:
        sessions = sessionmaker(make_engine(database))
        with ApiClient(server.url, SecretStr("token"), **BOUNDS) as client:
            poller(sessions, client, TURN).run(stop, PAUSE_SECONDS)

    with ThreadPoolExecutor(POLLERS) as pool:
        runs = [pool.submit(run, number) for number in range(POLLERS)]
        try:
            codes = wait()
        finally:
            stop.set()
        for one in runs:
            one.result(timeout=SECONDS)
    return codes


def poll_in_tasks(database: str, server: HttpApi, wait: Callable[[], list[int]]) -> list[int]:
    """Run three asynchronous pollers on one event loop until the wait is over."""
    poller = document()["AsyncPoller"]

    async def run_all() -> list[int]:
        stop = asyncio.Event()
        async with (
            asynchronous_sessions(database) as sessions,
            AsyncApiClient(server.url, SecretStr("token"), **BOUNDS) as client,
        ):
            pollers = [poller(sessions, client, TURN) for _ in range(POLLERS)]
            runs = [asyncio.create_task(one.run(stop, PAUSE_SECONDS)) for one in pollers]
            codes = await asyncio.to_thread(wait)
            stop.set()
            await asyncio.wait_for(asyncio.gather(*runs), SECONDS)
        return codes

    return asyncio.run(run_all())


@pytest.mark.parametrize("poll", [poll_in_threads, poll_in_tasks], ids=["threads", "tasks"])
def test_every_row_ends_as_it_must(
    waiting: sessionmaker[Session],
    api: PolledApi,
    server: HttpApi,
    poll: Callable[[str, HttpApi, Callable[[], list[int]]], list[int]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is erased, nothing replaced, no turn fails for a lock or anything else, and the backfill ends well."""
    names, url = api.rows(), waiting.kw["bind"].url.render_as_string(hide_password=False)

    codes = poll(url, server, lambda: wait_until_over(waiting, api, url))

    filled = {one.id: one.response.media_generation_id for one in old_rows()}
    rows = stored(waiting, "id", "media_generation_id", "prompt")
    assert ends_of(waiting, names) == {name: end_of(name, response) for name, response in names.items()}
    assert {row[0]: row[1] for row in rows if row[0] in filled} == filled
    assert {row[0]: row[2] for row in rows if row[0] in names} == {name: name for name in names}
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert set(codes) <= {0, 1}  # 1: some stored bodies need a person
    assert len(rows) == len(names) + OLD_ROWS


def ends_of(sessions: sessionmaker[Session], names: dict[str, Any]) -> dict[str, End]:
    """Return how the rows stand, with as much of the error as is expected of it."""
    found = {}
    for name, status, media_id, error in stored(sessions, "id", "status", "media_generation_id", "error_message"):
        if name in names:
            start = end_of(name, names[name]).error_starts
            shown = start if start and (error or "").startswith(start) else error
            found[name] = End(status=status, media_generation_id=media_id, error_starts=shown)
    return found
