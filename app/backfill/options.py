"""Options: how a backfill is to run."""

from dataclasses import dataclass
from typing import Final

DEFAULT_BATCH_SIZE: Final = 1_000
DEFAULT_TARGET_SECONDS: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to run. Sizes are rows, times are seconds."""

    batch_size: int = DEFAULT_BATCH_SIZE
    target_seconds: float = DEFAULT_TARGET_SECONDS
    nice: float = 0.0
    max_replica_lag: float | None = None
    time_budget: float | None = None
    limit: int | None = None
    dry_run: bool = False
    workers: int = 1
