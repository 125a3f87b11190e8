"""What each error says to a person, the facts that it keeps, and the exit code that goes with it."""

import pytest

from app.database.errors import (
    AnotherRunIsActiveError,
    LockFileError,
    RecordedElsewhereError,
    StrangeRevisionError,
    UnknownRevisionError,
)
from app.errors import (
    ConfigurationError,
    DatabaseError,
    MediaIdsError,
    NotUpgradedError,
    OutputError,
    UnsupportedTableError,
)
from app.migration.errors import (
    AlembicError,
    CallerError,
    ForeignEnvironmentError,
    IncompleteError,
    RowsFailedError,
    StoppedBySignalError,
    StoppedEarlyError,
)

ERRORS: list[tuple[MediaIdsError, int, str]] = [
    (ConfigurationError("nice", "too nice"), 2, "nice: too nice"),
    (DatabaseError("sqlite:///x.db", "locked"), 2, "sqlite:///x.db: locked"),
    (DatabaseError("sqlite:///x.db", "locked", "Wait"), 2, "sqlite:///x.db: locked. Wait"),
    (NotUpgradedError("x.db", "no table t"), 2, "x.db: no table t. Run `media-gen-ids upgrade` first"),
    (UnsupportedTableError("t", "a view"), 2, "table t cannot be filled: a view. No row was changed"),
    (OutputError("the script", "disk full"), 2, "the script could not be written: disk full"),
    (
        AnotherRunIsActiveError("process 7", 2.6),
        4,
        (
            "another upgrade or sync is active (process 7); waited 3 s. Try again when it has ended, or wait longer"
            " with lock_wait"
        ),
    ),
    (
        RecordedElsewhereError("runs", "versions"),
        2,
        (
            "table runs is there, but version table versions records no revision of ours: another one does. Nothing was"
            " changed; name it with version_table (-x version_table=NAME, --version-table or MEDIA_IDS_VERSION_TABLE)"
        ),
    ),
    (
        LockFileError("x.lock", "Permission denied"),
        2,
        (
            "x.lock: the lock file cannot be used: Permission denied. Let this user write in that folder; if the file"
            " is there, remove it while nothing runs, or let this user read it"
        ),
    ),
    (
        StrangeRevisionError("versions", ["b", "a"]),
        2,
        (
            "version table versions holds a, b, which another program's migrations put there. Nothing was changed; set"
            " version_table (-x version_table=NAME, or MEDIA_IDS_VERSION_TABLE) to a table of our own"
        ),
    ),
    (
        StrangeRevisionError("versions", ["a"], ["d", "c"]),
        2,
        (
            "version table versions holds a beside our c, d, which another program's migrations put there. Nothing was"
            " changed; run the env.py that keeps both chains in it, or set version_table to the table that holds ours"
            " alone"
        ),
    ),
    (
        UnknownRevisionError("m9"),
        2,
        "the database stands at m9, which this version does not know: install the version that made it",
    ),
    (AlembicError("no script"), 2, "Alembic: no script"),
    (
        StoppedEarlyError("time is up", 7),
        3,
        "backfill stopped early: time is up; 7 rows filled and kept. Revision not stamped; upgrade again to resume",
    ),
    (StoppedBySignalError(15, 7), 143, "stopped by signal 15; 7 rows filled and kept. Run it again to resume"),
    (StoppedBySignalError(2), 130, "stopped by signal 2; what is committed is kept. Run it again to resume"),
    (
        RowsFailedError(2, 7),
        1,
        (
            "2 rows failed (7 rows filled and kept) and on_failure=abort: revision not stamped. See `media-gen-ids"
            " failures`, and accept those that may stay as they are"
        ),
    ),
    (
        IncompleteError("3 rows left", 7),
        1,
        (
            "backfill incomplete: 3 rows left; 7 updates were committed. Revision not stamped; see `media-gen-ids"
            " failures`, mend the table, and run it again"
        ),
    ),
    (CallerError("dict", "give more"), 2, 'config.attributes["connection"] is of the kind dict: give more'),
    (
        ForeignEnvironmentError("it is open", "close it"),
        2,
        "media-gen-ids cannot migrate under this env.py: it is open. In env.py: close it",
    ),
]


@pytest.mark.parametrize(("error", "code", "line"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_is_one_line_that_says_what_to_do(error: MediaIdsError, code: int, line: str) -> None:
    """The facts that it was made of are its attributes."""
    kept = [str(value) for name, value in vars(error).items() if name != "exit_code"]

    assert (str(error), error.exit_code) == (line, code)
    assert len(kept) == type(error).__init__.__code__.co_argcount - 1
