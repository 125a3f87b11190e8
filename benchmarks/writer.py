"""A program that writes to the table beside a contestant, and says how long it had to wait.

`python -m benchmarks.writer`, database in DATABASE_URL. It prints `ready`, then updates the prompt of random rows,
each in a transaction of its own, until its standard input is closed; then it prints the seconds of each as JSON.
"""

import json
import os
import random
import select
import sys
import time

import sqlalchemy as sa

from benchmarks.contestants import create_engine

PAUSE_SECONDS = 0.005
KEYS = sa.text("SELECT id FROM veo3_video_generations")
UPDATE = sa.text("UPDATE veo3_video_generations SET prompt = :prompt WHERE id = :id")


def write_until_told_to_stop(engine: sa.Engine) -> list[float]:
    """Write in short transactions and return the seconds that each took."""
    with engine.connect() as connection:
        keys = connection.scalars(KEYS).all()
    print("ready", flush=True)
    waits = []
    while not told_to_stop(PAUSE_SECONDS):
        started = time.perf_counter()
        with engine.begin() as connection:
            connection.execute(UPDATE, {"id": random.choice(keys), "prompt": "edited meanwhile"})
        waits.append(time.perf_counter() - started)
    return waits


def told_to_stop(seconds: float) -> bool:
    """Wait so long, or until the standard input is closed."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


if __name__ == "__main__":
    print(json.dumps(write_until_told_to_stop(create_engine(os.environ["DATABASE_URL"]))))
