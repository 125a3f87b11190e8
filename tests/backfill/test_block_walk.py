"""The walk by blocks over heaps of the test's own: which blocks it asks for, and that it meets each row once."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import pytest
import sqlalchemy as sa

from app.backfill.postgresql import walk as walk_module
from app.backfill.postgresql.heaps import Heap, Heaps, Part, place_of
from app.backfill.postgresql.target import Place
from app.backfill.postgresql.walk import BlockWalk, write_cursor
from app.backfill.rows import InPlace, Locator, Plan, Recovered, Span, Window
from app.videos.recipe import MEDIA_IDS
from tests.support.any_table import body, unfinished

NO_CONNECTION = cast("sa.Connection", None)
ROWS_OF_A_BLOCK = 2


def row_at(heap: str, place: Place, *, long: bool = False, parse: bool = False) -> tuple[object, ...]:
    """Return the row at a place: of four one is plain to the database, one is to be derived, and two are unfinished."""
    number = 2 * place.block + place.number
    text = unfinished(number) if place.number == 1 else body(number)
    found = f"CAUS{number:06}" if parse and number % 4 == 0 else None
    read = None if long or found else text
    return (place.tuple_id, "7", heap, f"{heap}-{number}", 100, found, f"op-{number}", None, read, 1_000, 5)


class OwnHeaps:
    """Two heaps, of forty blocks and of three, each with two rows a block; notes what it is asked for."""

    walk = "block"
    on_one_server = False
    reading: dict[str, str] = {}  # noqa: RUF012  # none
    filling: dict[str, str] = {}  # noqa: RUF012  # none
    knows_plain_cases = True
    fewest_in_place = 10

    def __init__(
        self, *, bad_blocks: Iterable[int] = (), fillable: Iterable[str] = (), long: bool = False, blocks: int = 40
    ) -> None:
        self._blocks = blocks
        self.asked: list[tuple[object, ...]] = []
        self._bad = set(bad_blocks)
        self._fillable = set(fillable)
        self._long = long

    def list(self, connection: sa.Connection) -> Sequence[Heap]:  # noqa: ARG002
        """Return them, and one that is empty."""
        return [Heap(label="first", blocks=self._blocks), Heap(label="empty", blocks=0), Heap(label="last", blocks=3)]

    def window_rows(self, batch_rows: int) -> int:
        """Return eight batches."""
        return 8 * batch_rows

    def fullness(self, batches: Sequence[Sequence[Recovered]], size: int) -> float:  # noqa: ARG002
        """Leave it to the rows."""
        return 0.0

    def can_fill_in_place(self, heap: Heap) -> bool:
        """Say so of some heaps."""
        return heap.label in self._fillable

    def in_place(self, connection: sa.Connection, part: Part, rows: int) -> tuple[Sequence[InPlace], float]:  # noqa: ARG002
        """Plan nothing, and say how full a window of these blocks is."""
        self.asked.append(("plan", part.heap.label, part.start.block, part.end))
        return [], ROWS_OF_A_BLOCK * (part.end - part.start.block) / rows

    def read(
        self,
        connection: sa.Connection,  # noqa: ARG002
        part: Part,
        rows: int,
        *,
        parse: bool,
    ) -> tuple[Sequence[Any], Place | None] | None:
        """Return the rows of these blocks, as far as they are wanted."""
        self.asked.append(("read", part.heap.label, part.start.block, part.end, rows, parse))
        if parse and self._bad & set(range(part.start.block, part.end)) and part.heap.label == "first":
            return None
        places = [Place(block, at) for block in range(part.start.block, part.end) for at in (1, 2)]
        chosen = [place for place in places if place > part.start][:rows]
        found = [row_at(part.heap.label, place, long=self._long, parse=parse) for place in chosen]
        return found, chosen[-1] if len(chosen) == rows else None

    def read_bodies(self, connection: sa.Connection, heap: Heap, rows: Sequence[Locator]) -> Iterable[Any]:  # noqa: ARG002
        """Return the rows with their bodies."""
        self.asked.append(("bodies", len(rows)))
        for locator in rows:
            row = row_at(heap.label, place_of(locator))
            yield (row[3], *row[6:9], *locator)

    def batches(self, rows: Sequence[Recovered], size: int) -> Sequence[Sequence[Recovered]]:
        """Cut them."""
        return [rows[first : first + size] for first in range(0, len(rows), size)]


def begun(heaps: OwnHeaps) -> BlockWalk:
    """Return a walk over them that has begun a sweep."""
    walk = BlockWalk(MEDIA_IDS, cast("Heaps", heaps))
    walk.start_sweep(NO_CONNECTION)
    return walk


def whole(walk: BlockWalk, rows: int) -> list[Window]:
    """Read all windows of a sweep, with a plan for each part that the database can fill by itself."""
    windows: list[Window] = []
    span: Span | None = walk.cut(None)
    while span is not None:
        rest: Span | None = span
        while rest is not None:
            is_planned = walk.can_plan(rest, rows)
            part = walk.plan(NO_CONNECTION, rest, rows).part if is_planned else rest
            windows += windows_of(walk, part, rows, is_rest=is_planned)
            rest = None if part.end == span.end else Span(part.end, span.end)
        span = None if span.end is None else walk.cut(span.end)
    return windows


def windows_of(walk: BlockWalk, part: Span, rows: int, *, is_rest: bool) -> list[Window]:
    """Read all windows of a part."""
    windows = [walk.read(NO_CONNECTION, part, rows, None, is_rest=is_rest)]
    while windows[-1].cursor is not None:
        windows.append(walk.read(NO_CONNECTION, Span(windows[-1].cursor, part.end), rows, None, is_rest=is_rest))
    return windows


def met(windows: Sequence[Window]) -> list[str]:
    """Return the rows that were met."""
    recovered = [str(row.row_id) for window in windows for row in window.recovered]
    return recovered + [str(row.row_id) for window in windows for row in window.skips]


ALL = sorted([f"first-{number}" for number in range(1, 81)] + [f"last-{number}" for number in range(1, 7)])


@pytest.mark.parametrize("fillable", [(), ("first",), ("first", "last")])
@pytest.mark.parametrize("bad_blocks", [(), (9,), range(40)])
@pytest.mark.parametrize("rows", [1, 3, 20])
def test_each_row_is_met_once(rows: int, bad_blocks: Iterable[int], fillable: Iterable[str]) -> None:
    """In whatever windows, and whatever the database can do by itself; the part that is done grows to the whole."""
    windows = whole(begun(OwnHeaps(bad_blocks=bad_blocks, fillable=fillable)), rows)

    fractions = [window.fraction for window in windows if window.fraction is not None]
    assert sorted(met(windows)) == ALL
    assert (fractions, fractions[-1]) == (sorted(fractions), 1.0)
    assert max(len(batch) for window in windows for batch in window.batches) <= rows


def test_windows_grow_with_what_is_found_and_end_where_rows_are_too_many() -> None:
    """Sixteen rows are wanted, which eight blocks hold; the end of a window is within a block, until it is known."""
    heaps = OwnHeaps()

    whole(begun(heaps), 2)

    assert [asked[1:4] for asked in heaps.asked] == [
        ("first", 0, 8),
        ("first", 7, 8),
        ("first", 8, 40),
        *(("first", start, 40) for start in (15, 23, 31, 39)),
        ("last", 0, 3),
    ]
    assert {asked[4:] for asked in heaps.asked} == {(16, True)}


def test_a_limit_is_the_most_that_is_read() -> None:
    """Nothing is filled by the database itself then, and the cursor is within the block."""
    heaps = OwnHeaps(fillable=("first",))
    walk = begun(heaps)

    window = walk.read(NO_CONNECTION, walk.cut(None), 20, 3)

    assert (window.found, window.cursor, heaps.asked) == (3, "first (1,1)", [("read", "first", 0, 8, 3, True)])


def test_the_blocks_round_a_body_that_cannot_be_cast_are_closed_in_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Block 20 of 200: fewer blocks each time, then eight without a cast, and then step by step more again."""
    monkeypatch.setattr(walk_module, "FIRST_BLOCKS", 200)
    heaps = OwnHeaps(bad_blocks=(20,), blocks=200)

    whole(begun(heaps), 200)

    assert [(*asked[2:4], asked[5]) for asked in heaps.asked if asked[1] == "first"] == [
        *((0, 200, True), (0, 50, True), (0, 12, True), (12, 60, True), (12, 24, True), (12, 20, True)),
        *((20, 52, True), (20, 28, True), (20, 28, False), (28, 60, True), (60, 188, True), (188, 200, True)),
    ]


def test_a_plan_is_cut_down_until_it_is_not_far_too_full() -> None:
    """Forty blocks hold twenty times as many rows as a batch of four; two blocks hold as many."""
    heaps = OwnHeaps(fillable=("first",))

    plan = begun(heaps).plan(NO_CONNECTION, Span(), 4)

    assert heaps.asked == [("plan", "first", 0, 40), ("plan", "first", 0, 2)]
    assert plan == Plan(Span(None, "first (2,0)"), [])


@pytest.mark.parametrize(
    ("fullness", "blocks"), [(0.0, 32), (0.01, 32), (0.5, 16), (1.0, 8), (2.0, 4), (100.0, 1), (1 / 3, 24)]
)
def test_the_next_window_aims_at_one_that_is_just_full(fullness: float, blocks: int) -> None:
    """Four times as many blocks at most, and never none."""
    walk = begun(OwnHeaps())

    walk._adapt(fullness)  # noqa: SLF001

    assert walk._blocks == blocks  # noqa: SLF001


def test_a_window_has_at_most_128_megabytes() -> None:
    """Where nothing is found."""
    walk = begun(OwnHeaps())

    for _ in range(9):
        walk._adapt(0.0)  # noqa: SLF001

    assert walk._blocks == 16_384  # noqa: SLF001


def test_long_bodies_are_fetched_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of about four thousand bytes here: four bodies at a time, and the rest."""
    monkeypatch.setattr(walk_module, "BODY_CHUNK_BYTES", 4_000)
    heaps = OwnHeaps(long=True)
    walk = begun(heaps)

    window = walk.read(NO_CONNECTION, walk.cut(None), 1, None)

    assert ([asked for asked in heaps.asked if asked[0] == "bodies"], window.found) == (
        [("bodies", 4), ("bodies", 2)],
        8,
    )


def test_a_cursor_of_a_heap_that_is_gone_begins_anew() -> None:
    """So does none; that of another heap stands in it, and shards tell which of them."""
    walk = begun(OwnHeaps())
    found = [walk._find(cursor) for cursor in ("gone (7,1)", None, "last (2,1)", "first (7,3)shard_1")]  # noqa: SLF001

    assert found == [(0, Place()), (0, Place()), (1, Place(2, 1)), (0, Place(7, 3, "shard_1"))]
    assert write_cursor(Heap(label="first", blocks=1), Place(7, 3, "shard_1")) == "first (7,3)shard_1"


def test_what_a_row_of_a_heap_is_called() -> None:
    """Its key or, where it has none, heap and place; it is found for its stride by its length."""
    walk = begun(OwnHeaps())
    window = walk.read(NO_CONNECTION, walk.cut(None), 20, 4)

    names = [walk.name_of("row", ("(0,1)", "7", "first", 5, *key)) for key in ((), ("a", 1))]

    assert names == ['{"heap": "first", "place": "(0,1)"}', '["a", 1]']
    assert sorted(window.recovered) == [
        Recovered(("(0,2)", "7", "first", 5), "first-2", "CAUS000002"),
        Recovered(("(1,2)", "7", "first", 5), "first-4", "CAUS000004", 100),
    ]
