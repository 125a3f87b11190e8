"""Report: what a run did, counted."""

from dataclasses import asdict, dataclass, field
from typing import Literal, TypeAlias

State: TypeAlias = Literal["done", "incomplete", "partial", "stopped", "dry_run"]
"""How a run came to its end, as its report says."""
RunState: TypeAlias = State | Literal["running", "failed", "superseded"]
"""What the ledger knows besides: runs that go on, that an error has ended, and whose place another one has taken."""
Origin: TypeAlias = Literal["upgrade", "sync"]


@dataclass(kw_only=True)
class Report:
    """What a run did, counted. The fields are the report's contract; `total` = synced + skipped + failed.

    `found` can be more than `total`: a row that the application filled or removed after it was read has no outcome.
    """

    state: State = "done"
    found: int = 0
    synced: int = 0
    skipped: int = 0
    failed: int = 0
    total: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    batches: int = 0
    seconds: float = 0.0
    rows_per_second: float = 0.0
    max_batch_seconds: float = 0.0
    p99_batch_seconds: float = 0.0
    walk: str = ""
    accepted: int = 0
    """Of the failed rows, those that a person has accepted as they are."""
    new_failures: int = 0
    """Of the failed rows, those that are not accepted and that no earlier run has told of. A dry run does not know."""
    problem: str = ""
    """Why the run is incomplete, in a sentence for people. No part of the JSON object."""

    def as_dict(self) -> dict[str, object]:
        """Return the report's JSON object."""
        return {name: value for name, value in asdict(self).items() if name != "problem"}
