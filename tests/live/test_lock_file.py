"""The lock file beside a SQLite database: one for a database, whatever name it is opened by and whoever made it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database.engines import make_engine
from app.database.errors import AnotherRunIsActiveError, LockFileError
from app.database.lock import LOCK_FILE_SUFFIX, only_one
from tests.support.migrations import downgrade, upgrade
from tests.support.processes import alembic, media_gen_ids
from tests.support.tables import sqlite_path
from tests.support.users import open_folder, somebody_else


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can reach and write in."""
    with open_folder() as made:
        yield made


def lock_of(file: Path) -> Path:
    """Return where the lock of a database is."""
    return file.with_name(file.name + LOCK_FILE_SUFFIX)


def names(folder: Path, file: Path) -> dict[str, str]:
    """Return URLs of one file by other names: through a link, a folder that is one, a relative path, a URI."""
    (folder / "link.db").symlink_to(file)
    (folder / "folder").symlink_to(file.parent)
    return {
        "link": f"sqlite:///{folder}/link.db",
        "folder": f"sqlite:///{folder}/folder/{file.name}",
        "relative": f"sqlite:///{os.path.relpath(file)}",
        "URI": f"sqlite:///file:{file}?uri=true",
        "encoded URI": f"sqlite:///file://localhost{file.parent}/%2576ideos.db?uri=true&mode=rwc",
        "driver": f"sqlite+aiosqlite:///{file}",
    }


@pytest.mark.parametrize("name", ["link", "folder", "relative", "URI", "encoded URI", "driver"])
def test_a_database_has_one_lock_by_whatever_name_it_is_opened(tmp_path: Path, folder: Path, name: str) -> None:
    """Held by one name, it is not to be had by the other, and no second lock file is made."""
    file = tmp_path / "videos.db"
    url = names(folder, file)[name]
    upgrade(url)

    by_its_name, by_another = make_engine(f"sqlite:///{file}"), make_engine(url)

    with only_one(by_its_name, 0), pytest.raises(AnotherRunIsActiveError) as caught, only_one(by_another, 0):
        pass

    assert f"process {os.getpid()} on " in caught.value.holder
    assert list(folder.glob(f"*{LOCK_FILE_SUFFIX}")) == []


@pytest.mark.parametrize("query", ["mode=memory&cache=shared&uri=true", "uri=true"])
def test_a_database_in_memory_has_no_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    """Nor one that SQLite keeps in a file without a name."""
    monkeypatch.chdir(tmp_path)
    engine = make_engine(f"sqlite:///file:{'shared' if 'memory' in query else ''}?{query}")

    with only_one(engine, 0):
        made = list(tmp_path.iterdir())

    assert made == []


def test_the_word_file_is_part_of_a_name_where_there_is_no_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is called `file:x.db` then."""
    monkeypatch.chdir(tmp_path)

    upgrade("sqlite:///file:x.db")

    assert {file.name for file in tmp_path.iterdir()} == {"file:x.db", f"file:x.db{LOCK_FILE_SUFFIX}"}


def test_a_lock_file_that_another_user_left_locks_all_the_same(folder: Path) -> None:
    """It can be read though not written, and that is enough: free it is taken, held it is not."""
    engine = make_engine(f"sqlite:///{folder}/videos.db")
    lock = lock_of(folder / "videos.db")
    lock.write_text("process 7 on elsewhere")
    lock.chmod(0o444)

    with somebody_else(), only_one(engine, 0):
        with pytest.raises(AnotherRunIsActiveError) as by_reading, only_one(engine, 0):
            pass
        as_before = lock.read_text()
    with only_one(engine, 0), somebody_else(), pytest.raises(AnotherRunIsActiveError), only_one(engine, 0):
        pass

    assert (by_reading.value.holder, as_before) == ("process 7 on elsewhere", "process 7 on elsewhere")


def test_a_lock_file_that_cannot_even_be_read_is_one_line(folder: Path) -> None:
    """It says what to do."""
    lock = lock_of(folder / "videos.db")
    lock.touch()
    lock.chmod(0o000)
    engine = make_engine(f"sqlite:///{folder}/videos.db")

    with somebody_else(), pytest.raises(LockFileError) as caught, only_one(engine, 0):
        pass

    assert (caught.value.file, caught.value.problem) == (str(lock), "Permission denied")
    assert "\n" not in str(caught.value)


def test_a_folder_in_which_no_lock_file_can_be_made_is_one_line(folder: Path) -> None:
    """SQLite could not write there either."""
    folder.chmod(0o555)
    engine = make_engine(f"sqlite:///{folder}/videos.db")

    with somebody_else(), pytest.raises(LockFileError) as caught, only_one(engine, 0):
        pass

    assert (caught.value.problem, list(folder.iterdir())) == ("Permission denied", [])


def test_both_commands_say_it_in_one_line_and_change_nothing(sqlite_database: str) -> None:
    """Whatever else stands in the lock file's place: a folder, a link to somewhere."""
    downgrade(sqlite_database, "media_ids_0002")
    file = sqlite_path(sqlite_database)
    lock_of(file).unlink(missing_ok=True)
    lock_of(file).mkdir()
    before = file.read_bytes()

    upgraded, synced = alembic("upgrade", "head", url=sqlite_database), media_gen_ids("sync", url=sqlite_database)

    line = f"{lock_of(file)}: the lock file cannot be used: Is a directory. Let this user write in that folder; "
    assert (upgraded.returncode, upgraded.stdout.startswith(f"FAILED: {line}")) == (255, True), upgraded
    assert (synced.returncode, synced.stderr.startswith(f"media-gen-ids: {line}")) == (2, True), synced
    assert (synced.stderr.count("\n"), file.read_bytes() == before) == (1, True)
