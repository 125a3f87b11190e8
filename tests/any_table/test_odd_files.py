"""SQLite files as they are found: NULL and repeated ids, bytes that are no text, letter case, damaged pages."""

from pathlib import Path

import pytest

from tests.support.any_table import FAILURES, create, expected, row, store, stored
from tests.support.migrations import upgrade
from tests.support.processes import run_command, run_sync, run_upgrade
from tests.support.tables import TABLE, execute, query, sqlite_path

KEYS = {"text key": "PRIMARY KEY (id)", "two columns": "PRIMARY KEY (id, seed)", "nothing": "CHECK (seed >= 0)"}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_failures_of_rows_without_an_id_or_with_the_same_are_kept_apart(sqlite_empty: str, key: str) -> None:
    """A TEXT PRIMARY KEY of SQLite admits NULL, any number of times; each failure is listed, and can be mended."""
    execute(sqlite_empty, create(key))
    same = "same" if "(id)" not in key else None
    store(sqlite_empty, [row(seed, id=same, raw_response="{") for seed in (1, 2)] + [row(3)])
    upgrade(sqlite_empty)
    listed = run_command("media-gen-ids", sqlite_empty, "failures", "--csv").out.splitlines()
    execute(sqlite_empty, f"UPDATE {TABLE} SET raw_response = '{row(2).raw_response}' WHERE seed = 2")

    again = run_sync(sqlite_empty, "--retry-failed")

    assert len(listed) == 3
    assert stored(sqlite_empty) == {1: None, 2: "CAUS000002", 3: "CAUS000003"}
    assert (again.code, query(sqlite_empty, f"SELECT count(*) FROM {FAILURES}")) == (0, [(1,)]), again


@pytest.mark.parametrize("column", ["status", "created_at", "updated_at"])
def test_bytes_that_are_no_text_in_other_columns_stop_nothing(sqlite_empty: str, column: str) -> None:
    """Those that only `status` reads; it shows them as they are."""
    execute(sqlite_empty, create("PRIMARY KEY (id)"))
    store(sqlite_empty, [row(1), row(2)])
    execute(sqlite_empty, f"UPDATE {TABLE} SET {column} = CAST(X'e9e8' AS TEXT) WHERE seed = 1")

    done = run_upgrade(sqlite_empty)
    looks = [run_command("media-gen-ids", sqlite_empty, *look) for look in (["status"], ["status", "--json"])]

    assert (done.code, stored(sqlite_empty)) == (0, {1: "CAUS000001", 2: "CAUS000002"})
    assert [look.code for look in looks] == [0, 0], looks


@pytest.mark.parametrize("column", ["id", "operation_name", "scene_id"])
@pytest.mark.parametrize("kind", ["", " WITHOUT ROWID"])
def test_a_byte_that_is_no_text_costs_its_row_alone(sqlite_empty: str, column: str, kind: str) -> None:
    """Latin-1 in a column that is read; upgrade, status, failures, check and a retry go on round it."""
    execute(sqlite_empty, create("PRIMARY KEY (id)") + kind)
    rows = [row(seed) for seed in range(250)]
    store(sqlite_empty, rows)
    execute(sqlite_empty, f"UPDATE {TABLE} SET {column} = CAST(X'e9e8' AS TEXT) WHERE seed = 120")

    done = run_upgrade(sqlite_empty, batch_size=50)

    looks = [run_command("media-gen-ids", sqlite_empty, command) for command in ("status", "failures", "check")]
    again = run_sync(sqlite_empty, "--retry-failed", "--all")
    assert (done.code, "Traceback" in done.err) == (0, False), done
    assert stored(sqlite_empty) == expected(rows) | {120: None}
    assert query(sqlite_empty, f"SELECT reason, detail FROM {FAILURES}") == [
        ("invalid_text", f"{column}: bytes that are not UTF-8")
    ]
    assert [look.code for look in looks] == [0, 0, 0], looks
    assert again.code == 1, again


def test_several_rows_whose_key_is_no_text_are_found_by_it(sqlite_empty: str) -> None:
    """In one statement; they are listed, and tried again."""
    execute(sqlite_empty, create("PRIMARY KEY (id)") + " WITHOUT ROWID")
    store(sqlite_empty, [row(seed) for seed in range(5)])
    execute(sqlite_empty, f"UPDATE {TABLE} SET id = CAST(X'e9' || CAST(seed AS BLOB) AS TEXT) WHERE seed < 3")

    done = run_upgrade(sqlite_empty)
    listed = run_command("media-gen-ids", sqlite_empty, "failures", "--json")
    again = run_sync(sqlite_empty, "--retry-failed", "--all")

    assert (done.code, listed.code, again.code) == (0, 0, 1), (listed, again)
    assert query(sqlite_empty, f"SELECT reason, count(*) FROM {FAILURES} GROUP BY 1") == [("invalid_text", 3)]


def in_other_letters(statement: str) -> str:
    """Return CREATE TABLE with names spelled otherwise."""
    return (
        statement.replace(TABLE, "Veo3_Video_Generations")
        .replace("media_generation_id", "Media_Generation_Id")
        .replace("raw_response", "RAW_RESPONSE")
        .replace("(id TEXT", "(Id TEXT")
    )


@pytest.mark.parametrize("kind", ["", " WITHOUT ROWID"])
def test_letter_case_makes_no_difference(sqlite_empty: str, kind: str) -> None:
    """The table is adopted as it is, filled, and `check` says how it is spelled."""
    execute(sqlite_empty, in_other_letters(create("PRIMARY KEY (id)") + kind))
    rows = [row(seed) for seed in range(150)]
    store(sqlite_empty, rows)

    upgrade(sqlite_empty, batch_size=50)
    check = run_command("media-gen-ids", sqlite_empty, "check")

    assert stored(sqlite_empty) == expected(rows)
    assert (check.code, "accepted: media_generation_id is spelled in other letters" in check.out) == (0, True), check
    assert run_command("media-gen-ids", sqlite_empty, "status").code == 0


def test_columns_in_other_letters_are_not_added_again(sqlite_empty: str) -> None:
    """Only what is missing comes."""
    execute(sqlite_empty, in_other_letters(create("PRIMARY KEY (id)")).replace("fife_url TEXT, ", ""))

    upgrade(sqlite_empty)

    names = [name for (name,) in query(sqlite_empty, f"SELECT name FROM pragma_table_info('{TABLE}')")]
    assert len(names) == len({name.lower() for name in names})
    assert names[-1] == "fife_url"


def damage(file: Path) -> None:
    """Overwrite every tenth page in the second half of a file."""
    content = bytearray(file.read_bytes())
    for page in range(len(content) // 4096 // 2, len(content) // 4096, 10):
        content[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    file.write_bytes(content)


def test_a_damaged_page_is_one_line(sqlite_database: str) -> None:
    """Exit 2 with what SQLite says, and no traceback."""
    store(sqlite_database, [row(seed) for seed in range(2_000)])
    damage(sqlite_path(sqlite_database))

    done = run_sync(sqlite_database)

    assert (done.code, len(done.err.strip().splitlines())) == (2, 1), done
    assert "malformed" in done.err
