"""JSON errors: what ends Alembic's own command, told in a log that is JSON. Changes no exit code and no output else."""

import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from configparser import InterpolationError
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Final

from alembic.config import Config
from alembic.util import CommandError

from app.console.json_log import writes_json
from app.database.events import event
from app.database.readable_errors import first_line
from app.database.urls import SETTING as DATABASE_URL
from app.database.urls import without_secrets

ALEMBIC_FAILURE: Final = 255
"""What Alembic's command ends with, whatever the error."""
UNCAUGHT: Final = 1
INTERRUPTED: Final = 130

logger = logging.getLogger(__name__)


@contextmanager
def told_as_json(config: Config) -> Iterator[None]:
    """Tell of an error in a log that is JSON too: Alembic prints it on stdout, or the interpreter its traceback.

    The latter is replaced for Alembic's command alone: another program may catch what it has called Alembic for.
    """
    try:
        yield
    except CommandError as error:
        if writes_json():
            logger.log(logging.ERROR, "%s", error, extra=event("error", exit_code=ALEMBIC_FAILURE))
        raise
    except BaseException:
        if writes_json() and hasattr(config.cmd_opts, "cmd"):
            sys.excepthook = partial(_log_uncaught, _urls(config))
        raise


def _urls(config: Config) -> Sequence[str]:
    with suppress(InterpolationError):
        return [os.environ.get(DATABASE_URL, ""), config.get_main_option("sqlalchemy.url") or ""]
    return [os.environ.get(DATABASE_URL, "")]


def _log_uncaught(
    urls: Sequence[str], kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Log what ends the process, in place of the traceback that the interpreter would print. Shows no password."""
    text = without_secrets("".join(traceback.format_exception(kind, error, trace)), urls)
    facts = event("error", exit_code=UNCAUGHT, traceback=text)
    if isinstance(error, KeyboardInterrupt):
        facts = event("stopped", exit_code=INTERRUPTED)
    logger.log(logging.ERROR, "%s", without_secrets(f"{kind.__name__}: {first_line(error)}", urls), extra=facts)
