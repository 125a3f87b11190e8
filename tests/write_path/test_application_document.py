"""docs/application.md: its code runs as it stands there, and prints what it says."""

import re
import subprocess
import sys

from tests.support.answers import answer, operation
from tests.support.commands import ROOT, SECONDS, environment
from tests.support.http_api import Reply, http_api

DOCUMENT = ROOT / "docs" / "application.md"


def blocks(language: str) -> list[str]:
    """Return the document's code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)


def test_the_code_of_the_document_prints_what_the_document_shows(database: str) -> None:
    """All its blocks one after the other, as one program, against a real server and a real database."""
    finished = answer(operation("op-1", media_id="CAUSexample", fife_url="https://fife"))
    with http_api(Reply(body=finished.encode())) as api:
        settings = {"MEDIA_IDS_API_URL": api.url, "MEDIA_IDS_API_TOKEN": "token"}

        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", "".join(blocks("python"))],
            env=environment(database, settings),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    assert (result.stderr, result.stdout) == ("", "".join(blocks("text")))
    assert (len(blocks("python")), len(blocks("text"))) == (3, 3)
