"""`demo`: one consistent story, and never at the cost of data that is there."""

import json
from pathlib import Path

from app.cli.demo_rows import FOLDER as PACKAGED
from app.migration.scripts import alembic_config
from tests.cli.conftest import Command
from tests.support.responses import FOLDER
from tests.support.tables import TABLE, query

FAILURES = "media_generation_id_backfill_failures"


def test_demo_status_failures_check_and_sync_tell_one_story(tmp_path: Path, command: Command) -> None:
    """And their numbers agree with plain SQL counts."""
    url = f"sqlite:///{tmp_path}/demo.db"

    made = command("demo", "--database", url)
    status = json.loads(command("status", "--json", "--database", url).out)
    failures = json.loads(command("failures", "--json", "--database", url).out)
    check = command("check", "--database", url)
    sync = command("sync", "--verbose", "--database", url)

    with_id, failed, rows = query(
        url, f"SELECT count(media_generation_id), (SELECT count(*) FROM {FAILURES}), count(*) FROM {TABLE}"
    )[0]
    left = rows - with_id - failed
    assert (made.code, check.code, sync.code) == (0, 0, 1)
    assert (with_id, failed, rows) == (120, 48, 288)
    assert status["total"] == {"with_id": 120, "pending": 0, "nothing_to_recover": left, "failed": 48}
    assert len(failures) == failed
    assert f"- {failed} rows need a person" in check.out
    assert sync.out.count("⏭️  Skipped: ") == left
    assert sync.out.count("❌ Failed: ") == failed
    assert f"✅ Synced 0   ⏭️ Skipped {left}   ❌ Failed {failed}   📈 Total {left + failed}" in sync.out


def test_an_existing_file_is_never_touched(tmp_path: Path, command: Command) -> None:
    """Nor is anything that is no SQLite file."""
    file = tmp_path / "precious.db"
    file.write_text("precious")

    refused = command("demo", "--database", f"sqlite:///{file}")
    server = command("demo", "--database", "postgresql://somebody@db.example.com/videos")

    assert (refused.code, refused.err) == (
        2,
        f"media-gen-ids: --database: {file} exists; remove it, or name another file\n",
    )
    assert (server.code, server.err) == (
        2,
        "media-gen-ids: --database: the demo makes a SQLite file; use sqlite:///some-file.db\n",
    )
    assert file.read_text() == "precious"


def test_a_place_where_no_demo_can_be_is_one_line(tmp_path: Path, command: Command) -> None:
    """A link that leads nowhere, a folder that is not there, a lock file that cannot be one."""
    (tmp_path / "link.db").symlink_to(tmp_path / "gone.db")
    lock = tmp_path / "new.db.media-gen-ids.lock"
    lock.mkdir()

    ends = [command("demo", "--database", f"sqlite:///{tmp_path}/{name}") for name in ("link.db", "no/x.db", "new.db")]

    assert [(end.code, end.out) for end in ends] == [(2, "")] * 3
    assert [end.err.splitlines()[-1].removeprefix("media-gen-ids: ").partition(";")[0] for end in ends] == [
        f"--database: {tmp_path}/link.db exists",
        f"--database: no folder {tmp_path}/no",
        f"{lock}: the lock file cannot be used: Is a directory. Let this user write in that folder",
    ]


def test_a_percent_sign_in_the_url_is_one() -> None:
    """Alembic's configuration would take it for the beginning of something else."""
    assert alembic_config("sqlite:///a%20b.db").get_main_option("sqlalchemy.url") == "sqlite:///a%20b.db"


def test_the_packaged_answers_are_those_of_the_tests() -> None:
    """Two copies, since an installed package has no tests."""
    assert _contents(PACKAGED) == _contents(FOLDER)


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}
