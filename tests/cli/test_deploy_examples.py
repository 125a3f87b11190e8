"""The examples of deploy/: their commands run here; their forms are checked as far as that goes without a cluster."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.settings import ENVIRONMENT_PREFIX, SETTINGS
from support.commands import ROOT, SCRIPTS
from tests.cli.conftest import Command
from tests.support.deploy_examples import (
    FOLDER,
    PROGRAM,
    SETTING,
    arguments,
    image_command,
    parsed,
    pod,
    read,
    unit_command,
)
from tests.support.migrations import recorded_version
from tests.support.responses import make_rows
from tests.support.tables import create_variant, insert

EXAMPLES = sorted(file.name for file in FOLDER.iterdir())
CODES = {0, 1, 2, 3, 4, 70, 130, 143}
"""What `upgrade` and `sync` end with."""


@pytest.mark.parametrize("example", arguments())
def test_the_command_of_an_example_runs(
    example: str, sqlite_empty: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the application's database, named as the example does; what `sync` needs is upgraded before."""
    create_variant(sqlite_empty, "A")
    insert(sqlite_empty, make_rows(24))
    given = arguments()[example]
    if given[0] == "sync":
        command("upgrade", "--backfill", "defer", "--database", sqlite_empty)
    monkeypatch.setenv("DATABASE_URL", sqlite_empty)
    monkeypatch.setenv("MEDIA_IDS_REQUIRE_URL", "1")

    first = command(*given)
    again = command("upgrade")

    assert (first.code, first.out.splitlines()[0]) == (1, "Found 24 records to sync")
    assert (again.code, recorded_version(sqlite_empty)) == (0, "media_ids_0003")


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_settings_of_an_example_are_there(example: str) -> None:
    """An unknown one would be refused when it is too late."""
    known = {ENVIRONMENT_PREFIX + name.upper() for name in SETTINGS} | {"DATABASE_URL"}

    assert set(SETTING.findall(read(example))) <= known


def test_the_application_waits_for_the_upgrade_and_that_for_the_database() -> None:
    """One shot, which is started again only if it has failed; the image is the one beside it."""
    services = parsed("compose.yaml")["services"]

    upgrade = services["upgrade"]
    assert services["application"]["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}
    assert upgrade["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert upgrade["restart"] == "on-failure:5"
    assert (FOLDER / upgrade["build"]["context"]).resolve() == ROOT
    assert (ROOT / upgrade["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize(("name", "kind"), [("job.yaml", "Job"), ("cronjob.yaml", "CronJob")])
def test_a_job_is_one_that_kubernetes_takes(name: str, kind: str) -> None:
    """A policy for failed pods wants pods that are never restarted; the secret is the one that the page makes."""
    found = parsed(name)

    (container,) = pod(name)["containers"]
    url = {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "media-gen-ids", "key": "database-url"}}}
    assert (found["apiVersion"], found["kind"], pod(name)["restartPolicy"]) == ("batch/v1", kind, "Never")
    assert (container["env"][0], container.get("command")) == (url, None)
    assert pod(name)["securityContext"] == {"runAsNonRoot": True, "runAsUser": 65534}


def test_exit_codes_that_examples_name_are_those_of_the_commands() -> None:
    """Of the Job's policy and of the service."""
    rules = parsed("job.yaml")["spec"]["podFailurePolicy"]["rules"]
    (line,) = re.findall(r"^SuccessExitStatus=(.*)$", read("media-gen-ids.service"), re.MULTILINE)

    named = {code for rule in rules for code in rule.get("onExitCodes", {"values": []})["values"]}
    assert (named, {int(code) for code in line.split()}) == ({70}, {3, 4, 143})
    assert named | {3, 4, 143} <= CODES


def test_image_and_service_have_the_program_in_one_place() -> None:
    """It is on the image's path, which runs it by its name."""
    image = read("Dockerfile")

    assert (image_command()[0], unit_command()[0]) == ("media-gen-ids", PROGRAM)
    assert f"PATH={Path(PROGRAM).parent}:$PATH" in image
    assert "COPY --from=build /opt/media-gen-ids /opt/media-gen-ids\n" in image


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_knows_every_line_of_its_units(tmp_path: Path) -> None:
    """With the program where it is here."""
    units = [tmp_path / name for name in ("media-gen-ids.service", "media-gen-ids.timer")]
    for unit in units:
        unit.write_text(read(unit.name).replace(PROGRAM, str(SCRIPTS / "media-gen-ids")))

    verify = [shutil.which("systemd-analyze") or "", "verify", "--man=no", *map(str, units)]
    found = subprocess.run(verify, capture_output=True, text=True, check=False)

    assert (found.returncode, found.stderr) == (0, "")
