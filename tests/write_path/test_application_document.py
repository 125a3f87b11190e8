"""README.md and docs/application.md: their code runs as it stands there, and prints what they say."""

import re
import subprocess
import sys

import pytest

from support.commands import ROOT, SECONDS, environment
from tests.support.answers import answer, operation
from tests.support.http_api import Reply, http_api

BLOCKS = {"README.md": 1, "docs/application.md": 6}


def blocks(document: str, language: str) -> list[str]:
    """Return a document's code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", BLOCKS)
def test_the_code_of_a_document_prints_what_the_document_shows(database: str, document: str) -> None:
    """All its blocks one after the other, as one program, against a real server and a real database."""
    names = {"op-1": "CAUSexample", "op-2": "CAUSsecond"}
    finished = answer(*(operation(name, media_id=one, fife_url="https://fife") for name, one in names.items()))
    with http_api(Reply(body=finished.encode())) as api:
        settings = {"MEDIA_IDS_API_URL": api.url, "MEDIA_IDS_API_TOKEN": "token"}

        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", "".join(blocks(document, "python"))],
            env=environment(database, settings),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    assert (result.stderr, result.stdout) == ("", "".join(blocks(document, "text")))
    assert (len(blocks(document, "python")), len(blocks(document, "text"))) == (BLOCKS[document], BLOCKS[document])
