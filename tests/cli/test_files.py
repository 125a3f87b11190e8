"""The files that --report, --svg and --html name: tried before the work, and written after it."""

import json
from pathlib import Path

import pytest

from app.cli.common_options import is_database, require_writable
from app.errors import ConfigurationError
from support.commands import run
from tests.cli.conftest import Command
from tests.support.processes import media_gen_ids
from tests.support.responses import make_rows
from tests.support.tables import insert, query, sqlite_path
from tests.support.users import open_folder, somebody_else

BESIDE = ("journal", "wal", "shm")


def rows_and_runs(url: str) -> list[tuple[object, ...]]:
    """Return what a run would change."""
    filled = query(url, "SELECT count(media_generation_id) FROM veo3_video_generations")
    return filled + query(url, "SELECT max(id) FROM media_generation_id_backfill_runs")


def bad_names(folder: Path, database: Path) -> dict[str, str]:
    """Return names that no file can be written by, with what is said of them."""
    locked = folder / "read-only.json"
    locked.write_text("kept")
    (folder / "loop").symlink_to(folder / "loop")
    return {
        "": ". is a folder; name a file",
        ".": ". is a folder; name a file",
        str(folder): f"{folder} is a folder; name a file",
        f"{folder}/no/report": f"no folder {folder}/no",
        f"{locked}/report": f"no folder {locked}",
        f"{folder}/{'x' * 300}": f"{folder}/{'x' * 300} cannot be written: File name too long",
        f"{folder}/loop": f"{folder}/loop cannot be written: Too many levels of symbolic links",
        "/proc/report": "/proc/report cannot be written: No such file or directory",
        str(database): f"{database} is the database; name another file",
        **{f"{database}-{more}": f"{database}-{more} is the database; name another file" for more in BESIDE},
    }


@pytest.mark.parametrize(("name", "option"), [("sync", "--report"), ("status", "--svg"), ("status", "--html")])
def test_a_file_that_cannot_be_written_is_found_before_the_work(
    name: str, option: str, sqlite_database: str, tmp_path: Path, command: Command
) -> None:
    """Whatever is wrong with it: exit code 2, one line, no row filled and no run begun."""
    insert(sqlite_database, make_rows(24))
    names = bad_names(tmp_path, sqlite_path(sqlite_database))
    before = rows_and_runs(sqlite_database)

    ends = {file: command(name, option, file, "--database", sqlite_database) for file in names}

    assert ends == {file: (2, "", f"media-gen-ids: {option}: {said}\n") for file, said in names.items()}
    assert (rows_and_runs(sqlite_database), (tmp_path / "read-only.json").read_text()) == (before, "kept")


def test_trying_a_file_leaves_it_as_it_is_if_the_command_then_fails(tmp_path: Path, command: Command) -> None:
    """The report of the last run is still there; one that was not there is not."""
    there, new = tmp_path / "last.json", tmp_path / "new.json"
    there.write_text("the last report")
    missing = f"sqlite:///{tmp_path}/missing.db"

    codes = [command("sync", "--report", str(file), "--database", missing).code for file in (there, new)]

    assert (codes, there.read_text(), list(tmp_path.iterdir())) == ([2, 2], "the last report", [there])


def test_a_database_is_known_by_every_name_of_its_file(tmp_path: Path) -> None:
    """Through a link to it, and where the URL names a link."""
    file, link = tmp_path / "videos.db", tmp_path / "link.db"
    link.symlink_to(file)
    names = [file, link, tmp_path / "videos.db-wal", tmp_path / "videos.db-shm", tmp_path / "videos.db.json"]

    told = {url: [is_database(name, url) for name in names] for url in (f"sqlite:///{file}", str(link))}

    assert told == {url: [True, True, True, True, False] for url in told}
    assert not is_database(file, "postgresql://host/videos.db")


def test_trying_a_link_to_a_file_that_is_not_there_leaves_the_link(tmp_path: Path) -> None:
    """As whoever set it up left it, and nothing beside it."""
    link = tmp_path / "report.json"
    link.symlink_to(tmp_path / "dated.json")

    require_writable("--report", link, "sqlite:///x.db")

    assert (list(tmp_path.iterdir()), link.is_symlink()) == ([link], True)


@pytest.mark.parametrize("name", ["there.json", "new.json"])
def test_a_file_without_permission(name: str) -> None:
    """One that is there, and a new one in a folder that takes none."""
    with open_folder() as folder:
        (folder / "there.json").write_text("kept")
        (folder / "there.json").chmod(0o444)
        folder.chmod(0o555)

        with somebody_else(), pytest.raises(ConfigurationError) as caught:
            require_writable("--report", folder / name, "sqlite:///x.db")

        assert caught.value.problem == f"{folder}/{name} cannot be written: Permission denied"
        assert [(file.name, file.read_text()) for file in folder.iterdir()] == [("there.json", "kept")]


def test_a_report_through_a_pipe_is_whole(sqlite_database: str) -> None:
    """Trying does not end the reader's input; what was logged before stands before it."""
    ended = run("media-gen-ids", "sync", "--report", "/dev/stderr", url=sqlite_database)
    first, _, report = ended.stderr.partition("\n")

    assert (ended.returncode, json.loads(report)["state"]) == (0, "done")
    assert first == f"{sqlite_database}: 0 rows pending"


def test_a_disk_that_is_full_when_the_report_is_due(filled_file: str) -> None:
    """The work is done, and the exit code says how."""
    ended = media_gen_ids("sync", "--report", "/dev/full", url=filled_file)

    assert (ended.returncode, "📊 Summary" in ended.stdout) == (1, True)
    assert ended.stderr.splitlines()[1:] == [
        "media-gen-ids: --report: /dev/full could not be written: No space left on device"
    ]
