"""`demo`: one consistent story, also from an installed package, and never at the cost of data that is there."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from app.demo_responses import FOLDER as PACKAGED
from tests.cli.conftest import Command
from tests.support.commands import environment
from tests.support.migrations import ROOT
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


def test_the_packaged_answers_are_those_of_the_tests() -> None:
    """Two copies, since an installed package has no tests."""
    assert _contents(PACKAGED) == _contents(FOLDER)


def test_an_installed_package_brings_everything_along(tmp_path: Path) -> None:
    """The wheel alone, in an empty folder: demo and check find the revisions and the answers in it."""
    subprocess.run([shutil.which("uv") or "uv", "build", "--wheel", "--quiet", "--out-dir", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")

    demo = _installed(tmp_path, "demo", "--database", "sqlite:///demo.db")
    check = _installed(tmp_path, "check", "--database", "sqlite:///demo.db")

    assert (demo.returncode, check.returncode, check.stdout.splitlines()[0]) == (0, 0, "ok    one head")
    assert (tmp_path / "installed" / "app" / "revisions" / "env.py").exists()


def _installed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command from the unpacked wheel, not from the source tree."""
    program = "import sys; from app.cli import run; sys.exit(run(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**environment(None), "PYTHONPATH": str(folder / "installed")},
        capture_output=True,
        text=True,
        check=False,
    )


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}
