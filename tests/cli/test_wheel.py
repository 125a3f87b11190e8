"""The wheel alone: built and installed as the image does it, then used in an empty folder, far from the source tree."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from support.commands import ROOT, environment, without_times
from tests.conftest import Databases
from tests.support.deploy_examples import image_steps
from tests.support.migrations import recorded_version

MINIMAL_INI = "[alembic]\nscript_location = app:revisions\n"
SEVERAL = """
import json, sys
import app.cli.main
codes = [app.cli.main.run(arguments) for arguments in json.loads(sys.argv[1])]
print(json.dumps([app.cli.main.__file__, codes]))
"""
"""Runs several commands in one process, since each takes a second to start."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that holds the wheel and what it needs: the steps of deploy/Dockerfile."""
    folder = tmp_path_factory.mktemp("wheel")
    places = {"/wheels": str(folder / "wheels"), "/opt/media-gen-ids": str(folder / "installed")}
    for step in image_steps():
        line = " ".join(step)
        for place, here in places.items():
            line = line.replace(place, here)
        subprocess.run(["sh", "-c", line], cwd=ROOT, env=environment(None, {"UV_PYTHON": sys.executable}), check=True)  # noqa: S607
    return folder / "installed"


def run(installed: Path, folder: Path, program: str, *arguments: str, url: str | None = None) -> tuple[int, str, str]:
    """Run a program of the environment in a folder; return its exit code and what it printed."""
    command = [str(installed / "bin" / program), *arguments]
    ended = subprocess.run(command, cwd=folder, env=environment(url), capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, without_times(ended.stderr)


def run_several(installed: Path, folder: Path, *commands: Sequence[str]) -> tuple[Path, list[int]]:
    """Run commands of `media-gen-ids` one after another; return where the program is, and their exit codes."""
    _, out, _ = run(installed, folder, "python", "-I", "-c", SEVERAL, json.dumps(commands))
    place, codes = json.loads(out.splitlines()[-1])
    return Path(place), codes


def test_the_wheel_does_all_in_an_empty_folder(
    installed: Path, tmp_path: Path, databases_of_kind: dict[str, Databases]
) -> None:
    """On SQLite and PostgreSQL: `demo`, `upgrade`, `status`, `check`; in the folder are only the databases then."""
    server = databases_of_kind["postgresql-16"].empty()
    demo = "sqlite:///media-gen-ids-demo.db"
    looks = [(name, "--database", url) for url in ("veo3.db", server, demo) for name in ("status", "check")]

    first = run(installed, tmp_path, "media-gen-ids", "upgrade")
    place, codes = run_several(installed, tmp_path, ("upgrade", "--database", server), ("demo",), *looks)

    assert (first[0], first[2].splitlines()[1]) == (0, "sqlite:///veo3.db: a new table veo3_video_generations")
    assert (codes, recorded_version(server)) == ([0] * 8, "media_ids_0003")
    assert place.is_relative_to(installed)
    databases = {file.name for file in tmp_path.iterdir()} - {f"{name}.media-gen-ids.lock" for name in DATABASES}
    assert databases == DATABASES


DATABASES = {"veo3.db", "media-gen-ids-demo.db"}


def test_alembics_own_command_runs_with_a_minimal_ini(installed: Path, tmp_path: Path) -> None:
    """Two lines that name the package: its revisions are in it."""
    (tmp_path / "alembic.ini").write_text(MINIMAL_INI)

    code, out, err = run(installed, tmp_path, "alembic", "upgrade", "head", url="some.db")

    assert (code, out, err) == (0, "", "")
    assert recorded_version(f"sqlite:///{tmp_path}/some.db") == "media_ids_0003"


def test_in_a_source_tree_the_ini_names_the_folder_beside_the_package() -> None:
    """There the revisions are not in it, but in the same place for everybody who has the tree."""
    config = Config()
    config.set_main_option("script_location", "app:../alembic")

    assert ScriptDirectory.from_config(config).get_heads() == ["media_ids_0003"]
