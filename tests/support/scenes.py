"""Scenes of which transcripts are kept: a table of some kind, and what is done with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import sqlalchemy as sa

from app.backfill.engine import backfill
from app.backfill.options import Options
from app.backfill.recipe import Recipe
from app.backfill.report import Report
from app.backfill.retry_failures import retry_failed
from app.videos.recipe import MEDIA_IDS
from tests.any_table.test_done_means_done import LATE
from tests.any_table.test_done_means_done import UNDO as UNDOING
from tests.backfill.test_second_recipe import DOMAINS
from tests.support.any_table import AnyRow, body, create, row, unfinished
from tests.support.partitions import by_hash
from tests.support.tables import TABLE
from tests.support.transcript import Told, ToldOfRows

Act: TypeAlias = Callable[[sa.Connection, "Scene", Told], Report | None]
CALM = Options(batch_size=3, target_seconds=1_000.0)
"""However slow the machine is, batches keep their size."""
LARGE = replace(CALM, batch_size=1_000)


def mixed(count: int) -> list[AnyRow]:
    """Return rows of every outcome; of eight one is cut off, one unfinished, and one has no answer, or an id."""
    odd: Mapping[int, Mapping[str, object]] = {
        1: {"raw_response": unfinished(1)},
        2: {"raw_response": "{"},
        3: {"media_generation_id": " "},
        4: {"raw_response": None},
        5: {"media_generation_id": "own"},
    }
    return [row(seed, **odd.get(seed % 8, {})) for seed in range(count)]


def run(connection: sa.Connection, scene: "Scene", listener: Told) -> Report:
    """Fill."""
    return backfill(connection, scene.recipe, scene.options, origin="sync", listener=listener, stop=listener.stop)


def look(connection: sa.Connection, scene: "Scene", listener: Told) -> Report:
    """Fill nothing."""
    options = replace(scene.options, dry_run=True)
    return backfill(connection, scene.recipe, options, origin="sync", listener=listener, stop=listener.stop)


def retry(connection: sa.Connection, scene: "Scene", listener: Told) -> Report:
    """Try the failures again that have changed."""
    return retry_failed(
        connection, scene.recipe, scene.options, everything=False, listener=listener, stop=listener.stop
    )


def retry_newer(connection: sa.Connection, scene: "Scene", listener: Told) -> Report:
    """Try the failures again, as a newer version of the recipe does."""
    return retry(connection, replace(scene, recipe=replace(scene.recipe, version=scene.recipe.version + 1)), listener)


def run_within(connection: sa.Connection, scene: "Scene", listener: Told) -> Report:
    """Fill in the transaction of a caller."""
    with connection.begin():
        return backfill(
            connection,
            scene.recipe,
            scene.options,
            origin="upgrade",
            listener=listener,
            stop=listener.stop,
            owned_by_caller=True,
        )


def mend(connection: sa.Connection, *_: object) -> None:
    """Give one failed row a good answer, remove another, and give a third its id."""
    with connection.begin():
        for statement in MEND:
            connection.exec_driver_sql(statement)


MEND = (
    f"UPDATE {TABLE} SET operation_name = 'op-7', raw_response = '{body(7)}' WHERE seed = 2",
    f"DELETE FROM {TABLE} WHERE seed = 10",
    f"UPDATE {TABLE} SET media_generation_id = 'own' WHERE seed = 18",
)
KEY = "PRIMARY KEY (id)"
UNDONE = "seed BETWEEN 6 AND 8"
"""Rows of both kinds: plain to the database, and not."""


def undoing(what: str) -> tuple[str, ...]:
    """Return the statements that make a trigger which undoes an update of some rows."""
    statements = LATE if what == "late" else UNDOING["postgresql"][what]
    texts = (statement.format(t=TABLE) for statement in statements)
    return tuple(text.replace("seed < 3", UNDONE).replace("seed < 5", UNDONE) for text in texts)


RAISE = (
    "CREATE FUNCTION one() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'",
    f"CREATE TRIGGER one BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN (old.seed = 6) EXECUTE FUNCTION one()",
)
RAISE_SQLITE = f"CREATE TRIGGER one BEFORE UPDATE ON {TABLE} WHEN old.seed = 6 BEGIN SELECT RAISE(ABORT, 'no'); END"
SPREAD = f"{create(KEY)} WITH (fillfactor = 10)"
BY_KEY = (
    create("PRIMARY KEY (id, updated_at)") + " PARTITION BY RANGE (updated_at)",
    f"CREATE TABLE all_of_it PARTITION OF {TABLE} DEFAULT",
)
NATIVE_BY_KEY = (
    create("PRIMARY KEY (id, updated_at)", updated_at="timestamptz") + " PARTITION BY RANGE (updated_at)",
    f"CREATE TABLE all_of_it PARTITION OF {TABLE} DEFAULT",
)
NATIVE = (create("PRIMARY KEY (seed)", updated_at="timestamp", scene_id="uuid", raw_response="varchar(500)"),)
PARTITIONS = (
    create(KEY) + " PARTITION BY RANGE (id)",
    f"CREATE TABLE low PARTITION OF {TABLE} FOR VALUES FROM (MINVALUE) TO ('row-5')",
    f"CREATE TABLE nothing PARTITION OF {TABLE} FOR VALUES FROM ('z') TO (MAXVALUE)",
    f"CREATE TABLE high PARTITION OF {TABLE} DEFAULT",
)
SHARDS = (
    create(KEY) + " PARTITION BY HASH (id)",
    *by_hash(TABLE, 3),
    "CREATE TABLE pg_dist_partition (logicalrelid regclass, partmethod text, partkey text, repmodel text)",
    "CREATE TABLE pg_dist_shard (logicalrelid regclass, shardid bigint)",
    "CREATE TABLE pg_dist_placement (shardid bigint)",
    "CREATE FUNCTION column_to_column_name(regclass, text) RETURNS text LANGUAGE sql AS 'SELECT $2'",
    (
        "CREATE FUNCTION run_command_on_shards(regclass, text) RETURNS TABLE (success boolean, result text)"
        " LANGUAGE sql AS 'SELECT pg_relation_size($1) >= 0, pg_relation_size($1) / 8192'"
    ),
    f"INSERT INTO pg_dist_partition VALUES ('{TABLE}', 'h', 'id', 's')",
)
"""What a coordinator of Citus has in its catalogue; partitions take the place of shards."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A table, and what is done with it."""

    kind: str = "postgresql-18"
    table: Sequence[str] = (create(KEY),)
    options: Options = CALM
    rows: int = 12
    recipe: Recipe = MEDIA_IDS
    acts: Sequence[Act] = (run,)
    listener: type[Told] = ToldOfRows


SCENES = {
    "sqlite": Scene(kind="sqlite", rows=24, acts=(run, run)),
    "sqlite-by-key": Scene(kind="sqlite", table=(create("PRIMARY KEY (id, seed)") + " WITHOUT ROWID",)),
    "sqlite-wal": Scene(kind="sqlite", table=("PRAGMA journal_mode = WAL", create(KEY)), listener=Told),
    "sqlite-dry-run": Scene(kind="sqlite", acts=(look,)),
    "sqlite-refused": Scene(kind="sqlite", table=(create(KEY), RAISE_SQLITE), acts=(run, look)),
    "sqlite-by-key-refused": Scene(
        kind="sqlite", table=(create("PRIMARY KEY (id, seed)") + " WITHOUT ROWID", RAISE_SQLITE), rows=8
    ),
    "sqlite-retry": Scene(kind="sqlite", rows=24, table=(create(),), acts=(run, mend, retry, retry_newer)),
    "sqlite-caller": Scene(kind="sqlite", acts=(run_within,)),
    "sqlite-wal-caller": Scene(kind="sqlite", table=("PRAGMA journal_mode = WAL", create(KEY)), acts=(run_within,)),
    "sqlite-limit": Scene(kind="sqlite", options=replace(CALM, limit=4), acts=(run,) * 4),
    "postgresql": Scene(table=(SPREAD,), rows=24, acts=(run, run)),
    "postgresql-in-place": Scene(table=(SPREAD,), rows=24, options=LARGE),
    "postgresql-in-place-counted": Scene(options=LARGE, listener=Told),
    "postgresql-no-key": Scene(table=(create(),), rows=24, acts=(run, mend, retry)),
    "postgresql-no-key-in-place": Scene(table=(create(),), options=LARGE),
    "postgresql-by-key": Scene(table=BY_KEY, rows=24, acts=(run, mend, retry)),
    "postgresql-native": Scene(table=NATIVE),
    "postgresql-native-in-place": Scene(table=NATIVE, options=LARGE),
    "postgresql-native-by-key": Scene(table=NATIVE_BY_KEY),
    "postgresql-partitions": Scene(table=PARTITIONS),
    "postgresql-ignored": Scene(table=(create(KEY), *undoing("ignores it"))),
    "postgresql-by-key-ignored": Scene(table=(*BY_KEY, *undoing("ignores it")), rows=8),
    "postgresql-no-key-ignored": Scene(table=(create(), *undoing("ignores it")), rows=8, acts=(run, retry_newer)),
    "postgresql-undone": Scene(table=(create(KEY), *undoing("restores the column"))),
    "postgresql-undone-in-place": Scene(table=(create(KEY), *undoing("restores the column")), options=LARGE),
    "postgresql-undone-after": Scene(table=(create(KEY), *undoing("undoes it")), options=LARGE),
    "postgresql-undone-late": Scene(table=(create(KEY), *undoing("late"))),
    "postgresql-refused": Scene(table=(create(KEY), *RAISE)),
    "postgresql-refused-in-place": Scene(table=(create(KEY), *RAISE), options=LARGE),
    "postgresql-dry-run": Scene(acts=(look,)),
    "postgresql-limit": Scene(options=replace(CALM, limit=4), acts=(run,) * 4),
    "postgresql-replicas": Scene(options=replace(CALM, max_replica_lag=1.0)),
    "postgresql-caller": Scene(acts=(run_within,)),
    "shards": Scene(table=SHARDS, rows=24, acts=(run, mend, retry)),
    "shards-in-place": Scene(table=SHARDS, options=LARGE),
    "users-sqlite": Scene(kind="sqlite", recipe=DOMAINS, options=LARGE),
    "users-postgresql": Scene(recipe=DOMAINS, options=LARGE),
}
