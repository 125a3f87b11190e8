"""Bodies that are jsonb already: PostgreSQL looks into them as they are, and agrees with extract() on their text."""

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from app.backfill.postgresql.filling import fill_in_place
from app.backfill.postgresql.reading import select_plain
from app.backfill.postgresql.target import Target, heap_of
from app.database.column_types import SqlType
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.backfill.test_extraction_in_postgresql import Row, found_in_python, rows, store
from tests.conftest import Databases
from tests.support.tables import TABLE, execute
from tests.support.walks import by_hand

POSTGRESQL = "postgresql://nobody@nowhere/nothing"
AS_JSONB = f"ALTER TABLE {TABLE} ALTER raw_response TYPE jsonb USING raw_response::jsonb"


@pytest.fixture
def jsonb(databases_of_kind: dict[str, Databases]) -> str:
    """The URL of a database whose bodies are jsonb."""
    url = databases_of_kind["postgresql-18"].upgraded()
    execute(url, AS_JSONB)
    return url


def storable(url: str, stored: list[Row]) -> list[Row]:
    """Return the rows whose body jsonb can hold, with the text that it makes of it."""
    asked = (
        "SELECT CASE WHEN pg_input_is_valid(body, 'jsonb') THEN body::jsonb::text END FROM unnest(%s::text[]) AS body"
    )
    with psycopg.connect(url) as connection:
        kept = connection.execute(asked, ([row[0] for row in stored],)).fetchall()
    return [(text, *row[1:]) for (text,), row in zip(kept, stored, strict=True) if text is not None]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=rows)
def test_both_agree_on_every_body(jsonb: str, stored: list[Row]) -> None:
    """What the walk finds is what extract() finds in the column's text."""
    held = storable(jsonb, stored)
    store(jsonb, held)

    with by_hand(jsonb) as walk:
        window = walk.read()

    assert {row.row_id: row.value for row in window.recovered} == found_in_python(held)
    assert window.found == len(held)


@pytest.mark.parametrize(("kind", "times"), [(None, 1), ("json", 1), ("jsonb", 0)])
def test_jsonb_is_not_parsed_again(kind: str | None, times: int) -> None:
    """The other kinds are, once, whether the database fills the rows or hands them out."""
    types = {} if kind is None else {"raw_response": SqlType(kind)}
    target = Target(MEDIA_IDS, heap_of(MEDIA_IDS, types=types), (), sa.literal("a table"))

    both = (fill_in_place(target), select_plain(target, limited=True))
    compiled = [str(statement.compile(dialect=make_engine(POSTGRESQL).dialect)) for statement in both]

    assert [text.count("CAST(body.value AS JSONB)") for text in compiled] == [times, times]
