"""`on_failure=abort` stops an upgrade because of failures, and of nothing else."""

from tests.support.migrations import upgrade
from tests.support.responses import make_rows, named, recoverable
from tests.support.tables import TABLE, insert, query


def test_abort_stamps_where_nothing_failed(empty_database: str) -> None:
    """Rows that are filled or have nothing to recover are no failures."""
    upgrade(empty_database, "media_ids_0002")
    insert(empty_database, make_rows(30, (*recoverable(), named("13_"))))

    upgrade(empty_database, on_failure="abort")

    assert query(empty_database, f"SELECT count(*) > 20 FROM {TABLE} WHERE media_generation_id IS NOT NULL")[0][0]
