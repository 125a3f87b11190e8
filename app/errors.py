"""The root of the errors that people read, and those that every part raises."""


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


class NotUpgradedError(MediaIdsError):
    """The database lacks a table or column that a command needs."""

    def __init__(self, database: str, missing: str) -> None:
        """Take the database as a URL without password, and what is missing in it."""
        super().__init__(f"{database}: {missing}. Run `media-gen-ids upgrade` first")
        self.database = database
        self.missing = missing


class UnsupportedTableError(MediaIdsError):
    """The table cannot be filled safely."""

    def __init__(self, table: str, problem: str) -> None:
        """Take the table's name, and what is in the way."""
        super().__init__(f"table {table} cannot be filled: {problem}. No row was changed")
        self.table = table
        self.problem = problem


class OutputError(MediaIdsError):
    """A file or stream that was asked for could not be written."""

    def __init__(self, what: str, problem: str) -> None:
        """Take what was to be written, and the operating system's words."""
        super().__init__(f"{what} could not be written: {problem}")
        self.what = what
        self.problem = problem
