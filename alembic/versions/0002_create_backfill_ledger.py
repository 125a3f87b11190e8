"""Create the backfill's ledger: its runs and its failures

What and why: a run keeps its place and its counts in the transaction of each batch, so that a killed run resumes; a
row that a person must look at is recorded with its reason. People pause, retune and cancel a run through its row.
Downgrade: drops these two tables, which are this project's own, and says what was in them. The ids that were filled
stay.
"""

import sqlalchemy as sa
from alembic import op

from app.migration.guest import in_any_environment
from app.migration.ledger_loss import say_what_is_lost

revision = "media_ids_0002"
down_revision = "media_ids_0001"
branch_labels = None
depends_on = None

RUNS = "media_generation_id_backfill_runs"
FAILURES = "media_generation_id_backfill_failures"


@in_any_environment
def upgrade() -> None:
    op.create_table(
        RUNS,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("backfill", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("walk", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("sweep", sa.Integer(), nullable=False),
        *_counts("sweep_filled", "found", "synced", "skipped", "failed"),
        sa.Column("reasons", sa.Text(), nullable=False),
        *_counts("batches"),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        *_seconds("seconds", "max_batch_seconds", "p99_batch_seconds"),
        *_texts("batch_seconds", "points"),
        sa.Column("extractor_version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("progress_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=True),
        *_texts("user_name", "host"),
        sa.Column("process", sa.BigInteger(), nullable=False),
        *_texts("version", "options", "orders"),
        *_texts("waiting_for", "waiting_since", "error", nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{RUNS}"),
    )
    op.create_table(
        FAILURES,
        sa.Column("backfill", sa.Text(), nullable=False),
        sa.Column("row_digest", sa.Text(), nullable=False),
        sa.Column("row_name", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=True),
        sa.Column("extractor_version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("sweep", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=False),
        sa.Column("known_since_run", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.Text(), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("backfill", "row_digest", name=f"pk_{FAILURES}"),
    )


@in_any_environment
def downgrade() -> None:
    say_what_is_lost(op.get_context(), RUNS, FAILURES)
    op.drop_table(FAILURES)
    op.drop_table(RUNS)


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _seconds(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double(), nullable=False) for name in names]
