"""Page: everything about the backfill in one file of HTML, which needs no network and no script. Pure."""

import base64
import hashlib
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

from app.console.markup import Markup, element, joined
from app.console.page.drawings import patterns, percent
from app.console.page.now import badge, now_section, rows_section, state_of
from app.console.page.tables import (
    coverage_section,
    failures_section,
    rate_section,
    reasons_section,
    runs_section,
)
from app.database.timestamps import format_timestamp
from app.reports.overview import Overview

RELOAD_SECONDS: Final = 5
TITLE: Final = "Backfill of media_generation_id"


def page(overview: Overview, *, is_watched: bool = False) -> str:
    """Return the page; one that `is_watched` is made again, and so reloads itself."""
    body = element("body", patterns(), _header(overview, is_watched=is_watched), _main(overview))
    return "<!DOCTYPE html>\n" + element("html", _head(overview, is_watched=is_watched), body, lang="en") + "\n"


def _head(overview: Overview, *, is_watched: bool) -> Markup:
    """Return the head, with a policy by which a browser loads nothing whatsoever, and obeys this style alone."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", http_equiv="refresh", content=RELOAD_SECONDS) if is_watched else "",
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", _title(overview)),
        element("style", style),
    )


@cache
def _style() -> Markup:
    return Markup(files("app.console.page").joinpath("page.css").read_text(encoding="utf-8"))


def _title(overview: Overview) -> str:
    """Return what a tab shows of it: how far it is, first."""
    how_far = "" if overview.fraction is None else f"{percent(overview.fraction)} "
    return f"{how_far}{state_of(overview.status)} · {TITLE}".strip(" ·")


def _header(overview: Overview, *, is_watched: bool) -> Markup:
    made = [element("span", "Made ", _time(overview.moment))]
    if is_watched:
        made.append(element("span", f"Reloads every {RELOAD_SECONDS} s while it is being watched"))
    return element(
        "header",
        element("div", element("h1", TITLE), badge(state_of(overview.status)), class_="title"),
        element("p", element("code", overview.database), *made, class_="about"),
    )


def _main(overview: Overview) -> Markup:
    status = overview.status
    sections = [now_section(overview), rows_section(status), rate_section(overview.rates)]
    if status.locked_by is None and status.by_status:
        sections += [
            coverage_section("By status", status.by_status),
            coverage_section("By month", status.by_month),
        ]
    sections += [reasons_section(status.reasons), runs_section(status.passes), failures_section(overview.failing)]
    return element("main", joined(*sections))


def _time(moment: datetime) -> Markup:
    return element("time", f"{moment:%Y-%m-%d %H:%M:%S} UTC", datetime=format_timestamp(moment))
