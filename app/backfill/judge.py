"""Judge: puts rows that were read into a window, each by what its answer holds."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from app.backfill.rows import INVALID_TEXT, Locator, Recovered, Refused, Window
from app.backfill.undecodable import is_text
from app.media_ids.extraction import Failed, Found, Skipped, extract

Body: TypeAlias = str | bytes
Row: TypeAlias = Sequence[Any]
"""id, operation_name, scene_id, body, then what names the row."""
NameOf: TypeAlias = Callable[[object, Locator], str]
"""From a row's id and its locator to what the ledger calls it."""


def judge(rows: Iterable[Row], window: Window, name_of: NameOf, *, may_be_bytes: bool = False) -> Locator | None:
    """Extract the id of each row, one body at a time, put the row into the window by its outcome; return the last.

    With `may_be_bytes`, a row whose id, operation name or scene is no text is a failure, whatever its body says.
    """
    last: Locator | None = None
    for generation_id, operation_name, scene_id, body, *locator in rows:
        last = tuple(locator)
        if may_be_bytes and (problem := undecodable(generation_id, operation_name, scene_id)):
            name = name_of(generation_id, last)
            window.failures.append(Refused(generation_id, INVALID_TEXT, problem, digest(body), name))
            continue
        match extract(body, operation_name, scene_id):
            case Found(media_generation_id=found):
                window.recovered.append(Recovered(last, generation_id, found))
            case Skipped(reason=reason):
                window.skips.append(Refused(generation_id, reason))
            case Failed(reason=reason, detail=detail):
                name = name_of(generation_id, last)
                window.failures.append(Refused(generation_id, reason, detail, digest(body), name))
    return last


def undecodable(generation_id: object, operation_name: object, scene_id: object) -> str:
    """Return which of a row's texts is none; empty if all are."""
    named = {"id": generation_id, "operation_name": operation_name, "scene_id": scene_id}
    bad = [name for name, value in named.items() if isinstance(value, str) and not is_text(value)]
    return f"{', '.join(bad)}: bytes that are not UTF-8" if bad else ""


def digest(body: Body) -> str:
    """Return a fingerprint of a body, to see later whether it has changed."""
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()
