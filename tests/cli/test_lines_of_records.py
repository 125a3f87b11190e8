"""The lines of `--verbose`, one for each record, and several listeners as one."""

import io
from typing import Any

from app.backfill.listener import Listener, Progress
from app.backfill.report import Report
from app.backfill.rows import INVALID_TEXT, Recovered, Refused
from app.console.record_lines import Listeners, RecordLines


class Told(Listener):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def skipped(self, rows: Any) -> None:  # noqa: ANN401
        """Remember."""
        self.told.append(("skipped", rows))

    def failed(self, rows: Any) -> None:  # noqa: ANN401
        """Remember."""
        self.told.append(("failed", rows))

    def progress(self, progress: Any) -> None:  # noqa: ANN401
        """Remember."""
        self.told.append(("progress", progress))

    def waiting(self, reason: str) -> None:
        """Remember."""
        self.told.append(("waiting", reason))


class ToldOfRows(Told):
    """The same, of rows that were filled too."""

    def filled(self, rows: Any) -> None:  # noqa: ANN401
        """Remember."""
        self.told.append(("filled", rows))


RECOVERED = Recovered((1,), "abc1234567890", "CAUSJGI4NWI1YjYxLTAxMjM0NTY3ODk")


def test_a_byte_that_is_no_text_is_marked_in_the_id_of_a_row() -> None:
    """SQLite stores any bytes: the line can be printed everywhere, and nobody takes the id for another one."""
    lines = io.StringIO()

    RecordLines(lines).failed([Refused("ab\udcff12", INVALID_TEXT, name="[1]")])

    assert lines.getvalue() == "❌ Failed: ab\N{REPLACEMENT CHARACTER}12... (invalid_text)\n"


def test_each_kind_of_record_has_its_line() -> None:
    """Eight characters of the row's id, twenty of the id that was found, or the reason."""
    lines = io.StringIO()
    records = RecordLines(lines)

    records.filled([RECOVERED])
    records.skipped([Refused("ghi2468013579", "not_finished", name="[1]")])
    records.failed([Refused(None, "invalid_json", name="[2]")])

    assert lines.getvalue().splitlines() == [
        "✅ Synced: abc12345... -> CAUSJGI4NWI1YjYxLTAx...",
        "⏭️  Skipped: ghi24680... (not_finished)",
        "❌ Failed: (no id) (invalid_json)",
    ]


def test_several_listeners_are_told_the_same() -> None:
    """Rows are wanted if one of them wants them."""
    listeners = (Told(), ToldOfRows())
    refused = [Refused("a", "not_finished", name="[1]")]
    progress = Progress(report=Report(), sweep=1, fraction=None, batch_size=1)
    every = Listeners(*listeners)

    every.filled([RECOVERED])
    every.skipped(refused)
    every.failed(refused)
    every.progress(progress)
    every.waiting("why")

    told = [("skipped", refused), ("failed", refused), ("progress", progress), ("waiting", "why")]
    assert [listener.told for listener in listeners] == [told, [("filled", [RECOVERED]), *told]]
    assert (every.wants_rows, Listeners(Told()).wants_rows) == (True, False)
