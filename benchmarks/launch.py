"""Runs one command and writes what it used to a file, as JSON: time, processor time, peak memory, bytes written.

A program of its own, with nothing but the standard library's smallest modules: Linux counts the memory of the process
that starts a program as that program's own peak, so the starting process has to be smaller than anything measured.
"""

import json
import os
import sys
import time

KIBIBYTE = 1024
BLOCK_BYTES = 512  # ru_oublock counts blocks of this size
NORMAL_MEMORY_UNIT = 1 if sys.platform == "darwin" else KIBIBYTE


def main(result_file: str, *command: str) -> int:
    """Run the command, write `result_file` and return the command's exit code."""
    started = time.perf_counter()
    process_id = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(process_id, 0)
    result = {
        "seconds": time.perf_counter() - started,
        "processor_seconds": usage.ru_utime + usage.ru_stime,
        "peak_memory_bytes": usage.ru_maxrss * NORMAL_MEMORY_UNIT,
        "written_bytes": usage.ru_oublock * BLOCK_BYTES,
    }
    with open(result_file, "w", encoding="utf-8") as file:  # noqa: PTH123  # pathlib would double this process
        json.dump(result, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
