"""`check` takes blank ids for none: two rows without an id do not share one."""

import json

from tests.cli.conftest import Command
from tests.support.responses import make_rows, named
from tests.support.tables import TABLE, execute, insert


def test_two_rows_with_blank_ids_have_no_id_in_common(database: str, command: Command) -> None:
    """As forms and other programs leave them."""
    insert(database, make_rows(2, (named("13_"),)))
    execute(database, f"UPDATE {TABLE} SET media_generation_id = ''")

    done = command("check", "--json", "--database", database)

    (finding,) = (found for found in json.loads(done.out) if found["check"] == "no id on two rows")
    assert (done.code, finding["ok"], finding["facts"]) == (0, True, [])
