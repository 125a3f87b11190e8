"""Times as people say them."""

from datetime import UTC, datetime

import pytest

from app.console.durations import about, duration, moment_text

WORDS = {
    0.99: "under 1 s",
    1.0: "1 s",
    59.6: "1 min 0 s",
    125.4: "2 min 5 s",
    3_599.0: "59 min 59 s",
    3_600.0: "1 h 0 min",
    93_784.0: "26 h 3 min",
}


@pytest.mark.parametrize("seconds", WORDS)
def test_a_time_is_rounded_to_what_matters(seconds: float) -> None:
    """Seconds up to an hour, minutes above; an estimate of a moment is not about it."""
    assert duration(seconds) == WORDS[seconds]
    assert about(seconds) == ("under 1 s" if seconds < 1 else f"about {WORDS[seconds]}")


def test_a_moment_is_told_to_the_minute() -> None:
    """In UTC, as it comes."""
    assert moment_text(datetime(2026, 7, 1, 1, 2, 59, tzinfo=UTC)) == "2026-07-01 01:02"
