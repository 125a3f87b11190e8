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
    ids = _step("ids", [operation], **_ids_of(operation.c.value))
    candidate = _candidate(operation.c.value, ids, bodies.c.operation_name)
    found = _step("found", [bodies, operation, ids], value=candidate)
    text_found = _step("text_found", [found], value=_text(found.c.value))
    plain = _step("plain", [text_found], value=_plain_id(text_found.c.value))
    rows: sa.FromClause = bodies
    text = _step("body_text", [whole], value=sa.cast(whole.c.value, sa.Text)) if is_json else whole
    for step in dict.fromkeys((whole, text, parsed, operation, ids, found, text_found, plain)):
        rows = rows.join(step, sa.true())
    return PlainValues(rows, text.c.value, plain.c.value)


def _step(name: str, earlier: Sequence[sa.FromClause], **values: sa.ColumnElement[Any]) -> sa.FromClause:
    columns = [value.label(label) for label, value in values.items()]
    return sa.select(*columns).correlate(*earlier).offset(_constant("0", sa.Integer())).lateral(name)


def _single_operation(body: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the only operation of a direct or wrapped body, else NULL."""
    return sa.case(
        (_is_filled_array(body, "operations"), _only_entry(body, "operations")),
        (_is_filled_array(body, "raw", "operations"), _only_entry(body, "raw", "operations")),
    )


def _is_filled_array(body: sa.ColumnElement[Any], *path: str) -> sa.ColumnElement[bool]:
    return sa.and_(_is_of_type(_at(body, *path), "array"), _at(body, *path, "0").is_not(None))


def _only_entry(body: sa.ColumnElement[Any], *path: str) -> sa.ColumnElement[Any]:
    return sa.case((_at(body, *path, "1").is_(None), _at(body, *path, "0")))


def _ids_of(operation: sa.ColumnElement[Any]) -> dict[str, sa.ColumnElement[Any]]:
    """Return what stands at the two places of an id."""
    return {
        "top_level": _not_null(_at(operation, "mediaGenerationId")),
        "nested": _not_null(_at(operation, "operation", "metadata", "video", "mediaGenerationId")),
    }


def _candidate(
    operation: sa.ColumnElement[Any], ids: sa.FromClause, operation_name: sa.ColumnElement[Any]
) -> sa.ColumnElement[Any]:
    """Return the one JSON value that stands where the id belongs, if the operation is the row's and did not fail."""
    top_level, nested = ids.c.top_level, ids.c.nested
    return sa.case(
        (
            sa.and_(
                operation_name != _constant("''", sa.Text()),
                same_text(_text(_at(operation, "operation", "name")), operation_name),
                _not_null(_at(operation, "operation", "error")).is_(None),
                _at(operation, "status").is_distinct_from(_json(f'"{FAILED_STATUS}"')),
                sa.or_(top_level.is_(None), nested.is_(None), top_level == nested),
            ),
            sa.func.coalesce(top_level, nested, type_=JSONB),
        )
    )


def _at(value: sa.ColumnElement[Any], *path: str) -> sa.ColumnElement[Any]:
    """Return what stands at a path. One operator for the whole path copies nothing but what it returns."""
    return value.op("#>", return_type=JSONB())(_constant(f"'{{{','.join(path)}}}'", sa.Text()))


def _not_null(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.nullif(value, _json("null"), type_=JSONB)


def _json(text: str) -> sa.ColumnElement[Any]:
    return sa.cast(_constant(f"'{text}'", sa.Text()), JSONB)


def _text(candidate: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """Return a JSON string's text; NULL for any other JSON value."""
    text = candidate.op("#>>", return_type=sa.Text())(_constant("'{}'", sa.Text()))
    return sa.case((_is_of_type(candidate, "string"), text))


def _is_of_type(value: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    return sa.func.jsonb_typeof(value, type_=sa.Text) == _constant(f"'{name}'", sa.Text())


def _plain_id(text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return the text if it looks like an id, else NULL."""
    is_short = sa.func.char_length(text) <= _constant(str(MAX_ID_LENGTH), sa.Integer())
    looks_right = text.op("~", is_comparison=True)(_constant(f"'{PLAIN_ID}'", sa.Text()))
    return sa.case((sa.and_(is_short, looks_right), text))


def _constant(sql: str, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    """Return a constant of this module as SQL.

    It is no parameter, which PostgreSQL would cast to JSON anew for each row once it has a plan for all parameters.
    """
    return sa.literal_column(sql, kind)
