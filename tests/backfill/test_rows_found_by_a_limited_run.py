"""What a limited run has found includes the rows that somebody else filled between its reading and its writing."""

from collections.abc import Sequence

from app.backfill.engine import backfill
from app.backfill.listener import Listener
from app.backfill.options import Options
from app.backfill.rows import Recovered
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.support.responses import make_rows, recoverable
from tests.support.tables import TABLE, execute, insert

FILL_ONE = (
    f"UPDATE {TABLE} SET media_generation_id = 'THEIRS'"
    f" WHERE id = (SELECT max(id) FROM {TABLE} WHERE media_generation_id IS NULL)"
)


class FillsOne(Listener):
    """Fills a row of a later batch when the first batch has been filled."""

    def __init__(self, url: str) -> None:
        self._url: str | None = url

    def filled(self, rows: Sequence[Recovered]) -> None:  # noqa: ARG002
        """Do it once."""
        if self._url is not None:
            execute(self._url, FILL_ONE)
            self._url = None


def test_a_row_that_somebody_else_fills_meanwhile_was_found_all_the_same(postgresql_database: str) -> None:
    """80 rows are read at once, and filled ten at a time."""
    insert(postgresql_database, make_rows(80, recoverable()))
    options = Options(batch_size=10, limit=80)

    with make_engine(postgresql_database).connect() as connection:
        listener = FillsOne(postgresql_database)
        report = backfill(connection, MEDIA_IDS, options, origin="sync", listener=listener)

    assert (report.state, report.found, report.synced, report.total) == ("partial", 80, 79, 79)
