"""The examples of deploy/: the commands that they run, and the settings that they give them."""

import json
import re
import shlex
from typing import Any

import yaml

from support.commands import ROOT

FOLDER = ROOT / "deploy"
PROGRAM = "/opt/media-gen-ids/bin/media-gen-ids"
"""Where the image and the service have it."""
IMAGE_COMMAND = re.compile(r"^(ENTRYPOINT|CMD) (\[.*\])$", re.MULTILINE)
IMAGE_STEP = re.compile(r"^RUN (.*)$", re.MULTILINE)
SETTING = re.compile(r"\b(?:MEDIA_IDS_[A-Z_]+|DATABASE_URL)\b")


def read(name: str) -> str:
    """Return the text of an example."""
    return (FOLDER / name).read_text()


def parsed(name: str) -> Any:  # noqa: ANN401  # whatever the file holds
    """Return what a YAML file holds."""
    return yaml.safe_load(read(name))


def image_command() -> list[str]:
    """Return what the image runs, program and arguments."""
    parts = dict(IMAGE_COMMAND.findall(read("Dockerfile")))
    return [*json.loads(parts["ENTRYPOINT"]), *json.loads(parts["CMD"])]


def image_steps() -> list[list[str]]:
    """Return the commands that build the image."""
    return [shlex.split(step) for step in IMAGE_STEP.findall(read("Dockerfile"))]


def pod(name: str) -> Any:  # noqa: ANN401  # the same
    """Return the description of the pods of a Job or a CronJob."""
    spec = parsed(name)["spec"]
    return spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]


def unit_command() -> list[str]:
    """Return what the service runs, program and arguments."""
    (line,) = re.findall(r"^ExecStart=(.*)$", read("media-gen-ids.service"), re.MULTILINE)
    return shlex.split(line)


def arguments() -> dict[str, list[str]]:
    """Return the arguments that each example gives to `media-gen-ids`."""
    return {
        "Dockerfile": image_command()[1:],
        "compose.yaml": parsed("compose.yaml")["services"]["upgrade"]["command"],
        "job.yaml": pod("job.yaml")["containers"][0]["args"],
        "cronjob.yaml": pod("cronjob.yaml")["containers"][0]["args"],
        "media-gen-ids.service": unit_command()[1:],
    }
