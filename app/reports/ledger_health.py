"""Ledger health: what the ledger alone tells of the last run: whether it has ended, and how. Reads only."""

from typing import Final

import sqlalchemy as sa

from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.runs import DONE, RETRY_WALK, RUNNING, RUNS, select_running
from app.database.living import lives
from app.reports.coverage import estimated_rows
from app.reports.failures import count_accepted
from app.reports.findings import Finding, people_needed
from app.reports.target import estimated_pending
from app.videos.recipe import MEDIA_IDS

SYNC: Final = "run `media-gen-ids sync`"


def last_run_is_done(connection: sa.Connection) -> Finding:
    """Return how the last run over the table ended, and what it has left: no look into the table."""
    passes = sa.select(RUNS.c.id, RUNS.c.state).where(RUNS.c.backfill == MEDIA_IDS.name, RUNS.c.walk != RETRY_WALK)
    run = connection.execute(passes.order_by(RUNS.c.id.desc()).limit(1)).first()
    is_done = run is not None and run.state == DONE
    if run is None:
        facts = [f"no run has filled this table yet: {SYNC}"]
    elif run.state == RUNNING:
        facts = [f"run {run.id} has not ended"]
    else:
        facts = [] if is_done else [f"run {run.id} is {run.state}, and has left rows: {SYNC}"]
    return Finding(name="last run is done", ok=is_done, facts=(*facts, *_left(connection)))


def _left(connection: sa.Connection) -> list[str]:
    ours = sa.select(sa.func.count()).select_from(FAILURES).where(FAILURES.c.backfill == MEDIA_IDS.name)
    facts = people_needed(int(connection.execute(ours).scalar_one()), count_accepted(connection))
    if (rows := estimated_rows(connection)) > 0:
        pending = estimated_pending(connection, rows)
        facts.append(f"about {pending:,.0f} of {rows:,} rows have an answer and no id, as the statistics have it")
    return facts


def no_run_is_left_open(connection: sa.Connection) -> Finding:
    """Return whether a run has not ended though nobody holds its lock: then it was killed, or its machine was."""
    name = "no run is left open"
    running = select_running(MEDIA_IDS.name)
    run = connection.execute(running).first()
    if run is None:
        return Finding(name=name, ok=True)
    if lives(connection, run.host, run.process):
        return Finding(name=name, ok=True, facts=(f"run {run.id} goes on",))
    connection.rollback()
    again = connection.execute(running).first()  # it may have ended between the two looks
    if again is None or again.id != run.id:
        return Finding(name=name, ok=True)
    who = f"run {run.id} of {run.user_name}@{run.host}, process {run.process}"
    fact = f"{who}, has not ended, and nobody holds its lock: it was killed; {SYNC}, which goes on where it stopped"
    return Finding(name=name, ok=False, facts=(fact,))
