"""Picture: a view as an SVG file, which loads nothing: what a terminal shows, in colours and a font of the reader's."""

import io
from typing import Final

from rich.console import Console, RenderableType
from rich.terminal_theme import TerminalTheme

COLUMNS: Final = 80
THEME: Final = TerminalTheme(
    background=(22, 27, 34),
    foreground=(230, 237, 243),
    normal=[
        *((22, 27, 34), (255, 123, 114), (86, 211, 100), (227, 179, 65)),
        *((88, 166, 255), (210, 168, 255), (121, 192, 255), (230, 237, 243)),
    ],
    bright=[
        *((145, 155, 166), (255, 123, 114), (86, 211, 100), (227, 179, 65)),
        *((88, 166, 255), (210, 168, 255), (121, 192, 255), (255, 255, 255)),
    ],
)
"""Each colour of a terminal as one that can be read on this background."""
FORMAT: Final = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
        font-variant-east-asian: full-width;
    }}
    .{unique_id}-title {{ font: bold 18px system-ui, sans-serif; }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""
"""What the library draws, without the fonts that it would have a reader's browser load."""


def drawn(view: RenderableType, *, title: str) -> str:
    """Return a view as an SVG picture, 80 columns wide. Prints nothing."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False, emoji=False, markup=False)
    console.print(view)
    return console.export_svg(title=title, theme=THEME, code_format=FORMAT)
