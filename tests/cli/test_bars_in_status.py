"""The bars of `status`: full only where nothing is missing, empty only where nothing is there."""

import io

import pytest
from rich.console import Console

from app.console.tables import status_view
from app.reports.coverage import Coverage
from app.reports.status import Status


@pytest.mark.parametrize(
    ("with_id", "bar"), [(0, "░" * 12), (1, "█" + "░" * 11), (999, "█" * 11 + "░"), (1_000, "█" * 12)]
)
def test_a_bar_is_neither_full_nor_empty_too_early(with_id: int, bar: str) -> None:
    """Of a thousand rows."""
    total, drawn = Coverage(with_id=with_id, pending=1_000 - with_id), io.StringIO()
    status = Status(estimated=False, total=total, by_status={}, by_month={}, reasons={}, runs=(), running=None)

    Console(file=drawn, width=80).print(status_view(status))

    assert f" {bar} " in drawn.getvalue()
