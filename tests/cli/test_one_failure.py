"""`failures ID`: what the ledger holds of a row, its body, and where the reader of bodies stands in it."""

import json
from typing import Any

import pytest

from app.console.visible import visible
from tests.cli.conftest import Command
from tests.support.migrations import upgrade
from tests.support.responses import make_rows, named
from tests.support.tables import TABLE, create_variant, execute, insert, query, read_all, store_body

FAILURES = "media_generation_id_backfill_failures"


def one_of(url: str, reason: str) -> str:
    """Return the id of a row that failed for a reason."""
    found: str = query(url, f"SELECT min(generation_id) FROM {FAILURES} WHERE reason = '{reason}'")[0][0]
    return found


def text_of(command: Command, url: str, row_id: str) -> list[str]:
    """Return what people read of a row, without the spaces that fill up lines."""
    return [line.rstrip() for line in command("failures", row_id, "--database", url).out.splitlines()]


def object_of(command: Command, url: str, row_id: str) -> dict[str, Any]:
    """Return what programs read of a row."""
    (found,) = json.loads(command("failures", row_id, "--json", "--database", url).out)
    return dict(found)


def test_a_body_that_is_no_json_is_marked_where_it_ends(filled_file: str, command: Command) -> None:
    """Line and column count from 1; what the terminal would obey is shown; the mark stands below the place."""
    row_id = one_of(filled_file, "invalid_json")
    store_body(filled_file, row_id, '{"a": 1,\n "\u202eb": ]\x1b[2J}')

    lines, found = text_of(command, filled_file, row_id), object_of(command, filled_file, row_id)

    start = lines.index("Where the reader stands")
    assert lines[start + 1 : start + 4] == [
        "  line 2, column 8: Expecting value",
        '     "\\u202eb": ]\\x1b[2J}',
        "                ^",
    ]
    assert (found["place"]["line"], found["place"]["column"], found["body_has_changed"]) == (2, 8, True)
    assert ("\x1b" in "".join(lines), "\u202e" in "".join(lines)) == (False, False)


def test_all_that_is_known_of_a_row_stands_there(filled_database: str, command: Command) -> None:
    """The ledger's row whole, and the body as it is stored, on each kind of database."""
    row_id = one_of(filled_database, "ids_disagree")

    found = object_of(command, filled_database, row_id)

    (row,) = (row for row in read_all(filled_database, TABLE).values() if row["id"] == row_id)
    ledger = {name: found[name] for name in ("row_name", "extractor_version", "known_since_run", "run_id")}
    assert ledger == {"row_name": f'["{row_id}"]', "extractor_version": 2, "known_since_run": 1, "run_id": 1}
    assert (found["body"], found["row"]["operation_name"]) == (row["raw_response"], row["operation_name"])
    assert [place["path"] for place in found["ids"]] == [
        "$.operations[0].mediaGenerationId",
        "$.operations[0].operation.metadata.video.mediaGenerationId",
    ]
    assert " / ".join(place["value"] for place in found["ids"]) == found["detail"]


def test_both_ids_and_all_operations_are_told(filled_file: str, command: Command) -> None:
    """Of ids that disagree the places; of a body that is for others, whom it is for."""
    disagree = one_of(filled_file, "ids_disagree")
    other = object_of(command, filled_file, one_of(filled_file, "operation_mismatch"))

    ids, mismatch = text_of(command, filled_file, disagree), text_of(command, filled_file, other["id"])

    assert "  $.operations[0].mediaGenerationId" in ids
    assert "  $.operations[0].operation.metadata.video.mediaGenerationId" in ids
    assert f"  the row is {other['row']['operation_name']}" in mismatch
    assert all(name in " ".join(mismatch) for name in other["operations"])


def test_an_id_nested_nearly_as_deep_as_the_parser_goes_is_not_shown(filled_file: str, command: Command) -> None:
    """But the rest of the row is."""
    row_id = one_of(filled_file, "ids_disagree")
    body = '{"operations": [{"mediaGenerationId": %s}]}' % ("[" * 1_000 + "]" * 1_000)
    store_body(filled_file, row_id, body)

    text, found = text_of(command, filled_file, row_id), object_of(command, filled_file, row_id)

    assert (found["body"], found["now"]) == (body, "invalid_json")
    assert [place["value"] for place in found["ids"]] == ["(nested too deep to be shown)"]
    assert text[0] == f"{row_id}  ids_disagree"


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        ("x" * 20_000, "  ... 14,000 more characters: --json has the whole body"),
        (json.dumps({"a": list(range(9_000))}), "  ... 8,944 more lines: --json has the whole body"),
    ],
    ids=["one line", "many lines"],
)
def test_a_long_body_is_shortened_for_people_alone(filled_file: str, command: Command, body: str, remark: str) -> None:
    """With a remark; JSON has it whole, and says that it is another one than the one that failed."""
    row_id = one_of(filled_file, "operation_mismatch")
    store_body(filled_file, row_id, body)

    text, found = text_of(command, filled_file, row_id), object_of(command, filled_file, row_id)

    assert text[-2:] == [remark, ""]
    assert "`sync --retry-failed` tries it again" in " ".join(" ".join(text).split())
    assert (found["body"] == body, found["body_has_changed"]) == (True, True)


def test_rows_with_one_id_are_shown_together(sqlite_empty: str, command: Command) -> None:
    """In a table without a key an id may be shared: they are accepted together too."""
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(4, (named("33"),)))
    execute(sqlite_empty, f"CREATE TABLE copy AS SELECT * FROM {TABLE}", f"DROP TABLE {TABLE}")
    execute(sqlite_empty, f"ALTER TABLE copy RENAME TO {TABLE}", f"UPDATE {TABLE} SET id = 'same' WHERE rowid < 4")
    upgrade(sqlite_empty)

    found = json.loads(command("failures", "same", "--json", "--database", sqlite_empty).out)
    accepted = command("failures", "--accept", "same", "--database", sqlite_empty)

    names = ['{"rowid": 1}', '{"rowid": 2}', '{"rowid": 3}']
    assert ([row["row_name"] for row in found], accepted.out[:10]) == (names, "3 rows are")


def test_jsonb_is_shown_as_postgresql_writes_it(postgresql_database: str, command: Command) -> None:
    """And read as the backfill reads it."""
    insert(postgresql_database, make_rows(1, (named("33"),)))
    execute(postgresql_database, f"ALTER TABLE {TABLE} ALTER raw_response TYPE jsonb USING raw_response::jsonb")
    command("sync", "--database", postgresql_database)

    found = object_of(command, postgresql_database, one_of(postgresql_database, "ids_disagree"))

    stored = query(postgresql_database, f"SELECT CAST(raw_response AS text) FROM {TABLE}")
    assert (found["now"], found["body_has_changed"], [(found["body"],)]) == ("ids_disagree", False, stored)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain, ж and 日", "plain, ж and 日"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\tb\r\nc", "a\\tb\\r\\nc"),
        ("\u202eleft\x85", "\\u202eleft\\x85"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, line: str) -> None:
    """Colours, titles, line ends, directions; letters of all kinds stay what they are."""
    assert visible(text) == line
