"""The programs that the project is compared with, run in this process on a small table."""

import pytest
import sqlalchemy as sa

from benchmarks import contestants, server_side
from benchmarks.data import rows
from benchmarks.databases.base import FILLED
from benchmarks.shapes import OUT_OF_LINE
from benchmarks.tables import INSERT

ROWS, BATCH_ROWS = 120, 50


def load(url: str) -> dict[str, str]:
    """Make the table and return what must come out of it; the ids stand beside it."""
    made = list(rows(ROWS))
    expected = {row.id: media_generation_id for row, media_generation_id in made if media_generation_id}
    engine = contestants.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(OUT_OF_LINE.create_table))
        connection.execute(sa.text(INSERT), [vars(row) for row, _ in made])
    server_side.put_beside(engine, expected)
    engine.dispose()
    return expected


def filled(url: str) -> dict[str, str]:
    """Return the id of every row that has one."""
    engine = contestants.create_engine(url)
    with engine.connect() as connection:
        found = {row.id: row.media_generation_id for row in connection.execute(FILLED)}
    engine.dispose()
    return found


@pytest.mark.parametrize("name", contestants.CONTESTANTS)
def test_a_contestant_fills_exactly_the_ids_of_the_bodies(
    name: str, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is missing and none is another row's; batches in key order go on to the end of the table."""
    expected = load(empty_database)
    monkeypatch.setattr(server_side, "BATCH_ROWS", BATCH_ROWS)

    times = contestants.run(name, empty_database)

    steps = {"update": 1, "known": 1, "batches": 4, "orm": 1, "limit": 2}  # the last batch finds nothing
    assert (len(times["batch_seconds"]), filled(empty_database)) == (steps[name], expected)


def test_the_known_ids_alone_are_filled_and_no_id_is_replaced(empty_database: str) -> None:
    """What is not beside the table stays as it is: the bodies are not looked into."""
    expected = load(empty_database)
    engine = contestants.create_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE veo3_video_generations SET media_generation_id = 'own' WHERE seed < 50000"))
        connection.execute(sa.text("UPDATE veo3_video_generations SET raw_response = NULL"))
    engine.dispose()
    kept = filled(empty_database)

    contestants.run("known", empty_database)

    assert 0 < len(kept) < ROWS
    assert filled(empty_database) == expected | kept
