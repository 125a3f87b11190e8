r"""The script of `--sql` reads a body as extract() does, however it is written: escapes `\u` above all."""

import json
from functools import cache
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.database.engines import make_engine
from app.media_ids.extraction import Found, extract
from tests.live.test_offline import ids, run_script
from tests.support.bodies import OPERATION, bodies, operation
from tests.support.processes import run_upgrade
from tests.support.tables import TABLE, query

PIECES = (
    *("é", "😀", "a", '\\"', "\\n", "\\/", "\\\\", "\\\\u0041", "\\\\u0000", "\\\\ud800", "\\\\\\u0041"),
    *("\\u00e9", "\\u0041", "\\u005c", "\\u005cu0000", "\\ud83d\\ude00", "\\uDBFF\\uDFFF", "\\uD7FF", "\\ue000"),
    *("\\u0000", "\\\\\\u0000", "\\ud800", "\\uDFFF", "\\ud800\\u0041", "\\ude00\\ud83d", "\\ud83d\\\\\\ude00"),
)
"""Pieces of a JSON string: characters, other escapes, escaped backslashes before a u, and halves of pairs."""
ID = "CAUSaaaa"
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(value: Any, random: Random) -> str:  # noqa: ANN401  # a JSON value
    """Return a JSON value as text in which each character of a string may be an escape, and an odd piece may follow."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_string(key, random)}:{written(entry, random)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(entry, random) for entry in value) + "]"
    return _string(value, random) if isinstance(value, str) else json.dumps(value)


def _string(text: str, random: Random) -> str:
    share = random.choice((0.0, 0.0, 0.0, 0.2))
    characters = [f"\\u{ord(one):04x}" if random.random() < share else json.dumps(one)[1:-1] for one in text]
    odd = random.choice(PIECES) if random.random() < share / 2 else ""
    return '"' + "".join(characters) + odd + '"'


@cache
def script_of(dialect: str) -> str:
    """Return the script for a kind of database, from the ledger on."""
    return run_upgrade(
        {"sqlite": "sqlite://", "postgresql": "postgresql://host/name"}[dialect], "media_ids_0002:head", "--sql"
    ).out


def filled_by_script(url: str, stored: list[str]) -> dict[str, str]:
    """Store bodies for one operation, run the script, and return the ids that it wrote."""
    columns = "id, profile_id, project_id, status, created_at, updated_at, operation_name, raw_response"
    values = f":id, '', '', 'completed', '', '', '{OPERATION}', :body"
    rows = [{"id": f"{number:04}", "body": body} for number, body in enumerate(stored)]
    with make_engine(url).begin() as connection:
        connection.execute(sa.text(f"DELETE FROM {TABLE}"))
        connection.execute(sa.text(f"INSERT INTO {TABLE} ({columns}) VALUES ({values})"), rows)
    run_script(url, script_of(url.partition(":")[0]))
    return {key: value for key, value in ids(url).items() if value is not None}


def found_in_python(stored: list[str]) -> dict[str, str]:
    """Return the ids that extract() finds, by row."""
    outcomes = {f"{number:04}": extract(body, OPERATION, None) for number, body in enumerate(stored)}
    return {key: outcome.media_generation_id for key, outcome in outcomes.items() if isinstance(outcome, Found)}


def plain_body(prompt: str, *, as_escape: int | None) -> str:
    """Return a plain body with a prompt written so; its name and id may have one character as an escape, no key has."""
    name, found = (
        text if as_escape is None else text[:as_escape] + f"\\u{ord(text[as_escape]):04X}" + text[as_escape + 1 :]
        for text in (OPERATION, ID)
    )
    video = f'{{"mediaGenerationId":"{found}","prompt":"{prompt}"}}'
    return f'{{"\\\\u0061":1,"operations":[{{"operation":{{"name":"{name}","metadata":{{"video":{video}}}}}}}]}}'


@many
@given(values=st.lists(bodies(), min_size=1, max_size=12), seed=st.integers(0, 2**32))
def test_what_the_script_writes_is_what_extract_finds(database: str, values: list[Any], seed: int) -> None:
    """Odd bodies of every shape, their keys, names and ids with escapes: each is read alike, or left alone."""
    random = Random(seed)
    known = [{"operations": [operation(top=ID, nested=ID)]}, {"raw": {"operations": [operation(nested=ID)]}}]
    stored = [written(value, random).replace("\x00", "") for value in [*values, *known * 4]]

    filled = filled_by_script(database, stored)

    assert filled == {key: value for key, value in found_in_python(stored).items() if key in filled}


@many
@example(prompts=["\\\\u0000", "\\u005cu0000", "\\\\\\u0000", "\\ud83d\\\\\\ude00"], as_escape=None)
@given(
    prompts=st.lists(st.lists(st.sampled_from(PIECES)).map("".join), min_size=1),
    as_escape=st.none() | st.integers(0, 7),
)
def test_only_what_a_database_cannot_read_is_left_to_sync(
    database: str, prompts: list[str], as_escape: int | None
) -> None:
    """NUL and halves of pairs on PostgreSQL, nothing on SQLite; names and ids with an escape are filled too."""
    stored = [plain_body(prompt, as_escape=as_escape) for prompt in prompts]

    filled = filled_by_script(database, stored)

    left = [number for number, prompt in enumerate(prompts) if has_unstorable(prompt) and database.startswith("post")]
    assert filled == {f"{number:04}": ID for number in range(len(prompts)) if number not in left}


def has_unstorable(prompt: str) -> bool:
    """Tell whether a piece of JSON text means a NUL or a lone surrogate, as Python reads it."""
    text = json.loads(f'"{prompt}"')
    return any(one == "\x00" or "\ud800" <= one <= "\udfff" for one in text)


def test_bodies_that_postgresql_cannot_read_cost_their_batch_no_detour(postgresql_database: str) -> None:
    """They are told before the cast: 800 rows are eight batches, one for each eighth of each page, and not one more."""
    stored = [plain_body(PIECES[number % len(PIECES)], as_escape=None) for number in range(800)]

    filled = filled_by_script(postgresql_database, stored)

    batches = query(postgresql_database, f"SELECT count(DISTINCT xmin::text) FROM {TABLE} WHERE updated_at <> ''")
    assert (batches, len(filled) > 500) == ([(8,)], True)


@pytest.mark.parametrize("piece", ["\\u0000", "\\ud800", "\\u0000zz"])
@pytest.mark.parametrize("place", ["mediaGenerationId", "name"])
def test_no_id_or_name_ends_at_an_escaped_nul(database: str, place: str, piece: str) -> None:
    """Before 3.45 SQLite ends a value there: an id would be cut, and another operation's name would be the row's."""
    body = plain_body("a prompt", as_escape=None)
    text = {"name": OPERATION, "mediaGenerationId": ID}[place]

    filled = filled_by_script(database, [body.replace(f'"{place}":"{text}"', f'"{place}":"{text}{piece}"'), body])

    assert filled == {"0001": ID}
