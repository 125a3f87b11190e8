"""Script: the loop that fills a table of PostgreSQL, for SQL that is written offline."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, OID, aggregate_order_by

from app.backfill.blank import is_empty
from app.backfill.light_tables import READS, new_values, pending
from app.backfill.postgresql.target import TupleId, heap_of
from app.backfill.recipe import BODY, FILLED, PlainValues, Recipe
from app.backfill.transactions import LOCK_TIMEOUT
from app.database.column_types import ISO_TEXT, SqlType, as_read_once

Value: TypeAlias = sa.ColumnElement[Any]
Plain: TypeAlias = Callable[[sa.Subquery], PlainValues]

BATCH_ROWS: Final = 1_000
STRIDES: Final = 8
LOOP: Final = """\
DO $backfill$
#variable_conflict use_variable
DECLARE
  batch_rows integer := {batch_rows};
  relation oid;
  page tid[];
  first integer;
  batch_filled bigint;
  all_filled bigint := 0;
  moment {moment_type} := {moment};
  is_parsed boolean := (
    WITH RECURSIVE layers AS (
      SELECT atttypid AS type FROM pg_attribute
      WHERE attrelid = '{table}'::regclass AND attname = '{body}'
      UNION ALL SELECT typbasetype FROM layers JOIN pg_type ON oid = type AND typtype = 'd'
    ) SELECT bool_or(type = 'jsonb'::regtype) FROM layers
  );
BEGIN
  FOR relation, page IN {pages} LOOP
    EXECUTE format('SELECT count(*) FROM %s WHERE ctid BETWEEN $1 AND $2', relation::regclass)
      USING page[1], page[cardinality(page)];
    first := 1;
    WHILE first <= cardinality(page) LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '{lock_timeout}', true);
        PERFORM set_config('enable_memoize', 'off', true);
        moment := {moment};
        IF is_parsed THEN
          {update_parsed};
        ELSE
          {update};
        END IF;
        GET DIAGNOSTICS batch_filled = ROW_COUNT;
        all_filled := all_filled + batch_filled;
        first := first + batch_rows;
        batch_rows := least({batch_rows}, batch_rows * 2);
      EXCEPTION
        WHEN data_exception OR program_limit_exceeded OR integrity_constraint_violation OR raise_exception
          OR lock_not_available OR deadlock_detected OR serialization_failure THEN
        IF batch_rows = 1 THEN
          first := first + 1;
        ELSE
          batch_rows := greatest(1, batch_rows / 10);
        END IF;
      END;
      COMMIT;
    END LOOP;
  END LOOP;
  RAISE NOTICE '% rows filled; media-gen-ids sync does the rest', all_filled;
END
$backfill$;"""
"""Where pending rows stand is read once, in pages, which the first COMMIT puts aside; so a table needs no key, and none
that is wrong can name another row. A batch is a transaction; one that the database refuses is cut down to the one row
that is to blame, which stays pending. COMMIT is not allowed within the inner block, whose savepoint catches the
refusal. A row that somebody moves meanwhile is not found again: it is left for `sync`.

What the columns are is known when the script runs: the moment takes the type of its column, and of the two UPDATEs the
one that is not run is never looked at, which would else be an error."""

LONGEST_SEARCHED_BYTES: Final = 16 * 1024 * 1024
"""A search for escapes needs four times a text's memory; above 1 GB that is an error which the script cannot catch."""
HEX: Final = "[0-9a-fA-F]"
CASTABLE: Final = (
    r"^([^\\]|\\[^u]"
    rf"|\\u([1-9a-cA-CefEF]{HEX}{{3}}|0[1-9a-fA-F]{HEX}{{2}}|00[1-9a-fA-F]{HEX}|000[1-9a-fA-F]|[dD][0-7]{HEX}{{2}})"
    rf"|\\u[dD][89abAB]{HEX}{{2}}\\u[dD][c-fC-F]{HEX}{{2}})*$"
)
r"""A text whose every escape `\u` PostgreSQL can store: not NUL, and surrogates in pairs. One backslash that is escaped
by another is no escape's beginning, which is why the expression goes from the text's start to its end."""


def fill_in_a_loop(recipe: Recipe, plain: Plain, dialect: sa.Dialect) -> str:
    """Return the script that fills every pending row whose case is plain, in batches with a COMMIT after each."""
    table, parsed = heap_of(recipe), heap_of(recipe, types={recipe.reads[0]: SqlType("jsonb")})
    return LOOP.format(
        table=recipe.table,
        body=recipe.reads[0],
        moment_type="text" if recipe.touches is None else f"{recipe.table}.{recipe.touches}%TYPE",
        batch_rows=BATCH_ROWS,
        lock_timeout=LOCK_TIMEOUT,
        pages=_text(_select_pages(table), dialect),
        moment=_text(_now(), dialect),
        update=_text(_fill_page(table, plain, _castable), dialect),
        update_parsed=_text(_fill_page(parsed, plain, as_read_once), dialect),
    )


def _select_pages(table: sa.Table) -> sa.Select[Any]:
    """Select arrays of the places of pending rows, as the table is read: a relation, and up to a batch of places."""
    number = sa.func.row_number().over() - 1
    window, stride = (number // (BATCH_ROWS * STRIDES)).label("window"), (number % STRIDES).label("stride")
    read = sa.select(table.c.tableoid, table.c.ctid, window, stride).where(pending(table)).subquery("read")
    order = read.c.tableoid, read.c.window, read.c.stride
    places = sa.func.array_agg(aggregate_order_by(read.c.ctid, read.c.ctid))
    return sa.select(read.c.tableoid, places).group_by(*order).order_by(*order)


def _fill_page(table: sa.Table, plain: Plain, read_once: Callable[[Value], Value]) -> sa.Update:
    """Return the UPDATE of a batch of places. It fills a row only in the version whose body was read.

    `read_once` returns a body as text or JSONB, decompressed; NULL where PostgreSQL cannot look into it.
    """
    source = table.alias("source")
    bodies = (
        sa.select(
            source.c.ctid.label("place"),
            source.c.xmin.label("writer"),
            *(source.c[name] for name in table.info[READS]),
            read_once(source.c[BODY]).label("text"),
        )
        .where(*_in_batch(source), pending(source))
        .subquery("bodies")
    )
    read = plain(bodies)
    found_id = read.value.label("found_id")
    found = sa.select(bodies.c.place, bodies.c.writer, found_id).select_from(read.rows).subquery("found")
    return (
        sa.update(table)
        .where(
            *_in_batch(table),
            table.c.ctid == found.c.place,
            table.c.xmin == found.c.writer,  # up to 16.10 and 17.6 a place is not compared again after a wait
            is_empty(table.c[FILLED]),
            found.c.found_id.is_not(None),
        )
        .values(new_values(table, found.c.found_id, sa.literal_column("moment")))
    )


def _in_batch(table: sa.FromClause) -> tuple[sa.ColumnElement[bool], ...]:
    places = sa.literal_column("page[first:first + batch_rows - 1]", ARRAY(TupleId()))
    return table.c.tableoid == sa.literal_column("relation", OID), table.c.ctid == sa.any_(places)


def _castable(body: Value) -> Value:
    r"""Return the text of a body, decompressed once; NULL for one with an escape `\u` that no cast accepts."""
    text = sa.cast(body, sa.Text)
    has_none = sa.func.strpos(text, "\\u") == 0
    has_good = sa.and_(sa.func.octet_length(text) <= LONGEST_SEARCHED_BYTES, text.regexp_match(CASTABLE))
    return sa.case((sa.or_(has_none, has_good), text.concat("")))


def _now() -> Value:
    utc = sa.func.timezone("UTC", sa.func.clock_timestamp())
    return sa.func.to_char(utc, ISO_TEXT, type_=sa.Text)


def _text(statement: sa.ClauseElement, dialect: sa.Dialect) -> str:
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
