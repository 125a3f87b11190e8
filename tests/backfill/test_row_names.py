"""What the ledger calls a row, and how a row is found by that; how rows are judged; and texts that are none."""

import hashlib

import pytest
import sqlalchemy as sa

from app.backfill.judge import digest, judge, undecodable
from app.backfill.recipe import Recipe
from app.backfill.row_names import NamedByKey, NamedByRowid, key_of, name_by_key, name_by_place, place_of, shown
from app.backfill.rows import Refused, Window
from app.backfill.undecodable import decode, is_text, readable
from app.videos.models import Veo3VideoGeneration
from app.videos.recipe import MEDIA_IDS
from tests.support.any_table import body, unfinished

BYTES = decode(b"caf\xe9")
"""Text that is none, as it is read."""
ID, SEED, ROWID = sa.column("id", sa.Text), sa.column("seed", sa.Integer), sa.column("rowid", sa.Integer)


@pytest.mark.parametrize(
    ("values", "name", "people_read"),
    [
        (["row-1"], '["row-1"]', "row-1"),
        (["row-1", 7], '["row-1", 7]', "row-1, 7"),
        ([1.5, True], "[1.5, true]", "1.5, True"),
        ([b"\x00\xff"], '[{"bytes": "00ff"}]', "b'\\x00\\xff'"),
    ],
)
def test_a_key_can_be_read_from_its_name(values: list[object], name: str, people_read: str) -> None:
    """As JSON, with bytes as what they are."""
    assert (name_by_key(values), key_of(name), shown(name)) == (name, values, people_read)


def test_a_place_can_be_read_from_its_name() -> None:
    """It is no key."""
    name = name_by_place(heap="public.some", place="(0,1)")

    assert (key_of(name), place_of(name)) == (None, {"heap": "public.some", "place": "(0,1)"})
    assert (shown(name), name_by_key([None])) == ("heap public.some, place (0,1)", '["None"]')


@pytest.mark.parametrize(
    ("row_id", "locator", "name"),
    [
        ("row-1", (7, "row-1", 4), '["row-1", 4]'),
        ("row-1", (7, None, 4), '{"rowid": 7}'),
        ("row-1", (7, BYTES, 4), '{"rowid": 7}'),
    ],
)
def test_a_row_of_sqlite_is_called_by_its_whole_key_or_its_rowid(
    row_id: str, locator: tuple[object, ...], name: str
) -> None:
    """A key with NULL, or bytes that are no text, cannot be compared."""
    names = NamedByRowid(ROWID, [ID, SEED], shown="id")

    assert (names.name(row_id, locator), list(names.columns)) == (name, [ID, SEED])


def test_a_row_is_called_by_its_id_where_that_is_the_key() -> None:
    """It is read anyway, and not a second time; without a key there is the rowid alone."""
    by_id, without = NamedByRowid(ROWID, [ID], shown="id"), NamedByRowid(ROWID, [], shown="id")
    by_key = NamedByKey([ID])

    assert (by_id.name("row-1", (7,)), by_id.columns, by_id.name(None, (7,))) == ('["row-1"]', (), '{"rowid": 7}')
    assert (without.name("row-1", (7,)), by_key.name("other", ("row-1", "more"))) == ('{"rowid": 7}', '["row-1"]')


def test_rows_are_found_by_their_keys_and_their_rowids() -> None:
    """Both in one statement."""
    names = NamedByRowid(ROWID, [ID, SEED], shown="id")
    found = {
        what: str(names.find(wanted).compile(compile_kwargs={"literal_binds": True}))
        for what, wanted in {
            "keys": ['["a", 1]', '["b", 2]'],
            "rowid": ['{"rowid": 7}'],
            "both": ['["a", 1]', '{"rowid": 7}', '{"rowid": 8}'],
        }.items()
    }

    assert found == {
        "keys": "(id, seed) IN (('a', 1), ('b', 2))",
        "rowid": "rowid = 7",
        "both": "id = 'a' AND seed = 1 OR rowid IN (7, 8)",
    }


def test_rows_are_judged_by_what_follows_from_their_columns() -> None:
    """Each with its body's digest and its name where it fails; a text that is none is a failure where it may be one."""
    rows = [
        ("row-1", "op-1", None, body(1), 1),
        ("row-2", "op-2", None, unfinished(2), 2),
        ("row-3", "op-3", None, "{", 3),
        (BYTES, BYTES, None, body(4), 4),
    ]
    window = Window()

    last = judge(rows, window, lambda row_id, locator: f"{row_id} {locator}", MEDIA_IDS, may_be_bytes=True)

    assert last == (4,)
    assert [(row.row_id, row.value, row.locator) for row in window.recovered] == [("row-1", "CAUS000001", (1,))]
    assert window.skips == [Refused("row-2", "not_finished")]
    assert [(row.row_id, row.reason, row.body_digest, row.name) for row in window.failures] == [
        ("row-3", "invalid_json", hashlib.sha256(b"{").hexdigest(), "row-3 (3,)"),
        (BYTES, "invalid_text", digest(body(4)), f"{BYTES} (4,)"),
    ]
    assert (window.failures[0].detail != "", window.failures[1].detail) == (
        True,
        "id, operation_name: bytes that are not UTF-8",
    )
    assert (undecodable(rows[0], MEDIA_IDS), judge([], Window(), str, MEDIA_IDS)) == ("", None)  # type: ignore[arg-type]


def test_a_digest_is_the_same_of_text_and_of_its_bytes() -> None:
    """And there is one of every text that Python may hold."""
    assert digest("ö") == digest("ö".encode()) == hashlib.sha256("ö".encode()).hexdigest()
    assert digest("\ud800") != digest("\ud801")


def test_bytes_that_are_no_text_are_read_and_marked() -> None:
    """They are told from text, and people see where they stand."""
    assert (BYTES, is_text(BYTES), readable(BYTES)) == ("caf\udce9", False, "caf\ufffd")
    assert [is_text(text) for text in ("", "cafe", "café", "\u20ac")] == [True] * 4
    assert readable("café") == "café"


@pytest.mark.parametrize(
    ("reads", "touches"),
    [
        (("raw_response", "raw_response"), "updated_at"),
        (("raw_response", "id"), "updated_at"),
        (("raw_response",), "media_generation_id"),
        (("raw_response", "body"), None),
        (("raw_response", "shown"), None),
    ],
)
def test_a_recipe_whose_columns_cannot_be_told_apart_is_refused(reads: tuple[str, ...], touches: str | None) -> None:
    """The same column twice, or one by the name of what another is for."""
    with pytest.raises(ValueError, match="recipe some: its columns must have names of their own"):
        Recipe(
            name="some",
            model=Veo3VideoGeneration,
            shows="id",
            reads=reads,
            fills="media_generation_id",
            touches=touches,
            derive=str,
            version=1,
            most_characters=1,
        )
