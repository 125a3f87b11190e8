"""Errors of the backfill."""

from app.errors import MediaIdsError


class RunSupersededError(MediaIdsError):
    """Another run took over the ledger while this one was away; its open batch was rolled back."""

    exit_code = 4

    def __init__(self, run_id: int) -> None:
        """Take the number of the run that lost its place."""
        super().__init__(f"run {run_id} was taken over by another run; its open batch was rolled back")
        self.run_id = run_id


class OldLedgerError(MediaIdsError):
    """The ledger lacks columns: an older version of this software has made it. Nothing was changed."""

    def __init__(self, database: str, table: str, column: str) -> None:
        """Take the database as a URL without password, the table of the ledger, and a column that it lacks."""
        super().__init__(
            f"{database}: an older version made the ledger ({table} lacks {column}). Run"
            " `alembic downgrade media_ids_0001`, which drops it and no row of yours, then `media-gen-ids upgrade`"
        )
        self.table = table
        self.column = column


class NoActiveRunError(MediaIdsError):
    """No run is active that could take an order. Nothing was changed."""

    def __init__(self, gone: int | None) -> None:
        """Take the number of a run that was killed before it could write its end, if there is one."""
        super().__init__(
            "no run is active"
            if gone is None
            else f"no run is active: run {gone} is gone, nobody holds its lock. The next one goes on where it stopped"
        )
        self.gone = gone


class TableChangedError(MediaIdsError):
    """The table changed its kind during the run: a foreign partition was attached, or a shard moved."""

    def __init__(self, table: str) -> None:
        """Take the table's name."""
        super().__init__(f"table {table}: its partitions or shards changed during the run; run it again")
        self.table = table


class OfflineBackfillError(MediaIdsError):
    """The backfill cannot be written as SQL for this database."""

    def __init__(self, dialect: str) -> None:
        """Take SQLAlchemy's name of the database."""
        super().__init__(
            f"the backfill cannot be written as SQL for {dialect}: use `alembic upgrade head` online instead of --sql"
        )
        self.dialect = dialect
