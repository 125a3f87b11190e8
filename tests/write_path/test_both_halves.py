"""The write path and the backfill on one table: both arrive at the same ids, and neither undoes the other."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from app.database.engines import make_engine
from app.videos.models import Veo3VideoGeneration
from app.videos.repository import VideoGenerationRepository
from app.videos.status_checker import StatusChecker
from tests.conftest import KINDS, Databases
from tests.support.commands import media_gen_ids
from tests.support.migrations import downgrade, upgrade
from tests.support.responses import Response, recoverable, responses
from tests.support.rows import insert, stored, stored_row

NOTHING_TO_DO = [
    ("one head", True),
    ("database at head", True),
    ("model and schema agree", True),
    ("nothing recoverable left", True),
    ("no id on two rows", True),
]
MEDIA = ("id", "media_generation_id", "fife_url", "serving_base_uri", "video_url", "raw_response", "status")


def late_answer(response: Response) -> str:
    """Return what the API says of a video later on, without its id: the answer that used to erase it."""
    return (
        f'{{"operations":[{{"operation":{{"name":"{response.operation_name}"}},'
        f'"sceneId":"{response.scene_id}","status":"MEDIA_GENERATION_STATUS_SUCCESSFUL"}}]}}'
    )


def row_of(response: Response, generation_id: str, **values: object) -> dict[str, object]:
    """Return a row for the response's operation."""
    operation = {"operation_name": response.operation_name, "scene_id": response.scene_id}
    return {"id": generation_id, **operation, **values}


def record(sessions: sessionmaker[Session], rows: Sequence[tuple[str, str]]) -> None:
    """Record an answer in each row, each in a transaction of its own."""
    for generation_id, answer in rows:
        with sessions.begin() as session:
            StatusChecker(VideoGenerationRepository(session)).record(generation_id, answer)


def check(url: str) -> tuple[int, list[tuple[str, bool]]]:
    """Return how `media-gen-ids check` ends, and what it found."""
    result = media_gen_ids("check", "--json", url=url)
    return result.returncode, [(finding["check"], finding["ok"]) for finding in json.loads(result.stdout)]


def backfill_again(url: str) -> None:
    """Take the revision back, which leaves the rows alone, and upgrade again."""
    downgrade(url, "media_ids_0002")
    upgrade(url)


@pytest.fixture(scope="module", params=KINDS)
def ids_by_half(request: pytest.FixtureRequest, databases_of_kind: dict[str, Databases]) -> dict[str, dict[str, Any]]:
    """The id that each half arrives at, by response: each in a database that the other half never touches.

    In one database the backfill would fill what the status checker left out.
    """
    databases = databases_of_kind[request.param]
    return {"status checker": checked_ids(databases.upgraded()), "backfill": backfilled_ids(databases.upgraded())}


def checked_ids(url: str) -> dict[str, Any]:
    """Record every response as an answer in a row without one."""
    sessions = sessionmaker(make_engine(url))
    insert(sessions, *(row_of(response, response.name) for response in responses()))
    record(sessions, [(response.name, response.body) for response in responses()])
    return dict(stored(sessions, "id", "media_generation_id"))


def backfilled_ids(url: str) -> dict[str, Any]:
    """Store every response without its id, as the old path did, and upgrade."""
    sessions = sessionmaker(make_engine(url))
    insert(sessions, *(row_of(response, response.name, raw_response=response.body) for response in responses()))
    backfill_again(url)
    return dict(stored(sessions, "id", "media_generation_id"))


@pytest.mark.parametrize("response", responses(), ids=lambda response: response.name)
def test_status_checker_and_backfill_arrive_at_the_same_id(
    ids_by_half: dict[str, dict[str, Any]], response: Response
) -> None:
    """The expected one, or none."""
    arrived_at = {half: ids[response.name] for half, ids in ids_by_half.items()}

    assert arrived_at == dict.fromkeys(("status checker", "backfill"), response.media_generation_id)


def test_rows_of_the_old_and_the_new_path_survive_backfill_and_a_refresh_without_the_id(database: str) -> None:
    """Every recoverable response in both kinds of row; what the late answer lacks, nobody loses."""
    sessions = sessionmaker(make_engine(database))
    pairs = [(response.variant(2 * number), response.variant(2 * number + 1)) for number, response in numbered()]
    old = [(f"old{number:02}", one) for number, (one, _) in enumerate(pairs)]
    new = [(f"new{number:02}", one) for number, (_, one) in enumerate(pairs)]
    insert(
        sessions,
        *(row_of(one, name, raw_response=one.body, status="completed", video_url=one.fife_url) for name, one in old),
        *(row_of(one, name) for name, one in new),
    )
    record(sessions, [(name, one.body) for name, one in new])
    before = stored(sessions, "id", "media_generation_id")

    record(sessions, [(name, late_answer(one)) for name, one in old[::2]])  # before the backfill comes
    backfill_again(database)
    filled = stored(sessions, *MEDIA)
    record(sessions, [(name, late_answer(one)) for name, one in old + new])

    assert before == [*((name, one.media_generation_id) for name, one in new), *((name, None) for name, _ in old)]
    assert [row[:2] for row in filled] == [(name, one.media_generation_id) for name, one in new + old]
    assert stored(sessions, *MEDIA) == filled
    assert [row[5] for row in filled] == [one.body for _, one in new + old]
    code, findings = check(database)
    assert (code, findings[: len(NOTHING_TO_DO)], {ok for _, ok in findings}) == (0, NOTHING_TO_DO, {True})


def numbered() -> list[tuple[int, Response]]:
    """Return the recoverable responses with a number each."""
    return list(enumerate(recoverable()))


def test_what_the_new_path_wrote_is_nothing_to_the_backfill(database: str) -> None:
    """It finds no pending row, and touches none."""
    sessions = sessionmaker(make_engine(database))
    insert(sessions, *(row_of(response, f"{number:02}") for number, response in numbered()))
    record(sessions, [(f"{number:02}", response.body) for number, response in numbered()])
    before = [stored_row(sessions, f"{number:02}") for number, _ in numbered()]

    result = media_gen_ids("sync", url=database)

    assert "Found 0 records to sync" in result.stdout
    assert [stored_row(sessions, f"{number:02}") for number, _ in numbered()] == before


def test_a_backfilled_id_is_the_one_that_the_repository_finds(database: str) -> None:
    """By media generation id, after the backfill filled it."""
    sessions = sessionmaker(make_engine(database))
    response = recoverable()[0]
    insert(sessions, row_of(response, "old", raw_response=response.body))
    backfill_again(database)

    with sessions() as session:
        generation = VideoGenerationRepository(session).get_by_media_generation_id(response.media_generation_id or "")

    assert isinstance(generation, Veo3VideoGeneration)
    assert sa.inspect(generation).identity == ("old",)
