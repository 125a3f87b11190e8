"""Create veo3_video_generations, or adopt the one that is there

What and why: a new database gets the table; one that the application made keeps it as it is, and gets the nullable
columns that its variant lacks, but no index: `check` advises the one that it can use. Never rebuilt and never dropped:
other tables refer to it with ON DELETE CASCADE.
Another program's table of the same name stops the upgrade before anything is changed.
Downgrade: leaves the table and its rows.
"""

from functools import partial

import sqlalchemy as sa
from alembic import context, op

from app.migration.guest import in_any_environment, refuse_if_recorded_elsewhere
from app.migration.live_ddl import alter_table_in_use
from app.videos import adoption

revision = "media_ids_0001"
down_revision = None
branch_labels = ("media_ids",)
depends_on = None

TABLE = adoption.TABLE
NULLABLE = {
    "scene_id": sa.Text,
    "operation_name": sa.Text,
    "prompt": sa.Text,
    "seed": sa.Integer,
    "aspect_ratio": sa.Text,
    "media_generation_id": sa.Text,
    "fife_url": sa.Text,
    "serving_base_uri": sa.Text,
    "video_url": sa.Text,
    "video_path": sa.Text,
    "error_message": sa.Text,
    "raw_response": sa.Text,
    "completed_at": sa.Text,
}
INDEXED = ("profile_id", "project_id", "status", "scene_id")
INDEX_OF_NEW_TABLES = "operation_name"
INDEX_IF_EMPTY = """\
DO $index$
BEGIN
  IF NOT EXISTS (SELECT FROM veo3_video_generations) THEN
    CREATE INDEX IF NOT EXISTS idx_veo3_generations_operation_name ON veo3_video_generations (operation_name);
  END IF;
END
$index$;"""
"""A table with rows is in use, and building an index holds up its writers."""


@in_any_environment
def upgrade() -> None:
    if context.is_offline_mode():
        _write_offline()
        return
    refuse_if_recorded_elsewhere(op.get_context())
    found = adoption.examine(op.get_bind())
    if not found.exists:
        _create_table()
        _create_indexes(*INDEXED, INDEX_OF_NEW_TABLES)
        return
    for name in NULLABLE:
        if name not in found.columns:
            alter_table_in_use(op.get_bind(), partial(op.add_column, TABLE, *_nullable(name)))


def downgrade() -> None:
    """Leave the table: it may have been there before, and its rows are not ours to drop."""


def _write_offline() -> None:
    """Write what cannot look first: on a foreign table the script must end with an error before it changes anything."""
    context_of_script = op.get_context()
    if context_of_script.dialect.name == "postgresql":
        context_of_script.impl.static_output(adoption.POSTGRESQL_GUARD)
        _create_table(if_not_exists=True)
        for column in _nullable(*NULLABLE):
            op.add_column(TABLE, column, if_not_exists=True)
        context_of_script.impl.static_output(INDEX_IF_EMPTY)
    else:
        _create_table(if_not_exists=True)
        op.execute(sa.select(*_nullable(*NULLABLE)).select_from(sa.table(TABLE)).where(sa.false()))
        _create_indexes(INDEX_OF_NEW_TABLES, if_not_exists=True)
    _create_indexes(*INDEXED, if_not_exists=True)


def _create_table(*, if_not_exists: bool = False) -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        *_nullable("scene_id", "operation_name", "prompt", "seed", "aspect_ratio"),
        sa.Column("status", sa.Text(), nullable=False),
        *_nullable("media_generation_id", "fife_url", "serving_base_uri", "video_url", "video_path"),
        *_nullable("error_message", "raw_response"),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        *_nullable("completed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_veo3_video_generations"),
        sa.CheckConstraint(
            "status IN ('pending', 'processing', 'completed', 'failed')", name=op.f("ck_veo3_video_generations_status")
        ),
        if_not_exists=if_not_exists,
    )


def _create_indexes(*columns: str, if_not_exists: bool = False) -> None:
    for name in columns:
        op.create_index(f"idx_veo3_generations_{name}", TABLE, [name], if_not_exists=if_not_exists)


def _nullable(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, NULLABLE[name](), nullable=True) for name in names]
