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
        super().__init__(f"{database}: {missing}. Run `media-gen-ids upgrade` first")
        self.database = database
        self.missing = missing


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


class AlembicError(MediaIdsError):
    """Alembic refuses to upgrade. `problem` is its own text."""

    def __init__(self, problem: str) -> None:
        """Take what Alembic says."""
        super().__init__(f"Alembic: {problem}")
        self.problem = problem


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


class TableChangedError(MediaIdsError):
    """The table became one of another kind while it was walked: a foreign partition came, a shard moved."""

    def __init__(self, table: str) -> None:
        """Take the table's name."""
        super().__init__(f"table {table}: its partitions or shards changed during the run; run it again")
        self.table = table


class UnsupportedTableError(MediaIdsError):
    """The table is kept in a way in which it cannot be filled safely."""

    def __init__(self, table: str, problem: str) -> None:
        """Take the table's name, and what is in the way."""
        super().__init__(f"table {table} cannot be filled: {problem}. No row was changed")
        self.table = table
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


class OfflineBackfillError(MediaIdsError):
    """The backfill cannot be written as SQL for this database."""

    def __init__(self, dialect: str) -> None:
        """Take SQLAlchemy's name of the database."""
        super().__init__(
            f"the backfill cannot be written as SQL for {dialect}: use `alembic upgrade head` online instead of --sql"
        )
        self.dialect = dialect


class GenerationNotFoundError(MediaIdsError):
    """No row of veo3_video_generations has this value."""

    def __init__(self, column: str, value: str) -> None:
        """Take the column that was searched and the value that is not there."""
        super().__init__(f"no generation has {column} {value!r}")
        self.column = column
        self.value = value


class AmbiguousGenerationError(MediaIdsError):
    """Several rows have a value that was expected to name one; none of them was chosen."""

    def __init__(self, column: str, value: str, generation_ids: Sequence[str], *, more: bool = False) -> None:
        """Take the column, its value, the rows that have it, and whether there are more than those."""
        listed = ", ".join(generation_ids) + (" and more" if more else "")
        super().__init__(f"several generations have {column} {value!r}: {listed}. Use the generation's own id")
        self.column = column
        self.value = value
        self.generation_ids = tuple(generation_ids)
        self.more = more


class MediaIdConflictError(MediaIdsError):
    """A row has another media generation id than the one offered; the row was left as it is."""

    def __init__(self, generation_id: str, known: str, offered: str) -> None:
        """Take the row, the id that it (or its stored answer) has, and the one that was refused."""
        super().__init__(
            f"generation {generation_id} has media generation id {known!r}; {offered!r} was refused and nothing changed"
        )
        self.generation_id = generation_id
        self.known = known
        self.offered = offered


class UnknownStatusError(MediaIdsError):
    """A status that the table does not admit."""

    def __init__(self, status: object, admitted: Sequence[str]) -> None:
        """Take what was given, and the statuses that there are."""
        super().__init__(f"status {status!r} is none of {', '.join(admitted)}")
        self.status = status
        self.admitted = tuple(admitted)


class UnstorableTextError(MediaIdsError):
    """A text holds a character that no database here stores: NUL, or half of a surrogate pair."""

    def __init__(self, column: str, position: int, code_point: int) -> None:
        """Take the column that the text was for, and where in it (from 0) which character stands."""
        super().__init__(f"{column}: the character U+{code_point:04X} at position {position} cannot be stored")
        self.column = column
        self.position = position
        self.code_point = code_point


class RowRefusedError(MediaIdsError):
    """The database's own rules refuse a new row; roll the transaction back. `problem` is the driver's first line."""

    def __init__(self, generation_id: str, problem: str) -> None:
        """Take the id that the row would have had, and what the database says."""
        super().__init__(f"generation {generation_id} cannot be stored: {problem}")
        self.generation_id = generation_id
        self.problem = problem


class PageTokenError(MediaIdsError):
    """A page token that no page gave out."""

    def __init__(self, token: str) -> None:
        """Take the token as it was given."""
        super().__init__(f"page token {token!r} is not valid; use the one that the last page gave, as it is")
        self.token = token


class NoOperationNameError(MediaIdsError):
    """A row does not know the name under which the API answers for it, so the API cannot be asked."""

    def __init__(self, generation_id: str) -> None:
        """Take the row."""
        super().__init__(f"generation {generation_id} has no operation_name: the API cannot be asked for it")
        self.generation_id = generation_id


class ApiError(MediaIdsError):
    """The video API gave no answer that can be used."""

    def __init__(  # noqa: PLR0913  # as many facts as a refusal has
        self,
        operation_name: str,
        problem: str,
        status_code: int | None = None,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        api_message: str = "",
    ) -> None:
        """Take the operations that were asked for, what went wrong, and the HTTP status where there was one.

        `retryable`: the same question may be answered later; `retry_after`: not before so many seconds, as the API
        says; `api_message`: the API's own words, on one line.
        """
        super().__init__(f"operation {operation_name}: {problem}" + (f": {api_message}" if api_message else ""))
        self.operation_name = operation_name
        self.problem = problem
        self.status = status_code
        self.status_code = status_code
        self.retryable = retryable
        self.retry_after = retry_after
        self.api_message = api_message


class MediaIdInvalidError(MediaIdsError):
    """A text that can be no media generation id; the row was left as it is."""

    def __init__(self, generation_id: str, offered: str) -> None:
        """Take the row, and what was refused."""
        super().__init__(
            f"generation {generation_id}: {offered[:80]!r} is no media generation id: "
            "one is at most 255 characters without white space; nothing changed"
        )
        self.generation_id = generation_id
        self.offered = offered


class GenerationNameFixedError(MediaIdsError):
    """A row has an operation name or a scene already, and another was offered; the row was left as it is."""

    def __init__(self, generation_id: str, column: str, known: str, offered: str) -> None:
        """Take the row, the column, what it holds, and what was refused."""
        super().__init__(
            f"generation {generation_id} has {column} {known!r}, which is set once; {offered!r} was refused "
            "and nothing changed"
        )
        self.generation_id = generation_id
        self.column = column
        self.known = known
        self.offered = offered


class GenerationSnapshotError(MediaIdsError):
    """SQLite cannot lock rows for a transaction that has read what somebody else changed since."""

    def __init__(self) -> None:
        """Take nothing: SQLite does not say what changed."""
        super().__init__(
            "this transaction has read before somebody else wrote, and SQLite lets it write no more: roll back and "
            "do it again, update before reading, or let transactions begin with BEGIN IMMEDIATE"
        )


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


class RecordedMeanwhileError(MediaIdsError):
    """Another upgrade was faster, while this one waited for its lock; nothing was changed by this one."""

    def __init__(self, revision: str) -> None:
        """Take the revision that was to be run."""
        super().__init__(
            f"{revision} was run by another process while this one waited. Run it again to go on from there"
        )
        self.revision = revision


class OutputError(MediaIdsError):
    """What was asked for could not be written."""

    def __init__(self, what: str, problem: str) -> None:
        """Take what was to be written, and the operating system's words."""
        super().__init__(f"{what} could not be written: {problem}")
        self.what = what
        self.problem = problem


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
