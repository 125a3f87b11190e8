"""The way through the house: imports point one way only."""

import ast
import re
from pathlib import Path

from tests.support.migrations import ROOT

MAY_IMPORT = {
    "errors": set(),
    "signals": set(),
    "database": {"errors"},
    "backfill": {"database", "errors", "signals"},
    "settings": {"backfill", "errors"},
    "media_ids": {"backfill", "database"},
    "videos": {"media_ids", "database", "errors", "settings"},
    "reports": {"media_ids", "videos", "backfill", "database", "errors", "settings"},
    "console": {"reports", "backfill", "database", "errors", "settings"},
    "migration": {"console", "reports", "videos", "backfill", "database", "settings", "errors", "signals"},
}
"""By folder or module of app/: what else of app/ it may import. `cli` may import all."""
INSIDE_BACKFILL = {"citus": {"postgresql"}, "postgresql": set(), "sqlite": set(), "by_key": set(), "": {"by_key"}}
"""By folder of app/backfill/ (empty: the core): which other folders it may import. Keys are every database's."""
BUSINESS = re.compile("video|veo|media|generation|response|operation|scene")
KNOW_EVERY_DATABASE = {"databases", "refusals", "script", "transactions", "throttle"}
"""Modules of the core that choose between the databases."""


def test_the_scripts_are_no_package() -> None:
    """An `alembic/__init__.py` would shadow the library."""
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_imports_point_one_way_only() -> None:
    """A folder of app/ imports what the table lets it."""
    imports = {(_room(file), name.split(".")[1]) for file in (ROOT / "app").rglob("*.py") for name in _imported(file)}

    assert [
        (room, other) for room, other in sorted(imports) if room not in (other, "cli") and other not in MAY_IMPORT[room]
    ] == []


def test_there_is_a_wall_between_the_databases() -> None:
    """Only the modules that choose know all of them."""
    folder = ROOT / "app" / "backfill"
    wrong = [
        (str(file.relative_to(folder)), name)
        for file in folder.rglob("*.py")
        if file.stem not in KNOW_EVERY_DATABASE
        for name in _imported(file)
        if (other := _folder_of_backfill(name))
        and other not in INSIDE_BACKFILL[_own_folder(file)] | {_own_folder(file)}
    ]

    assert wrong == []


def test_benchmarks_and_what_both_use_know_no_test() -> None:
    """Tests import them, and not the other way round."""
    files = [*(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "support").rglob("*.py")]

    assert [
        file.name for file in files if re.search(r"^\s*(from|import) tests\b", file.read_text(), re.MULTILINE)
    ] == []


def test_the_engine_does_not_know_what_it_fills() -> None:
    """No name in it is a word of the business that it is used for."""
    files = (ROOT / "app" / "backfill").rglob("*.py")
    known = {name for file in files for name in _identifiers(file) if BUSINESS.search(name.lower())}

    assert known == {"MediaIdsError", "OperationalError"}  # the root of all our errors, and one of SQLAlchemy's


def test_only_the_console_prints() -> None:
    """Whatever else has something to say logs it, or hands it to the console."""
    printing = {
        _room(file)
        for file in (ROOT / "app").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }

    assert printing == {"console"}


def test_extraction_needs_the_standard_library_and_one_parser_alone() -> None:
    """The one truth about answers depends on nothing that could change its mind."""
    files = [ROOT / "app" / "media_ids" / name for name in ("extraction.py", "operations.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    imported = {node.names[0].name for node in nodes if isinstance(node, ast.Import)}
    imported_from = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}

    own = {"app.media_ids.operations"}
    assert (imported | imported_from) - own == {"json", "re", "orjson", "dataclasses", "typing"}


def _identifiers(file: Path) -> set[str]:
    """Return every name that a file defines, uses or imports."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        for field in ("id", "attr", "arg", "name", "module"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                names.add(value)
    return names


def _room(file: Path) -> str:
    parts = file.relative_to(ROOT / "app").with_suffix("").parts
    return parts[0] if parts[0] != "__init__" else "errors"


def _own_folder(file: Path) -> str:
    parent = file.parent.name
    return parent if parent in INSIDE_BACKFILL else ""


def _folder_of_backfill(name: str) -> str:
    parts = name.split(".")
    return parts[2] if parts[1] == "backfill" and parts[2] in INSIDE_BACKFILL else ""


def _imported(file: Path) -> set[str]:
    """Return the modules of app/ that a file imports, in whatever form."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    froms = [
        f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    return {name for name in (*plain, *froms) if name.startswith("app.")}
