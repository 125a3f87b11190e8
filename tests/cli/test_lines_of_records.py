"""The lines of `--verbose`, one for each record."""

import io

from app.backfill.rows import INVALID_TEXT, Refused
from app.console.record_lines import RecordLines


def test_a_byte_that_is_no_text_is_marked_in_the_id_of_a_row() -> None:
    """SQLite stores any bytes: the line can be printed everywhere, and nobody takes the id for another one."""
    lines = io.StringIO()

    RecordLines(lines).failed([Refused("ab\udcff12", INVALID_TEXT, name="[1]")])

    assert lines.getvalue() == "❌ Failed: ab\N{REPLACEMENT CHARACTER}12... (invalid_text)\n"
