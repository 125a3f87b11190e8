"""No number and no time is ever cut: on narrow terminals, in pipes and in the picture."""

import io
import re

import pytest
from rich.console import Console

from app.console.picture import drawn
from app.console.tables import status_view
from app.database.timestamps import now
from app.reports.coverage import Coverage
from app.reports.passes import Pass
from app.reports.status import Status

MANY = Coverage(with_id=212_345_678, pending=9_876_543_210, nothing_to_recover=1_234_567_890, failed=1_000_000)
MOMENT = now()
PASS = Pass(
    first=1_000_001,
    last=1_000_099,
    runs=99,
    origin="upgrade",
    walk="block",
    state="superseded",
    error=None,
    started_at=MOMENT,
    ended_at=MOMENT,
    seconds=123_456.7,
    synced=212_345_678,
    skipped=1_234_567_890,
    failed=1_000_000,
)
STATUS = Status(
    total=MANY,
    by_status={"completed": MANY},
    by_month={"2025-11": MANY},
    reasons={"operation_mismatch": 1_000_000},
    passes=(PASS,),
)
NUMBERS = {"212,345,678", "9,876,543,210", "1,234,567,890", "1,000,000", "123,456.7 s", "1000001-1000099"}


@pytest.mark.parametrize("columns", [20, 40, 80, 100, 200])
def test_every_number_is_whole_at_any_width(columns: int) -> None:
    """And so is the moment; no line is longer than the terminal is wide."""
    console = Console(width=columns, file=io.StringIO(), highlight=False)

    console.print(status_view(STATUS))

    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert {number for number in NUMBERS if number not in shown} == set()
    assert (f"{MOMENT:%Y-%m-%d %H:%M}" in " ".join(shown.split()), "…" in shown) == (True, False)
    assert max(map(len, shown.splitlines())) <= columns


def test_every_number_is_whole_in_the_picture() -> None:
    """It is as wide as a terminal of 80 columns."""
    picture = re.sub(r"&#160;|<[^>]*>", " ", drawn(status_view(STATUS), title="status"))

    assert {number for number in NUMBERS if number not in picture} == set()
