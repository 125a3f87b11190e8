"""Errors of the application's table and of the write path."""

from collections.abc import Sequence

from app.errors import MediaIdsError


class ForeignTableError(MediaIdsError):
    """A table has the name of the application's table, but is another table. Nothing was changed."""

    def __init__(self, table: str, differences: Sequence[str]) -> None:
        """Take the table's name and each difference that cannot be repaired by adding columns."""
        super().__init__(
            f"table {table} exists, but it is not the table this migration is for: {'; '.join(differences)}. "
            "Nothing was changed; point DATABASE_URL at the right database, or rename that table"
        )
        self.table = table
        self.differences = tuple(differences)


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
        """Take the column, the character's position in its text (from 0), and the character's code point."""
        super().__init__(f"{column}: the character U+{code_point:04X} at position {position} cannot be stored")
        self.column = column
        self.position = position
        self.code_point = code_point


class RowRefusedError(MediaIdsError):
    """A rule of the database refuses a row; roll the transaction back. `problem` is the driver's first line."""

    def __init__(self, generation_id: str, problem: str) -> None:
        """Take the row's id, and what the database says."""
        super().__init__(f"generation {generation_id} cannot be stored: {problem}")
        self.generation_id = generation_id
        self.problem = problem


class PageTokenError(MediaIdsError):
    """The text is no token of a page in this order."""

    def __init__(self, token: str) -> None:
        """Take the token as it was given."""
        super().__init__(f"page token {token!r} is not valid; use the one that the last page gave, as it is")
        self.token = token


class NoOperationNameError(MediaIdsError):
    """A row has no operation name, without which the API cannot be asked for it."""

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

        `retryable`: a later attempt may succeed; `retry_after`: the pause in seconds that the API asked for;
        `api_message`: the API's own words, on one line.
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


class RecordedMeanwhileError(MediaIdsError):
    """Another upgrade ran the revision while this one waited for the lock. This one changed nothing."""

    def __init__(self, revision: str) -> None:
        """Take the revision that was to be run."""
        super().__init__(
            f"{revision} was run by another process while this one waited. Run it again to go on from there"
        )
        self.revision = revision
