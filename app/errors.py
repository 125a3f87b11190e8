"""Every error that this software raises on purpose.

Each class takes facts, builds a message of one line that says what to do, and keeps the facts as attributes.
`exit_code` is what `media-gen-ids` ends with; `alembic` ends with its own code for any of them.
"""

from collections.abc import Sequence


class MediaIdsError(Exception):
    """Root of the errors that a person is meant to read: one line, no traceback."""

    exit_code = 2


class ConfigurationError(MediaIdsError):
    """A setting, an option or the database URL cannot be used."""

    def __init__(self, name: str, problem: str) -> None:
        """Take the setting's `name` as the user wrote it, and what is wrong with it."""
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


class DatabaseError(MediaIdsError):
    """The database cannot be reached, read or written. `problem` is the driver's own first line."""

    def __init__(self, database: str, problem: str, advice: str = "") -> None:
        """Take the database as a URL without password, what happened, and what to do where that is known."""
        super().__init__(f"{database}: {problem}" + (f". {advice}" if advice else ""))
        self.database = database
        self.problem = problem
        self.advice = advice


class ForeignTableError(MediaIdsError):
    """A table has the name of ours, but it is not ours: nothing was changed."""

    def __init__(self, table: str, differences: Sequence[str]) -> None:
        """Take the table's name and each difference that cannot be repaired by adding columns."""
        super().__init__(
            f"table {table} exists, but it is not the table this migration is for: {'; '.join(differences)}. "
            "Nothing was changed; point DATABASE_URL at the right database, or rename that table"
        )
        self.table = table
        self.differences = tuple(differences)


class NotUpgradedError(MediaIdsError):
    """The database lacks a table or column that a command needs."""

    def __init__(self, database: str, missing: str) -> None:
        """Take the database as a URL without password, and what is missing in it."""
        super().__init__(f"{database}: {missing}. Run `alembic upgrade head` first")
        self.database = database
        self.missing = missing


class AnotherRunIsActiveError(MediaIdsError):
    """Another upgrade or sync holds the lock on this database."""

    exit_code = 4

    def __init__(self, holder: str, waited_seconds: float) -> None:
        """Take who holds the lock, as far as the database tells, and how long this process waited."""
        super().__init__(
            f"another upgrade or sync is active ({holder}); waited {waited_seconds:.0f} s. "
            "Try again when it has ended, or wait longer with lock_wait"
        )
        self.holder = holder
        self.waited_seconds = waited_seconds


class RunSupersededError(MediaIdsError):
    """Another run took over the ledger while this one was away; its open batch was rolled back."""

    exit_code = 4

    def __init__(self, run_id: int) -> None:
        """Take the number of the run that lost its place."""
        super().__init__(f"run {run_id} was taken over by another run; its open batch was rolled back")
        self.run_id = run_id


class StoppedEarlyError(MediaIdsError):
    """An upgrade ended before the backfill did; all finished batches are kept and the next upgrade resumes."""

    exit_code = 3

    def __init__(self, reason: str, synced: int) -> None:
        """Take why it stopped, and the rows filled so far."""
        super().__init__(
            f"backfill stopped early: {reason}; {synced} rows filled and kept. Revision not stamped; "
            "run `alembic upgrade head` again to resume"
        )
        self.reason = reason
        self.synced = synced


class StoppedBySignalError(MediaIdsError):
    """A signal asked an upgrade to stop; all finished batches are kept and the next upgrade resumes."""

    def __init__(self, signal_number: int, synced: int) -> None:
        """Take the signal and the rows filled so far."""
        super().__init__(f"stopped by signal {signal_number}; {synced} rows filled and kept. Run it again to resume")
        self.signal_number = signal_number
        self.synced = synced
        self.exit_code = 128 + signal_number


class RowsFailedError(MediaIdsError):
    """Some rows failed and `on_failure=abort` was asked for: not stamped, all good rows kept."""

    exit_code = 1

    def __init__(self, failed: int, synced: int) -> None:
        """Take the rows that failed and the rows filled."""
        super().__init__(
            f"{failed} rows failed ({synced} rows filled and kept) and on_failure=abort: revision not stamped. "
            "See `media-gen-ids failures`"
        )
        self.failed = failed
        self.synced = synced


class OfflineBackfillError(MediaIdsError):
    """The backfill cannot be written as SQL for this database."""

    def __init__(self, dialect: str) -> None:
        """Take SQLAlchemy's name of the database."""
        super().__init__(
            f"the backfill cannot be written as SQL for {dialect}: use `alembic upgrade head` online instead of --sql"
        )
        self.dialect = dialect
