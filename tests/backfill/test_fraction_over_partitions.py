"""How far a run is in a partitioned table: what lies before a partition counts as well."""

from tests.support.partitions import create_partitioned
from tests.support.responses import make_rows
from tests.support.tables import insert
from tests.support.walks import by_hand


def test_each_partition_goes_on_where_the_one_before_has_ended(postgresql_empty: str) -> None:
    """Three heaps: the part of the table that is done never gets smaller, and ends at the whole."""
    create_partitioned(postgresql_empty, "hash of id")
    insert(postgresql_empty, make_rows(300))

    with by_hand(postgresql_empty) as walk:
        fractions = [window.fraction or 0.0 for window in walk.read_all()]

    assert len(fractions) >= 3
    assert (fractions, fractions[-1]) == (sorted(fractions), 1.0)
