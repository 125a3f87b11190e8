"""${message}

What and why: …
Downgrade: … (say what it does to data; it never loses rows)

House rules, to be deleted when met:
- `alembic revision --rev-id 0004 -m "…"` makes 0004_….py with the id media_ids_0004, which nobody else has.
- Spell out tables and columns here (`sa.table`, `sa.column`); never execute a mapped class of app.models.
- Schema changes only add: nullable columns, tables of this project. Never rebuild or drop an adopted table.
- Rows are changed in bounded batches by app.backfill inside `op.get_context().autocommit_block()`; never call
  `op.get_bind().commit()`: the version would silently not be recorded.
- Work offline too (`--sql`), or raise an error that names the command to run. Log, never print.
"""

import sqlalchemy as sa

from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision if up_revision.startswith("media_ids_") else "media_ids_" + up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
