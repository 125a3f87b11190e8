"""Measures the project next to what a user would otherwise write; `--help` names the contestants."""

import json
import sys
from collections.abc import Sequence

from rich.console import Console

from benchmarks import plot, report
from benchmarks.interruption import InterruptedBenchmarkError, interruptible
from benchmarks.options import Options, parse
from benchmarks.results import wrong_runs
from benchmarks.suite import Measured, progress, run

output = Console(width=None if sys.stdout.isatty() else 140)


def write(options: Options, measured: Measured) -> None:
    """Print the tables and write the files that were asked for."""
    for table in report.tables(measured):
        output.print(table)
    if options.json:
        options.json.write_text(json.dumps(report.as_json(measured), indent=2) + "\n", encoding="utf-8")
    if options.plot:
        options.plot.write_text(plot.svg(measured.results), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Measure and report; return 1 if a contestant's result is wrong, or could not be had.

    A signal ends the measuring, not the report: what was measured is written, and the exit code is 128 and the
    signal's number. So is what was measured before an unforeseen error, which then ends the program.
    """
    options, measured = parse(arguments), Measured()
    exit_code = 0
    try:
        with interruptible():
            run(options, measured)
    except InterruptedBenchmarkError as interruption:
        progress.print(f"interrupted by {interruption}; this is what was measured")
        exit_code = interruption.exit_code
    finally:
        write(options, measured)
    for wrong in wrong_runs(measured.results):
        progress.print(f"wrong result: {wrong}")
    return exit_code or int(bool(wrong_runs(measured.results) or measured.failures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
