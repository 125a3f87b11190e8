"""Backfill media_generation_id from the stored answers

What and why: the application stored API answers without the id that stands in them. Fills the column in bounded
batches, each in a transaction of its own, and touches `media_generation_id` and `updated_at` alone. With --sql:
plain cases only; `media-gen-ids sync` does the rest.
Downgrade: nothing; ids that were recovered stay.
"""

from alembic import context, op

from app.migration.guest import in_any_environment

revision = "media_ids_0003"
down_revision = "media_ids_0002"
branch_labels = None
depends_on = None


@in_any_environment
def upgrade() -> None:
    from app.media_ids.recipe import media_generation_ids  # noqa: PLC0415  # a database that stands at head needs none
    from app.migration.fill import backfill_revision, offline_backfill_revision  # noqa: PLC0415
    from app.videos.models import Veo3VideoGeneration  # noqa: PLC0415

    if context.is_offline_mode():
        offline_backfill_revision(op.get_context(), media_generation_ids(Veo3VideoGeneration))
    else:
        backfill_revision(op.get_context(), media_generation_ids(Veo3VideoGeneration))


def downgrade() -> None:
    """Keep the ids: nothing to undo."""
