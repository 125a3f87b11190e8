"""A body with operations of its own and others within `raw`: `--sql` takes those that extract() takes."""

import json

from app.backfill.script import offline_backfill
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.support.any_table import body, expected, row, store, stored
from tests.support.tables import execute


def test_its_own_go_first_unless_there_are_none(sqlite_database: str) -> None:
    """The others may be of an older answer, with another id."""
    older = body(1).replace("CAUS000001", "CAUSolder")
    both = {**json.loads(body(1)), "raw": json.loads(older)}
    only_within = {"operations": [], "raw": json.loads(body(2))}
    rows = [row(seed, raw_response=json.dumps(answer)) for seed, answer in ((1, both), (2, only_within))]
    store(sqlite_database, rows)

    execute(sqlite_database, offline_backfill(MEDIA_IDS, make_engine(sqlite_database).dialect))

    assert stored(sqlite_database) == expected(rows) == {1: "CAUS000001", 2: "CAUS000002"}
