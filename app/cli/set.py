"""`media-gen-ids set`: change how the run that is going on works."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from app.backfill.control.orders import TUNED, WORKERS
from app.cli.common_options import Database, Desktop, load_settings
from app.cli.exit_codes import DONE
from app.cli.ordering import called, order
from app.console.printing import print_lines
from app.errors import ConfigurationError

ONE_WORKER: Final = frozenset({"key", "rowid", "failures"})
"""Walks that use one worker only, however many are asked for."""
USAGE: Final = f"name what to change: {', '.join(f'{name}=…' for name in TUNED)}"


def set(  # noqa: A001  # commands are called like their functions
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE", help=f"Any of {', '.join(TUNED)}.")
    ] = None,
    *,
    database: Database = None,
    desktop: Desktop = False,
) -> int:
    """Change batch_size, target_seconds, nice or workers of the run that is going on, from its next batch on.

    Values are those of the options of the same names. They hold for this run alone. Exit codes: 0 told; 2 no run is
    active, wrong usage or database.
    """
    given = read_changes(changes or ())
    settings = load_settings(database=database, desktop=desktop, **given)
    wanted: Mapping[str, Any] = {name: getattr(settings, name) for name in given}
    run = order(settings, wanted)
    told = ", ".join(f"{name} is {value:g}" for name, value in wanted.items())
    print_lines(f"{called(run)}: {told} from its next batch on.")
    if wanted.get(WORKERS, 1) > 1 and run.walk in ONE_WORKER:
        print_lines("One worker does all of it, since this table is walked by its key.")
    return DONE


def read_changes(changes: Sequence[str]) -> Mapping[str, str]:
    """Return the values by name. Raises ConfigurationError for none, and for what cannot be changed."""
    pairs = [change.partition("=") for change in changes]
    if not pairs:
        raise ConfigurationError("set", USAGE)
    for name, equals, _ in pairs:
        if name not in TUNED:
            raise ConfigurationError(name, f"cannot be changed while a run goes on; {USAGE}")
        if not equals:
            raise ConfigurationError(name, f"write it as {name}=…")
    return {name: value for name, _, value in pairs}
