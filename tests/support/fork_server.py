"""A process that starts the project's commands by forking itself: real processes, without the seconds of importing.

Reads one JSON object a line: {"start": {"program", "arguments", "settings", "out", "err"}} answers the new process's
id, {"poll": id} its exit code or null.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import filelock  # noqa: F401  # imported here so that the children need not
import psycopg  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.dialects.sqlite.pysqlite  # noqa: F401
from alembic.config import main as alembic

import app.backfill.engine
import app.backfill.script
import app.cli.cancel
import app.cli.check
import app.cli.demo
import app.cli.failing
import app.cli.failures
import app.cli.pause
import app.cli.resume
import app.cli.set
import app.cli.status
import app.cli.sync
import app.cli.upgrade
import app.migration.fill
import app.migration.gate
import app.migration.guest
import app.reports.target  # noqa: F401
from app.cli.main import run as media_gen_ids

exit_codes: dict[int, int] = {}


def serve() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        command = json.loads(line)
        answer = _start(command["start"]) if "start" in command else _poll(command["poll"])
        print(json.dumps(answer), flush=True)  # noqa: T201  # the answer


def _start(request: dict[str, Any]) -> int:
    process_id = os.fork() or _become(request)
    exit_codes.pop(process_id, None)  # of an earlier process: the system uses numbers again
    return process_id


def _become(request: dict[str, Any]) -> NoReturn:
    """Be the command, in the child; an exit that skips this server's own clean-up."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for name, number in (("out", 1), ("err", 2)):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.update(request["settings"])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    code: object = 1
    try:
        code = _run(request["program"], request["arguments"])
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


def _run(program: str, arguments: list[str]) -> int:
    if Path(program).name == "alembic":
        alembic(argv=arguments, prog="alembic")
        return 0
    return media_gen_ids(arguments)


def _poll(process_id: int) -> int | None:
    while process_id not in exit_codes:
        ended, status = os.waitpid(process_id, os.WNOHANG)
        if not ended:
            return None
        exit_codes[ended] = os.waitstatus_to_exitcode(status)
    return exit_codes[process_id]


if __name__ == "__main__":
    serve()
