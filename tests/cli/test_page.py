"""`status --html`: one file that says what `status` says, loads nothing, and lets no text from data be markup."""

import os
import re
import signal
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.backfill.ledger.failures import FAILURES
from app.backfill.ledger.runs import RUNS
from app.backfill.ledger.started_by import person
from app.console.files import try_to_replace
from app.console.page.drawings import KINDS
from app.console.watching import repeat
from tests.cli.conftest import Command
from tests.support.chromium import BROWSER, look_at
from tests.support.control import leave_dead_run
from tests.support.migrations import upgrade
from tests.support.processes import start, wait_until
from tests.support.responses import make_rows
from tests.support.tables import TABLE, create_variant, execute, insert

HOSTILE = "</code><script>alert(1)</script><img src=http://example.com/x onerror=alert(2)>\x1b[31m'\"&amp;"
ESCAPED = "</code><script>alert(1)</script><img src=http://example.com/x onerror=alert(2)>\\x1b[31m'\"&amp;"
LOADING = ("src", "href", "srcset", "data", "action", "poster", "background", "ping", "style")
KNOWN = {
    *("html", "head", "meta", "link", "title", "style", "body", "header", "main", "section", "div", "span", "p"),
    *("h1", "h2", "code", "strong", "small", "time", "dl", "dt", "dd", "ul", "li"),
    *("table", "thead", "tbody", "tr", "th", "td", "svg", "defs", "pattern", "rect", "circle", "path"),
}
"""Every element that a page may have: none of them runs anything."""


class Parsed(HTMLParser):
    """A page as a browser reads it: elements, their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.names: set[str] = set()
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.names.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text.append(data)

    def values(self, attribute: str) -> Iterator[str]:
        """Yield the values of an attribute."""
        return (value for _, name, value in self.attributes if name == attribute)


def drawn(command: Command, url: str, folder: Path) -> str:
    """Return the page of a database."""
    file = folder / "status.html"
    assert command("status", "--html", str(file), "--database", url).code == 0
    return file.read_text()


def test_the_page_says_what_status_says(filled_database: str, command: Command, tmp_path: Path) -> None:
    """How far it is, all rows by what is known of them, why, the runs, and whom the rows need; before a run as well."""
    insert(filled_database, make_rows(24, seed=2))
    execute(filled_database, f"UPDATE {TABLE} SET updated_at = '2999-01-01T00:00:00.000Z' WHERE updated_at < '2026'")

    command("failures", "--accept-reason", "invalid_id", "--note", "known", "--database", filled_database)

    page = Parsed(drawn(command, filled_database, tmp_path))

    words = " ".join(page.text)
    labels = list(page.values("aria-label"))
    assert labels[:2] == [
        "38.8 % done",
        "20 with their id, 8 for a person to look at, 0 with nothing to recover, 44 pending",
    ]
    assert all(said in words for said in ("38.8 % done · Backfill", "72 rows", "operation_mismatch", "upgrade"))
    assert all(said in words for said in ("8 rows, 2 of them accepted", f"accepted by {person()}: known"))
    assert len([name for name in page.values("data-name") if name == "detail"]) == 1 + 8


def test_nothing_is_loaded_and_nothing_runs(filled_file: str, command: Command, tmp_path: Path) -> None:
    """No element that could, no address, and a policy that forbids it to browsers, but for the page's own style."""
    html = drawn(command, filled_file, tmp_path)

    page = Parsed(html)
    policy = next(value for value in page.values("content") if "default-src" in value)
    assert page.names <= KNOWN
    assert [value for name in LOADING for value in page.values(name)] == ["data:,"]
    assert set(re.findall(r"url\([^)]*\)|@import|https?:", html)) <= {f"url(#fill-{kind})" for kind in KINDS}
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src data:; base-uri 'none'; form-action 'none'",
        policy,
    )


def test_text_from_data_is_text(sqlite_empty: str, command: Command, tmp_path: Path) -> None:
    """Whatever an application, an answer or an error says: it is shown letter by letter."""
    create_variant(sqlite_empty, "C")
    insert(sqlite_empty, make_rows(48))
    upgrade(sqlite_empty)
    text = HOSTILE.replace("'", "''")
    execute(
        sqlite_empty,
        f"UPDATE {FAILURES.name} SET detail = '{text}', generation_id = '{text}', reason = '{text}'",
        f"UPDATE {RUNS.name} SET error = '{text}', state = '{text}', origin = '{text}', reasons = '{{\"<i>\": 1}}'",
        f"UPDATE {TABLE} SET status = '{text}', created_at = '<b>2025-'",
    )

    page = Parsed(drawn(command, sqlite_empty, tmp_path))

    assert page.names <= KNOWN
    assert (page.text.count(ESCAPED), "<i>" in page.text, "<b>2025" in page.text) == (3 * 8 + 5, True, True)


def test_a_page_before_the_first_upgrade(sqlite_empty: str, command: Command, tmp_path: Path) -> None:
    """Nothing was made and nothing is known; the page says what to do."""
    page = Parsed(drawn(command, sqlite_empty, tmp_path))

    assert "There is no such file yet: `media-gen-ids upgrade` makes it." in page.text
    assert "no run yet" in page.text


def text_of(file: Path) -> str:
    """Return what stands in a file; nothing where there is none."""
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


def test_a_watched_page_reloads_itself_until_nobody_writes_it(filled_file: str, tmp_path: Path) -> None:
    """Without a terminal, as a service; SIGTERM leaves one that stays as it is."""
    leave_dead_run(filled_file)
    file = tmp_path / "status.html"
    refresh = '<meta http-equiv="refresh" content="5">'

    watching = start("media-gen-ids", "status", "--watch", "--html", str(file), "--database", filled_file)
    try:
        wait_until(
            lambda: refresh in text_of(file)
        )  # before it is written, it is made for a moment to see if it can be
        first = text_of(file)
    finally:
        watching.send(signal.SIGTERM)  # also where there is no page: nothing goes on after the test
    ended = watching.finish()

    assert (ended.code, ended.out, ended.err) == (143, "", "")
    assert (refresh in first, refresh in file.read_text(), "gone" in first) == (True, False, True)
    assert list(tmp_path.iterdir()) == [file]


def test_without_a_terminal_it_goes_on_until_somebody_ends_it() -> None:
    """Again and again; an end by Ctrl-C is no error."""
    done = []

    def work() -> None:
        done.append("a page")
        if len(done) == 3:
            raise KeyboardInterrupt

    repeat(work, seconds=0)

    assert len(done) == 3


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """With its permissions, behind a link, and not at all where that fails; a device is written to."""
    file, link = tmp_path / "page.html", tmp_path / "link.html"
    file.write_text("old")
    file.chmod(0o604)
    link.symlink_to(file)
    with file.open() as reader:
        problems = [try_to_replace(link, "new"), try_to_replace(Path("/dev/full"), "x"), try_to_replace(tmp_path, "x")]

        assert (reader.read(), file.read_text(), link.is_symlink()) == ("old", "new", True)
    assert (oct(file.stat().st_mode)[-3:], problems) == ("604", ["", "No space left on device", "Is a directory"])
    assert sorted(os.listdir(tmp_path)) == ["link.html", "page.html"]  # noqa: PTH208  # names


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt-get install chromium-headless-shell")
def test_a_browser_shows_all_of_it_and_asks_for_nothing(filled_file: str, command: Command, tmp_path: Path) -> None:
    """On the narrowest of screens nothing is cut off; its own style is obeyed, in the dark; no request leaves it."""
    points = ",".join(f"[{second},{second * second}]" for second in range(100))
    execute(filled_file, f"UPDATE {RUNS.name} SET points = '[{points}]', error = '{'x' * 200}'")
    drawn(command, filled_file, tmp_path)

    seen = look_at(
        tmp_path / "status.html",
        320,
        {
            "too wide": "page.documentElement.scrollWidth - page.documentElement.clientWidth",
            "paper": "getComputedStyle(page.body).backgroundColor",
            "course": 'page.querySelector(".course").getBoundingClientRect().width > 150',
        },
    )

    assert seen.facts == {"too wide": 0, "paper": "rgb(13, 17, 23)", "course": True}
    assert seen.asked_for == {"http://127.0.0.1:9/probe"}
