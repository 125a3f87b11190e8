"""Failure details: the body of a row that failed, and where the reader of bodies stands in it. Reads only."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from app.backfill.judge import digest
from app.backfill.ledger.failed_rows import find_failing
from app.backfill.light_tables import read_besides, table_of
from app.backfill.recipe import BODY
from app.backfill.undecodable import readable
from app.database.column_types import as_text, find_types
from app.media_ids.extraction import Failed, Found, extract
from app.media_ids.id_places import id_places
from app.media_ids.operations import operation_names
from app.reports.failures import Failure
from app.videos.recipe import MEDIA_IDS

Body: TypeAlias = str | bytes
AROUND: Final = 30
"""Characters of a body that are shown before and behind the place where it cannot be read any further."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a body stops being JSON: line and column count from 1, as editors do."""

    problem: str
    line: int
    column: int
    before: str
    """The text before that place, on its line."""
    after: str


@dataclass(frozen=True, kw_only=True)
class Details:
    """A failure with its row's body."""

    failure: Failure
    body: str
    body_has_changed: bool
    """It is another one than the one that failed."""
    now: str
    """What the extractor says of the row as it is: `found`, or a reason."""
    place: Place | None = None
    """Of a body that is not JSON."""
    asked: Mapping[str, str]
    """The row's own operation and scene, which the body should answer for."""
    operations: tuple[str, ...] = ()
    """The operations that the body answers for."""
    ids: tuple[tuple[str, str], ...] = ()
    """Paths in the body where an id belongs, and what stands there, as JSON."""

    def as_dict(self) -> dict[str, object]:
        """Return everything as JSON shows it."""
        place = None if self.place is None else asdict(self.place)
        ids = [{"path": path, "value": json.loads(value)} for path, value in self.ids]
        return {
            **self.failure.as_dict(),
            **asdict(self.failure.record),
            "body_has_changed": self.body_has_changed,
            "now": self.now,
            "place": place,
            "row": dict(self.asked),
            "operations": list(self.operations),
            "ids": ids,
            "body": self.body,
        }


def read_details(connection: sa.Connection, failures: Iterable[Failure]) -> list[Details]:
    """Return failures with their bodies; those whose rows were filled or removed meanwhile are left out."""
    wanted = {failure.record.row_name: failure for failure in failures}
    table = table_of(MEDIA_IDS, find_types(connection, MEDIA_IDS.table))
    columns = (as_text(table.c[BODY]), *read_besides(table))
    found = find_failing(connection, MEDIA_IDS, table, *columns, only=list(wanted))
    return [_details(wanted[name], *values) for name, values in found]


def _details(failure: Failure, body: Body, operation_name: str | None, scene_id: Any) -> Details:  # noqa: ANN401
    scene = None if scene_id is None else str(scene_id)
    outcome = extract(body, operation_name, scene)
    failed = failure.record.body_digest
    return Details(
        failure=failure,
        body=readable(body) if isinstance(body, str) else body.decode("utf-8", "replace"),
        body_has_changed=failed is not None and failed != digest(body),
        now="found" if isinstance(outcome, Found) else outcome.reason,
        place=_place(body) if isinstance(outcome, Failed) and outcome.reason == "invalid_json" else None,
        asked={"operation_name": readable(operation_name or ""), "scene_id": readable(scene or "")},
        operations=operation_names(body),
        ids=tuple((place.path, _as_json(place.value)) for place in id_places(body, operation_name, scene)),
    )


def _as_json(value: object) -> str:
    try:
        return json.dumps(value)
    except RecursionError:  # the parser goes deeper
        return '"(nested too deep to be shown)"'


def _place(body: Body) -> Place:
    """Return where a body stops being JSON, as Python's own parser says."""
    try:
        text = body if isinstance(body, str) else body.decode()
        json.loads(text, parse_int=float)
    except json.JSONDecodeError as error:
        return _place_at(error.doc, error.pos, error.msg)
    except UnicodeDecodeError as error:
        start = error.object[: error.start].decode()
        return _place_at(start + error.object[error.start :].decode("utf-8", "replace"), len(start), error.reason)
    except RecursionError:
        return _place_at(text, 0, "nested too deep to be read")
    return _place_at(text, 0, "read by nobody")


def _place_at(text: str, position: int, problem: str) -> Place:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return Place(
        problem=problem,
        line=text.count("\n", 0, position) + 1,
        column=position - start + 1,
        before=readable(text[max(start, position - AROUND) : position]),
        after=readable(text[position : position + AROUND if end < 0 else min(end, position + AROUND)]),
    )
