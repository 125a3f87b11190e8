"""Errors of an upgrade."""

from app.errors import MediaIdsError


class AlembicError(MediaIdsError):
    """Alembic refuses to upgrade. `problem` is its own text."""

    def __init__(self, problem: str) -> None:
        """Take what Alembic says."""
        super().__init__(f"Alembic: {problem}")
        self.problem = problem


class StoppedEarlyError(MediaIdsError):
    """An upgrade ended before the backfill did; all finished batches are kept and the next upgrade resumes."""

    exit_code = 3

    def __init__(self, reason: str, synced: int) -> None:
        """Take why it stopped, and the rows filled so far."""
        super().__init__(
            f"backfill stopped early: {reason}; {synced} rows filled and kept. Revision not stamped; "
            "upgrade again to resume"
        )
        self.reason = reason
        self.synced = synced


class StoppedBySignalError(MediaIdsError):
    """A signal asked an upgrade to stop; all finished batches are kept and the next upgrade resumes."""

    def __init__(self, signal_number: int, synced: int | None = None) -> None:
        """Take the signal and the rows filled so far, if it came while rows were filled."""
        kept = "what is committed is kept" if synced is None else f"{synced} rows filled and kept"
        super().__init__(f"stopped by signal {signal_number}; {kept}. Run it again to resume")
        self.signal_number = signal_number
        self.synced = synced
        self.exit_code = 128 + signal_number


class RowsFailedError(MediaIdsError):
    """Rows failed that nobody has accepted, and `on_failure=abort` was asked for: not stamped, all good rows kept."""

    exit_code = 1

    def __init__(self, failed: int, synced: int) -> None:
        """Take the rows that failed and are not accepted, and the rows filled."""
        super().__init__(
            f"{failed} rows failed ({synced} rows filled and kept) and on_failure=abort: revision not stamped. "
            "See `media-gen-ids failures`, and accept those that may stay as they are"
        )
        self.failed = failed
        self.synced = synced


class IncompleteError(MediaIdsError):
    """A backfill has ended with rows that it cannot account for: not stamped, all good rows kept."""

    exit_code = 1

    def __init__(self, problem: str, synced: int) -> None:
        """Take what is wrong, and the rows whose update was committed: a trigger may have undone some of those."""
        super().__init__(
            f"backfill incomplete: {problem}; {synced} updates were committed. Revision not stamped; "
            "see `media-gen-ids failures`, mend the table, and run it again"
        )
        self.problem = problem
        self.synced = synced


class CallerError(MediaIdsError):
    """A program that calls Alembic gave something that nothing can be migrated on."""

    def __init__(self, kind: str, instead: str) -> None:
        """Take the name of its class, and what to give instead."""
        super().__init__(f'config.attributes["connection"] is of the kind {kind}: {instead}')
        self.kind = kind
        self.instead = instead


class ForeignEnvironmentError(MediaIdsError):
    """An env.py that is not ours runs migrations in a way in which ours cannot run; nothing was changed by them."""

    def __init__(self, problem: str, change: str) -> None:
        """Take what is in the way, and what to change in that env.py."""
        super().__init__(f"media-gen-ids cannot migrate under this env.py: {problem}. In env.py: {change}")
        self.problem = problem
        self.change = change
