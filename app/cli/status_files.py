"""Files that `status` draws: a picture, and a page."""

from dataclasses import dataclass, field
from pathlib import Path

from app.cli.common_options import require_writable
from app.cli.look import Look
from app.console.errors import print_error
from app.console.files import try_to_replace
from app.console.page.page import page
from app.console.picture import drawn
from app.console.tables import status_view
from app.reports.overview import Overview
from app.reports.status import Status


@dataclass
class StatusFiles:
    """Where to draw; None for what is not wanted."""

    svg: Path | None
    html: Path | None
    _problem: str = field(default="", init=False)
    _shown: Overview | None = field(default=None, init=False)

    def require_writable(self, database: str) -> None:
        """Raise ConfigurationError unless they can be written."""
        for option, file in (("--svg", self.svg), ("--html", self.html)):
            if file is not None:
                require_writable(option, file, database)

    def write(self, look: Look, found: Status, *, is_watched: bool = False) -> None:
        """Draw what was found. Where a file cannot be written a line says so, once while that is so."""
        problems = []
        if self.svg is not None:
            problems.append(_write("--svg", self.svg, drawn(status_view(found), title="media-gen-ids status")))
        if self.html is not None:
            self._shown = look.overview(found)
            problems.append(_write("--html", self.html, page(self._shown, is_watched=is_watched)))
        before, self._problem = self._problem, "; ".join(filter(None, problems))
        if self._problem and self._problem != before:
            print_error(self._problem)

    def end_watch(self) -> None:
        """Write the page for the last time, as it is: nobody will write it again, so it is not to reload itself."""
        if self.html is not None and self._shown is not None:
            _write("--html", self.html, page(self._shown))


def _write(option: str, file: Path, text: str) -> str:
    problem = try_to_replace(file, text)
    return f"{option}: {file} could not be written: {problem}" if problem else ""
