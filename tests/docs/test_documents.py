"""The documents tell the truth: every command that they show is run, and prints what they say."""

import re
from pathlib import Path

import pytest

from support.commands import ROOT
from tests.conftest import Databases
from tests.docs.blocks import DOCUMENTS, SHOWN_SERVER, blocks, prepare, run, stable, steps_of

CLUSTER = (
    "kubectl create secret generic media-gen-ids --from-literal=database-url=postgresql://app@db.example.com/videos",
    "kubectl apply --filename deploy/job.yaml",
    "kubectl wait --for=condition=complete --timeout=1h job/media-gen-ids-upgrade",
)
SYSTEM = (
    "sudo uv venv /opt/media-gen-ids",
    "sudo uv pip install --python /opt/media-gen-ids .",
    "sudo cp deploy/media-gen-ids.service deploy/media-gen-ids.timer /etc/systemd/system/",
    "sudo systemctl enable --now media-gen-ids.timer",
)
NOT_RUN = {
    "pip install uv": "installs something",
    "uv sync": "installs something; whoever runs the tests has done it",
    "uv run pytest": "that is this run",
    "uv run pytest -m soak": "that is this run, for longer",
    "TEST_CITUS_URL=postgresql://localhost:9700/postgres uv run pytest -m citus": "needs a cluster",
    "uvx --from . media-gen-ids upgrade --desktop": "would change the database of whoever runs the tests",
    "docker build --file deploy/Dockerfile --tag media-gen-ids .": "needs Docker; test_wheel.py runs its steps",
    "POSTGRES_PASSWORD=secret docker compose --file deploy/compose.yaml up": "the same",
    **dict.fromkeys(CLUSTER, "needs a cluster"),
    **dict.fromkeys(SYSTEM, "changes the system; tests/cli/test_deploy_examples.py reads the units"),
    "uv run python -m tests.docs.refresh": "rewrites the documents",
    ".ci/run": "runs the tests",
    "uv run python -m benchmarks --rows 200000 --runs 3": "measures for long; tests/benchmarks runs it small",
    "uv run python -m benchmarks --rows 20000 --runs 1 --alone": "the same",
}


@pytest.fixture
def server(databases_of_kind: dict[str, Databases]) -> str:
    """The URL of an empty PostgreSQL database."""
    return databases_of_kind["postgresql-16"].empty()


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if steps_of(name)])
def test_every_command_of_a_document_prints_what_it_shows(document: str, server: str, tmp_path: Path) -> None:
    """In order, in one folder; moments, times and rates may differ."""
    prepare(tmp_path, document)
    shown = [step for step in steps_of(document) if step.bare not in NOT_RUN]

    printed = [(step.command, stable(run(step.command, tmp_path, server))) for step in shown]

    assert printed == [(step.command, stable(step.output)) for step in shown]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_stand_in_blocks_that_are_run(document: str) -> None:
    """No other kind of block looks like a shell."""
    languages = {language for language, _ in blocks(document)}

    assert languages <= {"console", "yaml", "sql", "python", "text", "mermaid"}


def test_the_pipelines_for_users_run(server: str, tmp_path: Path) -> None:
    """Every step of the workflow in docs/ci.md, in order, on an empty database; the job has no other steps."""
    prepare(tmp_path, "docs/ci.md")
    workflow, job = (re.findall(STEP, text) for language, text in blocks("docs/ci.md") if language == "yaml")

    printed = [_code(line, tmp_path, server) for line in workflow if line not in NOT_RUN]

    assert len(printed) == 7
    assert [code for code in printed if code[1] != ["exit code 0"]] == []
    assert set(job) - set(workflow) == {"pip install uv"}


STEP = re.compile(r"^\s+- (?:run: )?((?:uv|pip|test|media-gen-ids)\b.*)$", re.MULTILINE)


def _code(line: str, folder: Path, server: str) -> tuple[str, list[str]]:
    """Run a step with the database that the pipeline names; return its exit code as the last line."""
    return line, run(f"export DATABASE_URL={SHOWN_SERVER}; {line}; echo exit code $?", folder, server)[-1:]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    """Files that are named in links exist."""
    folder = (ROOT / document).parent
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / document).read_text())

    assert [link for link in links if not (folder / link).exists()] == []
