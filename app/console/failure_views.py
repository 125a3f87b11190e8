"""Views of failures: the list, and one of them with its body. Data is shown, never sent to a terminal as it is."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.console.durations import moment_text
from app.console.fitting import Facts
from app.console.visible import visible
from app.reports.failure_details import Details, Place
from app.reports.failures import MEANINGS, Acceptance, Failure

LONGEST_BODY_LINES: Final = 60
LONGEST_BODY_CHARACTERS: Final = 6_000


def failures_view(failures: Sequence[Failure], limit: int | None = None) -> RenderableType:
    """Return rows by reason, then each failure in a few lines, those that are accepted last; `limit`: no more."""
    if not failures:
        return Text("No failures: no row needs a person.")
    parts: list[RenderableType] = [_summary(failures)]
    listed = failures[:limit]
    parts += (_entry(failure) for failure in listed if failure.acceptance is None)
    accepted = [failure for failure in listed if failure.acceptance is not None]
    if accepted:
        parts += [Text("\nAccepted: these count for no exit code until their answer or reason changes\n", "bold")]
        parts += map(_entry, accepted)
    if len(listed) < len(failures):
        parts.append(Text(f"\n{len(failures) - len(listed):,} more are not shown: raise --limit"))
    return Group(*parts)


def _summary(failures: Iterable[Failure]) -> Facts:
    rows: dict[str, list[int]] = {}
    for failure in failures:
        rows.setdefault(failure.reason, [0, 0])[failure.acceptance is not None] += 1
    table = Facts("reason", "rows", "accepted", "meaning", words={"reason", "meaning"}, prose="meaning")
    for reason, (open_rows, accepted) in sorted(rows.items()):
        table.add_row(reason, f"{open_rows:,}", f"{accepted:,}", MEANINGS.get(reason, ""))
    return table


def _entry(failure: Failure) -> RenderableType:
    lines = [f"{visible(failure.id)}  {failure.reason}", f"  seen {_since(failure)}"]
    if failure.acceptance is not None:
        lines.append(f"  accepted {_accepted(failure.acceptance)}")
    head = Text("\n".join(lines))
    return Group(head, Padding(Text(visible(failure.detail)), (0, 0, 0, 2))) if failure.detail else head


def _since(failure: Failure) -> str:
    first, last = moment_text(failure.first_seen), moment_text(failure.last_seen)
    return first if first == last else f"{first} to {last}"


def _accepted(accepted: Acceptance) -> str:
    note = f": {visible(accepted.note)}" if accepted.note else ""
    return f"{moment_text(accepted.at)} by {visible(accepted.by)}{note}"


def details_view(details: Details) -> RenderableType:
    """Return all that is known of a failure, where the reader stands in the body, and the body."""
    facts = Table.grid(padding=(0, 2, 0, 0))
    for name, value in _facts(details):
        facts.add_row(f"  {name}", Text(visible(value), overflow="fold"))
    parts: list[RenderableType] = [Text(f"{visible(details.failure.id)}  {details.failure.reason}", "bold"), facts]
    stand = list(_stand(details))
    if stand:
        parts += [Text("\nWhere the reader stands", "bold"), *stand]
    return Group(*parts, Text("\nThe body", "bold"), *_body(details.body), Text())


def _facts(details: Details) -> Iterator[tuple[str, str]]:
    failure, record = details.failure, details.failure.record
    yield "meaning", MEANINGS.get(failure.reason, "")
    if failure.detail:
        yield "detail", failure.detail
    yield "seen", f"{_since(failure)}, last by run {record.run_id}, as it is since run {record.known_since_run}"
    yield "row", f"{record.row_name}, status {failure.status}, profile {failure.profile_id}"
    for name, value in details.asked.items():
        yield name.replace("_", " ").removesuffix(" id").removesuffix(" name"), value or "(none)"
    if failure.acceptance is not None:
        yield "accepted", _accepted(failure.acceptance)
    if details.body_has_changed:
        yield "changed", "the body is another one than the one that failed: `sync --retry-failed` tries it again"
    if details.now != failure.reason:
        yield "now", f"read as it is: {details.now}"


def _stand(details: Details) -> Iterator[RenderableType]:
    if details.place is not None:
        yield from _marked(details.place)
    elif details.now == "operation_mismatch":
        yield Text(f"  the row is {_named(details.asked)}")
        yield Text(f"  the body answers for {', '.join(map(visible, details.operations)) or '(no name)'}")
    else:
        for path, value in details.ids:
            yield Text(f"  {path}\n    {visible(value)}", overflow="fold")


def _named(asked: Mapping[str, str]) -> str:
    return (
        visible(asked["operation_name"]) or f"the scene {visible(asked['scene_id']) or '(none)'}, without an operation"
    )


def _marked(place: Place) -> Iterator[Text]:
    """Yield the text about a place, and a mark below it."""
    before = visible(place.before)
    yield Text(f"  line {place.line:,}, column {place.column:,}: {place.problem}")
    yield Text(f"    {before}{visible(place.after)}", overflow="crop", no_wrap=True)
    yield Text(f"    {' ' * cell_len(before)}^")


def _body(body: str) -> Iterator[Text]:
    """Yield the lines of a body, indented where it is JSON; of a long one the first, and a remark."""
    lines = _pretty(body).split("\n")
    left = LONGEST_BODY_CHARACTERS
    for number, line in enumerate(lines):
        if number >= LONGEST_BODY_LINES or left <= 0:
            yield Text(f"  ... {len(lines) - number:,} more lines: --json has the whole body")
            return
        yield Text(f"  {visible(line[:left])}", overflow="fold")
        if len(line) > left:
            yield Text(f"  ... {len(line) - left:,} more characters: --json has the whole body")
            return
        left -= len(line)


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body
