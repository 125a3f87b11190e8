"""Markup: elements of HTML and of the SVG within it. Whatever is no element is text, and is escaped. Pure."""

from html import escape
from typing import Final

from app.console.visible import visible

EMPTY: Final = frozenset({"meta", "link"})
"""Elements that have no end."""


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: object) -> Markup:
    """Return an element. The attribute `class` is written `class_`, `data-name` `data_name`; None leaves one out.

    Children and attributes that are no markup may hold anything: control characters are made visible.
    """
    written = "".join(
        f' {attribute.rstrip("_").replace("_", "-")}="{text(str(value))}"'
        for attribute, value in attributes.items()
        if value is not None
    )
    if name in EMPTY:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """Return markup and texts in their order as markup."""
    return Markup("".join(child if isinstance(child, Markup) else text(child) for child in children))


def text(value: str) -> Markup:
    """Return a text as markup."""
    return Markup(escape(visible(value)))
