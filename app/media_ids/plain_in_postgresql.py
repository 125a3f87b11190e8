"""The SQL with which PostgreSQL finds the id in a plain answer; every other answer is left to extract()."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from app.backfill.recipe import PlainValues
from app.database.column_types import same_text
from app.media_ids.extraction import FAILED_STATUS, MAX_ID_LENGTH

PLAIN_ID: Final = "^[A-Za-z0-9_-]+$"
"""What PostgreSQL takes for an id without asking extract(): base64url. Everything else is left to extract().

The length is compared separately: a bound inside the expression makes each match take ten times as long.
"""


def with_plain_ids(bodies: sa.Subquery) -> PlainValues:
    """Return the rows of `bodies`, each with its body as text and its plain id (NULL where there is none).

    `bodies` has the columns `operation_name` and `text`; a `text` of type JSONB is not parsed again. Each step is a
    LATERAL subquery with OFFSET 0, which the planner does not merge with the next step, so that each body is
    decompressed and parsed once. Citus sends the whole statement to the shards. Wants `enable_memoize` off.
    """
    whole = _step("body", [bodies], value=bodies.c.text)
    is_json = isinstance(bodies.c.text.type, JSONB)
    parsed = whole if is_json else _step("parsed", [bodies, whole], value=sa.cast(whole.c.value, JSONB))
    operation = _step("operation", [bodies, parsed], value=_single_operation(parsed.c.value))
    candidate = _step("candidate", [bodies, operation], value=_candidate(operation.c.value, bodies.c.operation_name))
    found = _step("found", [candidate], value=_text(candidate.c.value))
    plain = _step("plain", [found], value=_plain_id(found.c.value))
    rows: sa.FromClause = bodies
    text = _step("body_text", [whole], value=sa.cast(whole.c.value, sa.Text)) if is_json else whole
    for step in dict.fromkeys((whole, text, parsed, operation, candidate, found, plain)):
        rows = rows.join(step, sa.true())
    return PlainValues(rows, text.c.value, plain.c.value)


def _step(name: str, earlier: Sequence[sa.FromClause], **value: sa.ColumnElement[Any]) -> sa.FromClause:
    columns = [column.label(label) for label, column in value.items()]
    return sa.select(*columns).correlate(*earlier).offset(0).lateral(name)


def _single_operation(body: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the only operation of a direct or wrapped body, else NULL."""
    direct, wrapped = body["operations"], body["raw"]["operations"]
    return sa.case(
        (_is_filled_array(direct), sa.case((direct[1].is_(None), direct[0]))),
        (_is_filled_array(wrapped), sa.case((wrapped[1].is_(None), wrapped[0]))),
    )


def _is_filled_array(value: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(sa.func.jsonb_typeof(value) == "array", value[0].is_not(None))


def _candidate(operation: sa.ColumnElement[Any], operation_name: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the one JSON value that stands where the id belongs, if the operation is the row's and did not fail."""
    inner = operation["operation"]
    top_level = _not_null(operation["mediaGenerationId"])
    nested = _not_null(inner[("metadata", "video", "mediaGenerationId")])
    return sa.case(
        (
            sa.and_(
                operation_name != "",
                same_text(_text(inner["name"]), operation_name),
                _not_null(inner["error"]).is_(None),
                operation["status"].is_distinct_from(_json(f'"{FAILED_STATUS}"')),
                sa.or_(top_level.is_(None), nested.is_(None), top_level == nested),
            ),
            sa.func.coalesce(top_level, nested, type_=JSONB),
        )
    )


def _not_null(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.nullif(value, _json("null"), type_=JSONB)


def _json(text: str) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal(text, sa.Text), JSONB)


def _text(candidate: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """Return a JSON string's text; NULL for any other JSON value."""
    return sa.case((sa.func.jsonb_typeof(candidate) == "string", candidate[()].astext))


def _plain_id(text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return the text if it looks like an id, else NULL."""
    return sa.case((sa.and_(sa.func.char_length(text) <= MAX_ID_LENGTH, text.regexp_match(PLAIN_ID)), text))
