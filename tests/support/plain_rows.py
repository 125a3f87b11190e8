"""Many small rows made by the database itself: where it matters how a run goes on, not what the bodies hold."""

from typing import Any

from app.database.engines import make_engine
from tests.support.responses import OLD_TIMESTAMP
from tests.support.tables import TABLE, query

UNFINISHED_EVERY, TRUNCATED_EVERY = 5, 2_000
"""Every fifth row is still being made, every 2,000th body is cut off; the others hold an id."""
NUMBERS = {
    "postgresql": "SELECT number, lpad(number::text, 8, '0') AS name, md5(number::text) AS id"
    " FROM generate_series(1, {rows}) AS number",
    "sqlite": "SELECT value AS number, printf('%08d', value) AS name, lower(hex(randomblob(16))) AS id FROM numbers",
}
RECURSIVE = "WITH RECURSIVE numbers(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < {rows}) "
BODY = (
    '\'{"operations":[{"operation":{"name":"\' || name || \'","metadata":{"video":{"mediaGenerationId":"CAUS\''
    ' || name || \'","prompt":"\' || id || id || id || id || \'"}}},"status":"MEDIA_GENERATION_STATUS_SUCCESSFUL"}]}\''
)
UNFINISHED = '\'{"operations":[{"operation":{"name":"\' || name || \'"},"status":"MEDIA_GENERATION_STATUS_ACTIVE"}]}\''


def insert_plain(url: str, rows: int) -> None:
    """Insert rows numbered from 1; the id of row 7 is CAUS00000007, its operation 00000007."""
    engine = make_engine(url)
    body = (
        f"CASE WHEN number % {UNFINISHED_EVERY} = 0 THEN {UNFINISHED}"
        f" WHEN number % {TRUNCATED_EVERY} = 1 THEN substr({BODY}, 1, 90) ELSE {BODY} END"
    )
    insert = (
        f"INSERT INTO {TABLE} (id, profile_id, project_id, scene_id, operation_name, prompt, seed, aspect_ratio,"
        " status, raw_response, created_at, updated_at)"
        " SELECT id, 'profile', 'project', 'scene-' || name, name, 'a prompt', number, 'landscape', 'completed',"
        f" {body}, '{OLD_TIMESTAMP}', '{OLD_TIMESTAMP}'"
        f" FROM ({NUMBERS[engine.dialect.name].format(rows=rows)}) AS numbered"
    )
    with engine.begin() as connection:
        connection.execution_options(no_parameters=True)  # percent signs are SQL's
        connection.exec_driver_sql((RECURSIVE.format(rows=rows) if engine.dialect.name == "sqlite" else "") + insert)


def recoverable_numbers(rows: int) -> list[str]:
    """Return the operations whose rows can be filled."""
    numbers = range(1, rows + 1)
    return [f"{number:08d}" for number in numbers if number % UNFINISHED_EVERY and number % TRUNCATED_EVERY != 1]


def filled(url: str) -> dict[str, tuple[Any, ...]]:
    """Return id and timestamp of each row that has one, by operation."""
    rows = query(
        url,
        f"SELECT operation_name, media_generation_id, updated_at FROM {TABLE} WHERE media_generation_id IS NOT NULL",
    )
    return {name: (media_id, updated_at) for name, media_id, updated_at in rows}


def filled_ids(url: str) -> dict[str, str]:
    """Return the id of each row that has one, by operation."""
    return {name: media_id for name, (media_id, _) in filled(url).items()}


def expected_ids(rows: int) -> dict[str, str]:
    """Return what `filled_ids` must be when everything is done."""
    return {name: f"CAUS{name}" for name in recoverable_numbers(rows)}


def count_filled(url: str) -> int:
    """Return how many rows have an id."""
    count: int = query(url, f"SELECT count(media_generation_id) FROM {TABLE}")[0][0]
    return count
