"""What the list of failures says of each row to people."""

from tests.cli.conftest import Command
from tests.support.tables import execute

FAILURES = "media_generation_id_backfill_failures"


def test_the_detail_of_a_failure_stands_below_it_as_it_is(filled_file: str, command: Command) -> None:
    """Whatever signs it holds: a body's own words, or the database's."""
    execute(filled_file, f"UPDATE {FAILURES} SET detail = 'no [operations] of :this: row'")

    lines = [line.rstrip() for line in command("failures", "--database", filled_file).out.splitlines()]

    assert lines.count("  no [operations] of :this: row") == 8
