"""SQLite's JSON functions: the plain case of extract() as one UPDATE, for SQL written offline.

SQLite and Python read some texts differently: of a key that occurs twice SQLite takes the first value and Python the
last; SQLite ends a text at NUL, does not unescape keys, and nests to another depth. Such bodies are left alone.
"""

from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from app.backfill.statements import pending
from app.extraction import FAILED_STATUS, MAX_ID_LENGTH

Value: TypeAlias = sa.ColumnElement[Any]

NOT_BASE64URL: Final = "*[^A-Za-z0-9_-]*"
MAX_BRACKETS: Final = 500
TIMESTAMP: Final = "%Y-%m-%dT%H:%M:%fZ"


def fill_plain(table: sa.TableClause) -> sa.Update:
    """Return the UPDATE that fills every pending row whose body is plain and means the same to both."""
    row = table.c
    read = _step("bodies", row.id, row.operation_name, _readable(row.raw_response).label("body"), where=pending(table))
    single = _step("operations", read.c.id, read.c.operation_name, _single_operation(read.c.body).label("operation"))
    found_id = _plain_id(single.c.operation, single.c.operation_name)
    found = _step("found", single.c.id, found_id.label("found_id"))
    return (
        sa.update(table)
        .where(table.c.id == found.c.id, table.c.media_generation_id.is_(None), found.c.found_id.is_not(None))
        .values(media_generation_id=found.c.found_id, updated_at=sa.func.strftime(TIMESTAMP, "now", type_=sa.Text))
    )


def _step(name: str, *columns: Value, where: Value | None = None) -> sa.Subquery:
    """Return a subquery that SQLite does not merge into the next (OFFSET 0), so that each body is parsed once."""
    statement = sa.select(*columns).limit(-1).offset(0)
    return (statement if where is None else statement.where(where)).subquery(name)


def _readable(text: Value) -> Value:
    """Return the text if SQLite and Python read it alike, else NULL; CASE keeps the checks in their order."""
    without_brackets = sa.func.replace(sa.func.replace(text, "{", ""), "[", "")
    is_simple = sa.and_(
        sa.func.typeof(text) == "text",
        sa.func.instr(sa.cast(text, sa.LargeBinary), sa.func.zeroblob(1)) == 0,
        sa.not_(_glob(text, _control_characters())),
        sa.func.instr(text, "\\u") == 0,
        sa.func.length(text) - sa.func.length(without_brackets) <= MAX_BRACKETS,
        sa.func.json_valid(text) == 1,
    )
    return sa.case((is_simple, sa.case((sa.not_(_has_duplicate_keys(text)), text))))


def _has_duplicate_keys(text: Value) -> Value:
    nodes = sa.func.json_tree(text).table_valued("parent", "key", name="nodes")
    twice = sa.select(sa.literal(1)).group_by(nodes.c.parent, nodes.c.key).having(sa.func.count() > 1)
    return twice.select_from(nodes).exists()


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
    top_level = sa.func.json_extract(operation, "$.mediaGenerationId")
    nested = sa.func.json_extract(operation, "$.operation.metadata.video.mediaGenerationId")
    found = sa.func.coalesce(top_level, nested, type_=sa.Text)
    is_plain = sa.and_(
        operation_name != "",
        sa.func.json_type(operation, "$.operation.name") == "text",
        sa.collate(sa.func.json_extract(operation, "$.operation.name", type_=sa.Text), "BINARY") == operation_name,
        sa.func.coalesce(sa.func.json_type(operation, "$.operation.error"), "null") == "null",
        sa.func.coalesce(sa.func.json_extract(operation, "$.status"), "") != FAILED_STATUS,
        _is_text_or_null(operation, "$.mediaGenerationId"),
        _is_text_or_null(operation, "$.operation.metadata.video.mediaGenerationId"),
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
