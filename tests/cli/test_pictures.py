"""Pictures and printed views: 80 columns, under their title, with signs as they are."""

import pytest
from rich.text import Text

from app.console.picture import drawn
from app.console.printing import show


def test_a_picture_is_80_columns_wide_and_has_its_title() -> None:
    """What is longer goes on in the next line."""
    picture = drawn(Text("x" * 81), title="the-title")

    assert ("x" * 80 in picture, "x" * 81 in picture, "the-title" in picture) == (True, False, True)


def test_what_is_shown_means_nothing_but_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No markup, no names of signs, and no colours that a pipe would be full of."""
    monkeypatch.setenv("COLUMNS", "80")
    words = "[red]no[/red] :warning: 12 'text'"

    show(words)

    assert capsys.readouterr().out == f"{words}\n"
    assert ":warning:" in drawn(words, title="")
