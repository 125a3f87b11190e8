"""Fail on: which failed rows make a command end with 1."""

from typing import Annotated, Literal, TypeAlias

import typer

from app.backfill.report import Report
from app.cli.exit_codes import DONE, NOT_WELL

Counting: TypeAlias = Literal["any", "new", "none"]
FailOn: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="any|new|none", help="Failed rows that make the exit code 1: any that is not accepted; new ones; none."
    ),
]


def code_of(report: Report, counting: Counting) -> int:
    """Return the exit code of a run that is done. Rows that a person has accepted never count."""
    rows = {"any": report.failed - report.accepted, "new": report.new_failures, "none": 0}
    return NOT_WELL if rows[counting] else DONE
