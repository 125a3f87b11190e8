r"""The SQL with which SQLite finds the id in a plain answer; every other answer is left to extract().

SQLite and Python read some texts differently: of a key that occurs twice SQLite takes the first value and Python the
last; SQLite ends a text at NUL, nests to another depth and, before 3.45, does not find a key that is written with an
escape `\u`, and ends a value at `\u0000`. Such bodies are left to extract().
"""

from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from app.media_ids.extraction import FAILED_STATUS, MAX_ID_LENGTH

Value: TypeAlias = sa.ColumnElement[Any]

PLACES: Final = ("$.operation.name", "$.mediaGenerationId", "$.operation.metadata.video.mediaGenerationId")
"""Where the name and the ids of an operation stand."""
NOT_BASE64URL: Final = "*[^A-Za-z0-9_-]*"
MAX_BRACKETS: Final = 500


def found_id(table: sa.Table, body: Value) -> Value:
    """Return an expression for the plain id in a row's own body; NULL where there is none."""
    read = _step("bodies", table, body.label("body"))
    single = _step("operations", table, _single_operation(read.c.body).label("operation"))
    return sa.select(_plain_id(single.c.operation, table.c.operation_name)).correlate(table).scalar_subquery()


def _step(name: str, table: sa.Table, value: Value) -> sa.Subquery:
    """Return a subquery that SQLite does not merge into the next one (OFFSET 0): it would parse the body repeatedly."""
    return sa.select(value).correlate(table).limit(-1).offset(0).subquery(name)


def readable(text: Value) -> Value:
    """Return the text if SQLite and Python read it alike, else NULL; CASE keeps the checks in their order."""
    without_brackets = sa.func.replace(sa.func.replace(text, "{", ""), "[", "")
    is_simple = sa.and_(
        sa.func.typeof(text) == "text",
        sa.func.instr(text, sa.func.char(0)) == 0,
        sa.not_(_glob(text, _control_characters())),
        sa.func.length(text) - sa.func.length(without_brackets) <= MAX_BRACKETS,
        sa.func.json_valid(text) == 1,
    )
    is_alike = sa.and_(sa.not_(_has_duplicate_keys(text)), sa.not_(_has_escaped_key(text)))
    return sa.case((is_simple, sa.case((is_alike, text))))


def _has_duplicate_keys(text: Value) -> Value:
    nodes = sa.func.json_tree(text).table_valued("parent", "key", name="nodes")
    twice = sa.select(sa.literal(1)).group_by(nodes.c.parent, nodes.c.key).having(sa.func.count() > 1)
    return twice.select_from(nodes).exists()


def _has_escaped_key(text: Value) -> Value:
    """Return whether a key is written with an escape; the keys are looked at only if the text has an escape."""
    nodes = sa.func.json_tree(text).table_valued("fullkey", name="nodes")
    escaped = sa.select(sa.literal(1)).select_from(nodes).where(_has_escape(nodes.c.fullkey, "\\u")).exists()
    return sa.case((_has_escape(text, "\\u"), escaped), else_=sa.false())


def _has_escape(json: Value, escape: str) -> Value:
    """Return whether JSON text has an escape; letters behind an escaped backslash are no escape."""
    return sa.func.instr(sa.func.replace(json, "\\\\", ""), escape) > 0


def _single_operation(body: Value) -> Value:
    """Return the only operation of a direct or wrapped body, else NULL."""
    direct, wrapped = "$.operations", "$.raw.operations"
    return sa.case(
        (sa.func.json_array_length(body, direct) > 0, _only_object(body, direct)),
        else_=_only_object(body, wrapped),
    )


def _only_object(body: Value, path: str) -> Value:
    first = f"{path}[0]"
    is_only = sa.and_(sa.func.json_array_length(body, path) == 1, sa.func.json_type(body, first) == "object")
    return sa.case((is_only, sa.func.json_extract(body, first)))


def _plain_id(operation: Value, operation_name: Value) -> Value:
    """Return the id, if the operation is the row's, did not fail, and has one id that looks like an id."""
    name, *ids = PLACES
    top_level, nested = (sa.func.json_extract(operation, path) for path in ids)
    found = sa.func.coalesce(top_level, nested, type_=sa.Text)
    is_plain = sa.and_(
        operation_name != "",
        sa.func.json_type(operation, name) == "text",
        sa.not_(_has_escape(sa.func.json_extract(operation, *PLACES), "\\u0000")),
        sa.collate(sa.func.json_extract(operation, name, type_=sa.Text), "BINARY") == operation_name,
        sa.func.coalesce(sa.func.json_type(operation, "$.operation.error"), "null") == "null",
        sa.func.coalesce(sa.func.json_extract(operation, "$.status"), "") != FAILED_STATUS,
        *(_is_text_or_null(operation, path) for path in ids),
        sa.or_(top_level.is_(None), nested.is_(None), top_level == nested),
        sa.func.length(found).between(1, MAX_ID_LENGTH),
        sa.not_(_glob(found, sa.literal(NOT_BASE64URL))),
    )
    return sa.case((is_plain, found))


def _is_text_or_null(operation: Value, path: str) -> Value:
    return sa.func.coalesce(sa.func.json_type(operation, path), "null").in_(["null", "text"])


def _control_characters() -> Value:
    first, last = (sa.func.char(number, type_=sa.Text) for number in (1, 31))
    return sa.literal("*[").concat(first).concat("-").concat(last).concat("]*")


def _glob(text: Value, pattern: Value) -> Value:
    return text.op("GLOB", is_comparison=True)(pattern)
