"""How far a run is: a sweep that comes back to the table begins at its start again."""

from app.backfill.engine import backfill
from app.backfill.listener import Progress
from app.backfill.options import Options
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.backfill.test_sweeps import FORGET_ONE, Once
from tests.support.responses import make_rows
from tests.support.tables import insert


class Following(Once):
    """Notes each sweep's first fraction as well."""

    def __init__(self, url: str) -> None:
        super().__init__(url, FORGET_ONE)
        self.first: dict[int, float | None] = {}

    def progress(self, progress: Progress) -> None:
        """Note it."""
        self.first.setdefault(progress.sweep, progress.fraction)
        super().progress(progress)


def test_a_second_sweep_is_not_at_the_end_when_it_begins(sqlite_database: str) -> None:
    """Of 400 rows more than half stay pending, so that both have several windows."""
    insert(sqlite_database, make_rows(400))

    listener = Following(sqlite_database)
    with make_engine(sqlite_database).connect() as connection:
        backfill(connection, MEDIA_IDS, Options(batch_size=50), origin="sync", listener=listener)

    assert [fraction is not None and fraction < 0.5 for fraction in listener.first.values()] == [True, True]
