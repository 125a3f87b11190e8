"""PostgreSQL extracts plain cases itself: it must agree with extract() on every body, or leave it to it."""

import json
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.backfill.postgresql.reading import select_plain
from app.backfill.postgresql.target import Place, Target, between, heap_of
from app.database.engines import make_engine
from app.media_ids.extraction import Found, extract
from app.videos.recipe import MEDIA_IDS
from tests.support.bodies import OPERATION, SCENE, bodies
from tests.support.responses import responses
from tests.support.walks import by_hand

Row = tuple[str, str | None, str | None]  # body, operation_name, scene_id


@st.composite
def stored_bodies(draw: st.DrawFn) -> str:
    """Draw a body as text, sometimes damaged in one place."""
    text = json.dumps(draw(bodies()), ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(text)))
        text = (
            text[:place]
            + draw(st.sampled_from(["", '"', "{", "\\u0000", "\\ud800", "NaN", "1e999", ","]))
            + text[place + 1 :]
        )
    return text.replace("\x00", "")


rows = st.lists(
    st.tuples(
        stored_bodies(),
        st.sampled_from([OPERATION, OPERATION, OPERATION, "other", "", None]),
        st.sampled_from([SCENE, "", None]),
    ),
    min_size=1,
    max_size=25,
)


def store(url: str, stored: list[Row]) -> None:
    """Replace the table's rows."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE veo3_video_generations")
        cursor.executemany(
            "INSERT INTO veo3_video_generations (id, profile_id, project_id, status, created_at, updated_at,"
            " raw_response, operation_name, scene_id) VALUES (%s, '', '', 'completed', '', '', %s, %s, %s)",
            [(f"{number:04}", *row) for number, row in enumerate(stored)],
        )


def found_in_python(stored: list[Row]) -> dict[str, str]:
    """Return the ids that extract() finds, by row."""
    outcomes = {f"{number:04}": extract(*row) for number, row in enumerate(stored)}
    return {key: outcome.media_generation_id for key, outcome in outcomes.items() if isinstance(outcome, Found)}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=rows)
def test_both_agree_on_every_body(postgresql_database: str, stored: list[Row]) -> None:
    """A whole window of odd bodies: what the walk finds is what extract() finds."""
    store(postgresql_database, stored)

    with by_hand(postgresql_database) as walk:
        window = walk.read()

    assert {row.row_id: row.value for row in window.recovered} == found_in_python(stored)
    assert window.found == len(stored)


def test_the_plain_cases_never_leave_the_database(postgresql_database: str) -> None:
    """Of the stored responses, all that can be recovered are plain, but the one whose row is the second of four."""
    readable = [response for response in responses() if response.reason != "invalid_json"]
    store(postgresql_database, [(item.body, item.operation_name, item.scene_id) for item in readable])
    target = Target(MEDIA_IDS, heap_of(MEDIA_IDS), (), sa.literal("a table"))

    with make_engine(postgresql_database).connect() as connection:
        plain: list[Any] = list(
            connection.execute(
                select_plain(target, limited=False),
                between(Place(), Place(99)),
            )
        )

    by_number = {number: row[5] for row in plain for number in [int(row.id)]}
    left = [item.name[:2] for number, item in enumerate(readable) if item.media_generation_id != by_number[number]]
    assert left == ["08", "15"]


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udc00\\ud800"])
def test_one_body_that_cannot_be_cast_fails_the_statement_and_not_the_window(
    postgresql_database: str, escape: str
) -> None:
    """The detour: the whole window is judged by extract(), and nothing is lost."""
    good = responses()[1]
    odd = good.body.replace("{", f'{{"x":"{escape}",', 1)
    stored: list[Row] = [(good.body, good.operation_name, None), (odd, good.operation_name, None)]
    store(postgresql_database, stored)

    with by_hand(postgresql_database) as walk:
        window = walk.read()

    assert sorted(str(row.row_id) for row in window.recovered) == ["0000", "0001"]
