r"""Text that every database here can store.

PostgreSQL's TEXT holds no NUL, and neither driver encodes half of a surrogate pair. Both can stand in a JSON text all
the same, as `\u0000` and `\ud83d`: those are six ordinary characters, and stay as they are.
"""

import re
from typing import Final

from app.videos.errors import UnstorableTextError

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Say whether every database stores this text."""
    return _UNSTORABLE.search(text) is None


def require_storable(column: str, text: str) -> str:
    """Return the text unchanged. Raises UnstorableTextError, naming the column, if a character cannot be stored."""
    if found := _UNSTORABLE.search(text):
        raise UnstorableTextError(column, found.start(), ord(found[0]))
    return text


def storable_json(body: str) -> str:
    r"""Return JSON text of the same meaning, in which half surrogate pairs are written as `\udXXX`.

    In JSON they can only stand within strings, where both forms mean the same. Meant for text that is JSON: NUL, which
    JSON does not admit unescaped, stays.
    """
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", body)


def storable_prose(text: str) -> str:
    """Return text for a person to read, with U+FFFD for what cannot be stored."""
    return _UNSTORABLE.sub(REPLACEMENT, text)
