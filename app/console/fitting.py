"""Fitting: a table where it fits the terminal, else a list of facts for each row: no number is ever cut."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Final, Literal

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.console.colours import coloured
from app.console.visible import visible

TABLE_LINES: Final = box.Box("    \n    \n ── \n    \n ── \n ── \n    \n    \n")
"""A line below the head and between sections."""
NARROWEST_PROSE: Final = 24
"""Cells that a column of sentences needs at least."""


class Facts:
    """Rows of facts, each under its name: a table or, where that is too wide, a list for each row."""

    def __init__(self, *names: str, words: Collection[str] = (), prose: str = "") -> None:
        """Take the names of the columns, of those that hold `words` and not numbers, and of one that may be wrapped."""
        self._names = names
        self._words = words
        self._prose = prose
        self._sections: list[list[Sequence[str]]] = [[]]

    def add_row(self, *values: str) -> None:
        """Add a row; what came from a database is made visible."""
        self._sections[-1].append([visible(value) for value in values])

    def add_section(self) -> None:
        """Draw a line below what has been added."""
        self._sections.append([])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield what fits."""
        if self._needed_cells(console, options) <= options.max_width:
            yield self._table(prose=self._prose)
        else:
            yield from self._lists()

    def _needed_cells(self, console: Console, options: ConsoleOptions) -> int:
        unlimited = options.update(width=10_000)
        whole = Measurement.get(console, unlimited, self._table(prose="")).maximum
        if not self._prose:
            return whole
        at = self._names.index(self._prose)
        longest = max((len(row[at]) for section in self._sections for row in section), default=0)
        return whole - max(0, longest - NARROWEST_PROSE)

    def _table(self, *, prose: str) -> Table:
        """Return a table whose numbers stand on the right, with an empty line below."""
        table = Table(box=TABLE_LINES, padding=(0, 1, 0, 0), show_edge=True)
        for name in self._names:
            justify: Literal["left", "right"] = "left" if name in self._words else "right"
            table.add_column(name, justify=justify, no_wrap=name != prose or not prose)
        for section in self._sections:
            for row in section:
                table.add_row(*map(coloured, self._names, row))
            table.add_section()
        return table

    def _lists(self) -> Iterator[RenderableType]:
        names = [" ".join(name.split()) for name in self._names]
        for row in chain.from_iterable(self._sections):
            head = f"{names[0]} {row[0]}".strip()
            unnamed = [value for name, value in zip(names[1:], row[1:], strict=True) if not name]
            facts = [f"{name} {value}" for name, value in zip(names[1:], row[1:], strict=True) if name]
            yield Text("  ".join([head, *unnamed]), "bold", overflow="fold")
            yield Padding(Text(", ".join(facts), overflow="fold"), (0, 0, 0, 2))
        yield Text("")
