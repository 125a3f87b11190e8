"""What keeps a failure accepted in the ledger, and what does not."""

import pytest

from app.backfill.ledger.acceptance import Seen, accept
from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.runs import open_ledger
from app.backfill.options import Options
from app.backfill.rows import Refused
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.support.tables import query

FIRST = Refused("one", "update_failed", "value too long", name='["one"]')


@pytest.mark.parametrize(
    ("again", "accepted", "new"),
    [
        (FIRST, 1, 0),
        (FIRST._replace(detail="another trigger"), 0, 1),
        (FIRST._replace(body_digest="d"), 0, 1),
        (FIRST._replace(reason="invalid_id"), 0, 1),
    ],
    ids=["the same", "another refusal", "a body", "another reason"],
)
def test_a_failure_stays_accepted_while_it_is_the_same(database: str, again: Refused, accepted: int, new: int) -> None:
    """A refused row has no body to be compared: there it is what the database says. First seen is first seen."""
    with make_engine(database).begin() as connection:
        earlier, place = open_ledger(connection, MEDIA_IDS, "sync", "a walk", Options())
        earlier.record_failures(connection, 1, [FIRST])
        accept(connection, MEDIA_IDS.name, [Seen(FIRST.name, FIRST.reason, None)], by="ann", note="\ud800\x00")
        first = connection.execute(FAILURES.select()).one()
        later, _ = open_ledger(connection, MEDIA_IDS, "sync", "a walk", Options())
        later.record_failures(connection, place.sweep, [again])
        counted = later.tally(connection, place.sweep)
        second = connection.execute(FAILURES.select()).one()

    assert (counted, second.accepted_by, second.note) == (
        (accepted, new),
        *(("ann", "\\ud800\\x00") if accepted else (None, None)),
    )
    assert (first.first_seen_at, first.run_id) == (second.first_seen_at, second.run_id - 1)


def test_what_has_taken_the_place_of_a_failure_is_not_accepted(database: str) -> None:
    """It failed with another body, or for another reason, than somebody had seen."""
    with make_engine(database).begin() as connection:
        ledger, _ = open_ledger(connection, MEDIA_IDS, "sync", "a walk", Options())
        ledger.record_failures(connection, 1, [FIRST._replace(body_digest="now")])
        seen = [Seen(FIRST.name, FIRST.reason, "before"), Seen(FIRST.name, "invalid_id", "now")]
        rows = accept(connection, MEDIA_IDS.name, seen, by="ann", note=None)

    assert (rows, query(database, f"SELECT accepted_at FROM {FAILURES.name}")) == (0, [(None,)])
