"""A second recipe, of three columns and without a moment: the engine fills it too, beside the first one."""

import multiprocessing
import os
import signal
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.backfill.engine import backfill
from app.backfill.listener import Listener, Progress
from app.backfill.options import Options
from app.backfill.recipe import Derived, Failed, Recipe, Skipped
from app.backfill.report import Report
from app.backfill.retry_failures import retry_failed
from app.database.engines import make_engine
from app.videos.recipe import MEDIA_IDS
from tests.support.migrations import ROOT
from tests.support.responses import make_rows
from tests.support.tables import execute, insert, query

USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, domain TEXT)"
IN_PARTITIONS = (
    f"{USERS} PARTITION BY RANGE (id)",
    "CREATE TABLE users_low PARTITION OF users FOR VALUES FROM (0) TO (40)",
    "CREATE TABLE users_high PARTITION OF users DEFAULT",
)
REVISION = """\
from alembic import op
from app.migration.fill import backfill_revision
from app.migration.guest import in_any_environment
from tests.backfill.test_second_recipe import DOMAINS

revision, down_revision = "media_ids_users", "media_ids_0003"

@in_any_environment
def upgrade():
    backfill_revision(op.get_context(), DOMAINS)

def downgrade():
    pass
"""


class Base(DeclarativeBase):
    """Tables of nobody else."""


class User(Base):
    """A user whose domain stands in the address."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    domain: Mapped[str | None]


def derive(email: str | bytes) -> Derived:
    """Return the domain of an address."""
    name, _, domain = (email.decode() if isinstance(email, bytes) else email).partition("@")
    if not name:
        return Skipped("no_address")
    return domain or Failed("no_domain", name)


DOMAINS = Recipe(
    name="users.domain",
    model=User,
    shows="id",
    reads=("email",),
    fills="domain",
    touches=None,
    derive=derive,
    version=1,
    most_characters=253,
)


class Killed(Listener):
    """Kills its own process after the second window, as kill -9 does."""

    def progress(self, progress: Progress) -> None:
        """Count."""
        if progress.report.total > 20:
            os.kill(os.getpid(), signal.SIGKILL)


def address(number: int) -> str:
    """Return the address of a user: of seven one has no domain, and one no name."""
    return {3: "name", 5: "@nobody"}.get(number % 7, f"name-{number}@d{number}.example")


def make_users(url: str, *statements: str) -> dict[int, str | None]:
    """Make a hundred users, and return the domain of each in the end."""
    rows = ", ".join(f"({number}, '{address(number)}', NULL)" for number in range(100))
    execute(url, *statements, f"INSERT INTO users VALUES {rows}")
    return {number: None if number % 7 in {3, 5} else f"d{number}.example" for number in range(100)}


def run(url: str, recipe: Recipe, listener: Listener | None = None, batch_size: int = 1_000) -> Report:
    """Fill."""
    with make_engine(url).connect() as connection:
        return backfill(connection, recipe, Options(batch_size=batch_size), origin="sync", listener=listener)


def run_until_killed(url: str) -> int:
    """Fill in a process of its own, which is killed on the way, and return its exit code."""
    process = multiprocessing.get_context("fork").Process(target=run, args=(url, DOMAINS, Killed(), 10))
    process.start()
    process.join(60)
    return process.exitcode or 0


def domains(url: str) -> dict[int, str | None]:
    """Return what stands in the table."""
    return dict(query(url, "SELECT id, domain FROM users"))


def failures(url: str) -> dict[str, int]:
    """Return how many failures each backfill has in the ledger."""
    of_each = "SELECT backfill, count(*) FROM media_generation_id_backfill_failures GROUP BY backfill"
    return dict(query(url, of_each))


def test_both_fill_their_own_and_keep_their_failures_apart(database: str) -> None:
    """Whichever runs last."""
    expected = make_users(database, USERS)
    insert(database, make_rows(46))

    first, second, again = run(database, MEDIA_IDS), run(database, DOMAINS, batch_size=7), run(database, MEDIA_IDS)

    assert (domains(database), second.state) == (expected, "done")
    assert (second.synced, second.skipped, second.failed) == (72, 14, 14)
    assert failures(database) == {DOMAINS.name: 14, MEDIA_IDS.name: first.failed}
    assert (first.failed, again.failed, again.synced) == (again.failed, first.failed, 0)


def test_a_run_that_was_killed_goes_on_where_it_stood(database: str) -> None:
    """Though the other one has run meanwhile."""
    expected = make_users(database, USERS)
    code = run_until_killed(database)
    before = sum(domain is not None for domain in domains(database).values())

    run(database, MEDIA_IDS)
    rest = run(database, DOMAINS)

    assert (code, 0 < before < 72) == (-signal.SIGKILL, True)
    assert (rest.synced, domains(database)) == (72 - before, expected)


def test_failures_are_tried_again_once_they_have_changed(database: str) -> None:
    """And no others."""
    make_users(database, USERS)
    run(database, DOMAINS)
    execute(database, "UPDATE users SET email = 'new@mended.example' WHERE id = 3")

    with make_engine(database).connect() as connection:
        retried = retry_failed(connection, DOMAINS, Options(), everything=False)

    assert (retried.synced, domains(database)[3], failures(database)) == (1, "mended.example", {DOMAINS.name: 13})


def test_partitions_are_filled_one_after_another(postgresql_database: str) -> None:
    """Read, since this recipe says nothing of what PostgreSQL could do by itself; also after a kill."""
    expected = make_users(postgresql_database, *IN_PARTITIONS)
    code = run_until_killed(postgresql_database)
    before = sum(domain is not None for domain in domains(postgresql_database).values())

    report = run(postgresql_database, DOMAINS, batch_size=9)

    assert (code, 0 < before < 72) == (-signal.SIGKILL, True)
    assert (report.walk, report.synced, report.failed) == ("partition", 72 - before, 14)
    assert (domains(postgresql_database), failures(postgresql_database)) == (expected, {DOMAINS.name: 14})


def test_a_revision_of_its_own_fills_it(empty_database: str, tmp_path: Path) -> None:
    """After ours, in the same chain."""
    expected = make_users(empty_database, USERS)
    (tmp_path / "users.py").write_text(REVISION)
    config = Config(attributes={})
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{ROOT / 'alembic' / 'versions'}\n{tmp_path}")
    config.set_main_option("sqlalchemy.url", empty_database)

    command.upgrade(config, "head")

    assert domains(empty_database) == expected
