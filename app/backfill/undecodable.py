"""Undecodable text: bytes that SQLite returns as text though they are not UTF-8, since it checks no text it stores."""

from typing import Final

UNDECODABLE: Final = "surrogateescape"
"""Reads each invalid byte as a lone surrogate, which no UTF-8 text holds, and writes the same byte back."""


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
