"""Judge: derives the value of each row that was read, and puts the row into a window by the outcome."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from app.backfill.recipe import Recipe, Skipped
from app.backfill.rows import INVALID_TEXT, Locator, Recovered, Refused, Window
from app.backfill.undecodable import is_text

Body: TypeAlias = str | bytes
Row: TypeAlias = Sequence[Any]
"""The shown column, the other columns that are read, the body, and then the row's locator, in this order."""
NameOf: TypeAlias = Callable[[object, Locator], str]
"""Takes a row's id and its locator; returns the row's name in the ledger."""


def judge(
    rows: Iterable[Row], window: Window, name_of: NameOf, recipe: Recipe, *, may_be_bytes: bool = False
) -> Locator | None:
    """Derive the value of each row, one at a time, put the row into the window, and return the last row's locator.

    With `may_be_bytes`, a row whose other columns hold what is no text is a failure, whatever its body says.
    """
    last: Locator | None = None
    derive, at = recipe.derive, len(recipe.reads)
    for row in rows:
        row_id, body, last = row[0], row[at], tuple(row[at + 1 :])
        if may_be_bytes and (problem := undecodable(row, recipe)):
            window.failures.append(Refused(row_id, INVALID_TEXT, problem, digest(body), name_of(row_id, last)))
            continue
        derived = derive(body, *row[1:at])
        if isinstance(derived, str):
            window.recovered.append(Recovered(last, row_id, derived))
        elif isinstance(derived, Skipped):
            window.skips.append(Refused(row_id, derived.reason))
        else:
            name = name_of(row_id, last)
            window.failures.append(Refused(row_id, derived.reason, derived.detail, digest(body), name))
    return last


def undecodable(row: Row, recipe: Recipe) -> str:
    """Return a sentence on the columns, apart from the body, that are not valid UTF-8; empty if all are."""
    named = zip((recipe.shows, *recipe.reads[1:]), row, strict=False)
    bad = [name for name, value in named if isinstance(value, str) and not is_text(value)]
    return f"{', '.join(bad)}: bytes that are not UTF-8" if bad else ""


def digest(body: Body) -> str:
    """Return the SHA-256 of a body in hexadecimal digits, to see later whether the body has changed."""
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()
