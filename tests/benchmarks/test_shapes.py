"""The benchmark's bodies: as large as they are said to be, and each with one id that can be found."""

import psycopg
import pytest

from app.media_ids.extraction import Found, extract
from benchmarks.data import rows
from benchmarks.databases.copying import fill
from benchmarks.shapes import IN_LINE, LONG, OUT_OF_LINE, SHAPES, Shape

ROWS = 400
STORED = """
SELECT avg(pg_column_size(raw_response)) FILTER (WHERE length(raw_response) > 1000),
    pg_relation_size('veo3_video_generations') / count(*) * 200000 / 1000000,
    (SELECT pg_relation_size(reltoastrelid) / 8192 FROM pg_class WHERE relname = 'veo3_video_generations')
FROM veo3_video_generations
"""


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_ids_to_recover_are_those_that_the_bodies_hold(shape: Shape) -> None:
    """One in 95 of 100 rows, and none in the others; the same rows each time."""
    made = list(rows(ROWS, shape=shape))

    found = [extract(row.raw_response, row.operation_name, row.scene_id) for row, _ in made]
    assert [one.media_generation_id if isinstance(one, Found) else None for one in found] == [
        expected for _, expected in made
    ]
    assert sum(expected is not None for _, expected in made) == ROWS * 95 // 100
    assert made == list(rows(ROWS, shape=shape))


@pytest.mark.parametrize(
    ("shape", "average", "long_share"),
    [(OUT_OF_LINE, (2_500, 2_800), 0), (IN_LINE, (2_150, 2_350), 0), (LONG, (20_000, 30_000), 0.2)],
    ids=["out-of-line", "in-line", "long"],
)
def test_the_bodies_have_the_sizes_that_they_are_named_for(
    shape: Shape, average: tuple[int, int], long_share: float
) -> None:
    """Those that hold an id; and every fifth of the long ones has 100 KB."""
    lengths = [len(row.raw_response) for row, expected in rows(ROWS, shape=shape) if expected]

    assert average[0] < sum(lengths) / len(lengths) < average[1]
    assert sum(length > 100_000 for length in lengths) / ROWS == pytest.approx(long_share, abs=0.05)


def test_bodies_in_line_are_compressed_and_stay_in_the_row(postgresql_empty: str) -> None:
    """To 1.3 KB, so that 200,000 rows have about 326 MB (311 MiB); none goes into the table of long values."""
    with psycopg.connect(postgresql_empty, autocommit=True) as connection:
        fill(connection, IN_LINE, (row for row, _ in rows(ROWS, shape=IN_LINE)))
        ((stored, megabytes, pages_out_of_line),) = connection.execute(STORED).fetchall()

    assert 1_250 < stored < 1_350
    assert 305 < megabytes < 335
    assert pages_out_of_line == 0
