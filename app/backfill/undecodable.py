"""Undecodable text: bytes that SQLite hands out as text, though they are not UTF-8. It checks none that it stores."""

from typing import Final

UNDECODABLE: Final = "surrogateescape"
"""Each such byte is read as half of a surrogate pair, which no UTF-8 text holds, and is written back as it was."""


def decode(stored: bytes) -> str:
    """Return stored bytes as text, whatever they are."""
    return stored.decode("utf-8", UNDECODABLE)


def readable(value: str) -> str:
    """Return a value that was read as text for people, with a mark for each byte that could not be decoded."""
    return value.encode("utf-8", UNDECODABLE).decode("utf-8", "replace")


def is_text(value: str) -> bool:
    """Tell whether a value that was read is text, and not bytes that could not be decoded."""
    if value.isascii():
        return True
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
