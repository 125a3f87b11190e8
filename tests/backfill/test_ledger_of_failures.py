"""The ledger's failures: each row once, as it was seen last, until it needs nobody any more."""

from typing import Any

import sqlalchemy as sa

from app.backfill.ledger.failures import FAILURES, NAMES_AT_ONCE, read_refused_names
from app.backfill.rows import Refused
from app.videos.recipe import MEDIA_IDS
from tests.backfill.test_ledger import begin, connection
from tests.backfill.test_second_recipe import DOMAINS
from tests.support.any_table import OLD
from tests.support.tables import execute, query

__all__ = ["connection"]


def failure(name: str, **more: Any) -> Refused:  # noqa: ANN401  # of any field
    """Return a row that failed."""
    return Refused("row", "invalid_json", "detail", "digest", name=name)._replace(**more)


def test_a_failure_keeps_the_moment_when_it_was_first_seen(connection: sa.Connection, sqlite_database: str) -> None:
    """All else of it is as it was seen last; that of another recipe's row of the same name is left as it is."""
    ledger, _ = begin(connection)
    other, _ = begin(connection, recipe=DOMAINS)
    with connection.begin():
        for one in (ledger, other):
            one.record_failures(connection, 1, [failure("[1]", row_id=None), failure("[2]")])
    execute(sqlite_database, f"UPDATE {FAILURES.name} SET first_seen_at = '{OLD}', last_seen_at = '{OLD}'")
    with connection.begin():
        ledger.record_failures(connection, 2, [failure("[2]", reason="not_an_object", detail="new", body_digest="d")])
        ledger.record_failures(connection, 2, [])

    columns = "backfill, row_name, generation_id, reason, detail, body_digest, sweep, first_seen_at"
    listed = query(sqlite_database, f"SELECT {columns}, last_seen_at > '{OLD}' FROM {FAILURES.name} ORDER BY 1, 2")
    seen = "invalid_json", "detail", "digest", 1, OLD, 0
    assert listed == [
        (DOMAINS.name, "[1]", None, *seen),
        (DOMAINS.name, "[2]", "row", *seen),
        (MEDIA_IDS.name, "[1]", None, *seen),
        (MEDIA_IDS.name, "[2]", "row", "not_an_object", "new", "d", 2, OLD, 1),
    ]


def names(url: str, recipe: str = MEDIA_IDS.name) -> list[str]:
    """Return the names of a recipe's failures."""
    return [
        name for (name,) in query(url, f"SELECT row_name FROM {FAILURES.name} WHERE backfill = '{recipe}' ORDER BY 1")
    ]


def test_what_the_last_sweep_did_not_see_is_forgotten(connection: sa.Connection, sqlite_database: str) -> None:
    """Of an earlier run, and of an earlier sweep of this one; nothing of another recipe."""
    before, _ = begin(connection)
    with connection.begin():
        before.record_failures(connection, 2, [failure("[1]")])
    other, _ = begin(connection, recipe=DOMAINS)
    ledger, _ = begin(connection)
    with connection.begin():
        other.record_failures(connection, 1, [failure("[1]")])
        ledger.record_failures(connection, 1, [failure("[2]")])
        ledger.record_failures(connection, 2, [failure("[3]")])
        counted = ledger.recorded_failures(connection)
        ledger.forget_failures_not_seen(connection, 2)

    assert (counted, names(sqlite_database)) == ({"invalid_json": 3}, ["[3]"])
    assert names(sqlite_database, DOMAINS.name) == ["[1]"]


def test_more_failures_than_one_statement_can_name_are_recorded_and_forgotten(
    connection: sa.Connection, sqlite_database: str
) -> None:
    """A statement has a bounded number of parameters."""
    assert NAMES_AT_ONCE == 1_000
    many = [failure(f"[{number}]") for number in range(2 * NAMES_AT_ONCE + 1)]
    ledger, _ = begin(connection)
    sizes: list[int] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *arguments: sizes.append(len(arguments[3])))
    with connection.begin():
        ledger.record_failures(connection, 1, many)
        recorded = ledger.recorded_failures(connection)
        ledger.forget_failures(connection, [one.name for one in many[1:]])

    assert (recorded, names(sqlite_database)) == ({"invalid_json": 2 * NAMES_AT_ONCE + 1}, ["[0]"])
    assert max(sizes) <= NAMES_AT_ONCE + 1


def test_rows_that_the_database_is_known_to_refuse_are_named(connection: sa.Connection) -> None:
    """Those alone, and those of the recipe."""
    ledger, _ = begin(connection)
    other, _ = begin(connection, recipe=DOMAINS)
    with connection.begin():
        refused = [failure("[1]", reason="update_failed"), failure("[2]", reason="invalid_text"), failure("[3]")]
        ledger.record_failures(connection, 1, refused)
        other.record_failures(connection, 1, [failure("[4]", reason="update_failed")])
        found = read_refused_names(connection, MEDIA_IDS.name)

    assert found == {"[1]", "[2]"}


def test_a_detail_is_stored_as_far_as_the_database_can(connection: sa.Connection, sqlite_database: str) -> None:
    """No NUL, no half of a surrogate pair, and five hundred characters at most."""
    ledger, _ = begin(connection)
    with connection.begin():
        long = failure("[1]", detail="a\x00\ud800" + "b" * 600, row_id="r\ud800")
        ledger.record_failures(connection, 1, [long])

    ((detail, row_id),) = query(sqlite_database, f"SELECT detail, generation_id FROM {FAILURES.name}")
    assert (detail, row_id) == ("a\\x00\\ud800" + "b" * 489, "r\\ud800")
