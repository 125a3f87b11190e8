"""The way through the house: imports point one way only."""

import ast
from pathlib import Path

from tests.support.migrations import ROOT

LAYERS = (
    {
        "errors",
        "signals",
        "wording",
        "urls",
        "output",
        "http_library",
        "api_body",
        "api_deadline",
        "api_pauses",
    },
    {"extraction", "storable", "settings", "db"},
    {"native_types"},
    {"models", "lock", "log", "adoption", "desktop", "scripts", "callers", "version_table"},
    {
        "backfill",
        "media_answers",
        "answers",
        "changes",
        "paging",
        "row_ids",
        "row_locks",
        "update_guards",
        "claiming",
        "api_refusals",
        "api_protocol",
        "api_client",
        "async_api_client",
    },
    {
        "coverage",
        "estimate",
        "failures",
        "generations",
        "live_ddl",
        "progress",
        "schema_differences",
        "transactional_ddl",
    },
    {"demo_responses", "options", "status_checker", "target", "untouched"},
    {"status", "check", "demo", "sync", "upgrade"},
    {"views"},
    {"console"},
    {"migration", "gate", "guest", "command_sync", "command_upgrade", "command_looks"},
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
    """Return the modules of app/ that a file imports, in whatever form."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    froms = [
        f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    return {name.split(".")[1] for name in (*plain, *froms) if name.startswith("app.")}
