"""The way through the house: imports point one way only."""

import ast
from pathlib import Path

from tests.support.migrations import ROOT

LAYERS = (
    {"errors", "extraction", "signals", "wording"},
    {"settings", "db"},
    {"models", "lock", "adoption", "desktop", "scripts", "log"},
    {"backfill"},
    {"coverage", "estimate", "failures", "schema_differences", "demo_responses", "options", "progress"},
    {"status", "check", "demo", "sync", "generations", "status_checker"},
    {"views"},
    {"console"},
    {"migration", "command_sync", "command_looks"},
    {"cli"},
)
"""A module may import from its own layer and from those before it. Nothing imports upwards."""


def test_the_scripts_are_no_package() -> None:
    """An `alembic/__init__.py` would shadow the library."""
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_imports_point_one_way_only() -> None:
    """A module of app/ imports from its own layer and the ones below it."""
    order = {name: number for number, names in enumerate(LAYERS) for name in names}
    imports = {(_module(file), name) for file in (ROOT / "app").rglob("*.py") for name in _imported(file)}

    assert [(importer, name) for importer, name in sorted(imports) if order[importer] < order[name]] == []


def test_extraction_needs_the_standard_library_and_one_parser_alone() -> None:
    """The one truth about answers depends on nothing that could change its mind."""
    tree = ast.parse((ROOT / "app" / "extraction.py").read_text())
    imported = {node.names[0].name for node in ast.walk(tree) if isinstance(node, ast.Import)}
    imported_from = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert imported | imported_from == {"json", "re", "orjson", "dataclasses", "typing"}


def _module(file: Path) -> str:
    parts = file.relative_to(ROOT / "app").with_suffix("").parts
    return parts[0] if parts[0] != "__init__" else "errors"


def _imported(file: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    dotted = [node.module for node in nodes if node.module and node.module.startswith("app.")]
    direct = [alias.name for node in nodes if node.module == "app" for alias in node.names]
    return {*(module.split(".")[1] for module in dotted), *direct}
