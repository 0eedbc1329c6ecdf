"""Documentation is tested: what it names exists, what exists is named, generated pages are fresh."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.main import get_command

import keywitness
from keywitness.cli.main import app
from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import compile_kql
from keywitness.model.schema import Schema
from keywitness.model.tables import known_table

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = set(get_command(app).commands)  # type: ignore[attr-defined]


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATED = load_generator().pages()


@pytest.mark.parametrize("path", sorted(GENERATED), ids=lambda p: str(p.relative_to(ROOT)))
def test_generated_page_is_fresh(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == GENERATED[path](), "run `make docs`"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    broken = [t for t in targets if "://" not in t and not (path.parent / t).exists()]
    assert broken == []


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_named_in_pages_exist(path: Path) -> None:
    blocks = re.findall(r"```[a-z]*\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = re.findall(r"^\s*(?:\$ )?keywitness ([a-z][a-z-]*)", "\n".join(blocks), flags=re.MULTILINE)
    assert set(named) <= COMMANDS


class Documented(EmptyCatalog):
    """The documented tables, without rows."""

    def schema(self, table: str) -> Schema | None:
        return known_table(table)


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "how-to").glob("*.md")), ids=lambda p: p.name)
def test_queries_in_guides_are_queries(path: Path) -> None:
    """The blocks of a page are one text, so that a block may use what one before it defined."""
    blocks = re.findall(r"```kusto\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if blocks:
        assert compile_kql(";\n".join(blocks), Documented(), 0).result.schema


def test_readme_names_its_two_commands_first() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert 0 < text.index("make demo") < 2500
    assert 0 < text.index("make test") < 2500


def test_every_command_has_an_example_that_names_it() -> None:
    for name, command in _leaves(get_command(app)):
        text = (command.help or "") + (command.callback.__doc__ or "")
        examples = re.findall(r"keywitness .*", text)
        assert examples, f"{name} shows no example"
        assert any(example.startswith(f"keywitness {name}") for example in examples), f"{name} shows another command"


def _leaves(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Commands with their whole names, those of groups too."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def modules() -> list[str]:
    return [m.name for m in pkgutil.walk_packages(keywitness.__path__, "keywitness.")]


@pytest.mark.parametrize("name", modules())
def test_docstring_examples_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_decisions_are_numbered_once() -> None:
    names = [p.name for p in (ROOT / "docs" / "decisions").glob("[0-9]*.md")]
    numbers = [name[:4] for name in names]
    assert len(set(numbers)) == len(numbers)
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [name for name in names if name not in index] == []


SEMANTICS = (ROOT / "docs" / "reference" / "kql" / "semantics.md").read_text(encoding="utf-8")
NAMED_TESTS = re.findall(r"`([\w/]+\.py)::(test_\w+)`", SEMANTICS)


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED_TESTS)), ids=lambda part: part)
def test_a_rule_of_the_language_names_a_test_that_exists(path: str, name: str) -> None:
    file = ROOT / path if "/" in path else ROOT / "tests" / "engine" / "traps" / path
    assert re.search(rf"^def {name}\(", file.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_every_rule_of_the_language_names_its_test() -> None:
    sections = re.split(r"^## ", SEMANTICS, flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections if "::test_" not in section] == []
    rows = [line for line in SEMANTICS.splitlines() if line.startswith("| ") and "|---" not in line]
    assert [row for row in rows if "::test_" not in row and not row.endswith("| test |")] == []


def test_every_trap_is_on_the_page_of_the_language() -> None:
    """A trap that nobody reads about is found by accident only."""
    files = {path.name for path in (ROOT / "tests" / "engine" / "traps").glob("test_*.py")}
    assert files - {path for path, _ in NAMED_TESTS} == set()
