"""Errors about the lock and the version table."""

from collections.abc import Sequence

from app.errors import MediaIdsError


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


class RecordedElsewhereError(MediaIdsError):
    """The ledger's tables exist, but this version table records no revision of ours. Nothing was changed."""

    def __init__(self, table: str, version_table: str) -> None:
        """Take a table of the ledger, and the version table that records none of our revisions."""
        super().__init__(
            f"table {table} is there, but version table {version_table} records no revision of ours: another one does. "
            "Nothing was changed; name it with version_table (-x version_table=NAME, --version-table or "
            "MEDIA_IDS_VERSION_TABLE)"
        )
        self.table = table
        self.version_table = version_table


class LockFileError(MediaIdsError):
    """The lock file beside a SQLite database cannot be made or opened; nothing was changed."""

    def __init__(self, file: str, problem: str) -> None:
        """Take the lock file and the operating system's words."""
        super().__init__(
            f"{file}: the lock file cannot be used: {problem}. Let this user write in that folder; "
            "if the file is there, remove it while nothing runs, or let this user read it"
        )
        self.file = file
        self.problem = problem


class StrangeRevisionError(MediaIdsError):
    """The version table holds revisions of another program; nothing was changed."""

    def __init__(self, version_table: str, strange: Sequence[str], ours: Sequence[str] = ()) -> None:
        """Take the table, the revisions in it that are not ours, and those that are."""
        beside = f" beside our {', '.join(sorted(ours))}" if ours else ""
        super().__init__(
            f"version table {version_table} holds {', '.join(sorted(strange))}{beside}, which another program's "
            "migrations put there. Nothing was changed; "
            + (
                "run the env.py that keeps both chains in it, or set version_table to the table that holds ours alone"
                if ours
                else "set version_table (-x version_table=NAME, or MEDIA_IDS_VERSION_TABLE) to a table of our own"
            )
        )
        self.version_table = version_table
        self.strange = tuple(strange)
        self.ours = tuple(ours)


class UnknownRevisionError(MediaIdsError):
    """The database stands at a revision that this version does not have; nothing was changed."""

    def __init__(self, revision: str) -> None:
        """Take the revision that is not known."""
        super().__init__(
            f"the database stands at {revision}, which this version does not know: install the version that made it"
        )
        self.revision = revision
