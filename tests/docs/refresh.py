"""Run the commands of all documents and write what they print into them: `uv run python -m tests.docs.refresh`."""

import shutil
import tempfile
from pathlib import Path

from support.commands import ROOT
from support.postgres import PostgresServer
from tests.docs.blocks import BLOCK, DOCUMENTS, prepare, run, steps
from tests.docs.test_documents import NOT_RUN


def refresh(document: str, server: str) -> None:
    """Write the output of each command below it."""
    file = ROOT / document
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), document)
        text = file.read_text()
        for language, block in BLOCK.findall(text):
            if language == "console":
                text = text.replace(f"```console\n{block}```", f"```console\n{_rerun(block, Path(folder), server)}```")
        if document == "README.md":
            draw_status(Path(folder), server)
    file.write_text(text)


def draw_status(folder: Path, server: str) -> None:
    """Draw the picture of the README from the demo that its commands made."""
    run("media-gen-ids status --database sqlite:///media-gen-ids-demo.db --svg status.svg", folder, server)
    shutil.copy(folder / "status.svg", ROOT / "docs" / "status.svg")


def _rerun(block: str, folder: Path, server: str) -> str:
    lines: list[str] = []
    for step in steps(block):
        printed = step.output if step.bare in NOT_RUN else run(step.command, folder, server)
        lines += [f"$ {step.command}", *printed]
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    with PostgresServer(16) as postgresql:
        for number, name in enumerate(DOCUMENTS):
            refresh(name, postgresql.create_database(f"docs_{number}"))
