"""The layout explains itself, and stays so."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import keywitness

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "keywitness"
BANNED = {"utils", "helpers", "common", "core", "base", "manager", "misc"}


def test_the_front_door_is_exactly_this() -> None:
    assert sorted(keywitness.__all__) == [
        "Case",
        "KeywitnessError",
        "Limits",
        "QueryError",
        "Rows",
        "__version__",
        "create_case",
        "kql",
        "open_case",
        "query",
    ]
    for name in keywitness.__all__:
        assert getattr(keywitness, name) is not None


def test_the_door_of_kql_is_exactly_this() -> None:
    from keywitness import kql

    assert sorted(kql.__all__) == [
        "Completions",
        "Hover",
        "Item",
        "ItemKind",
        "Problem",
        "TableRead",
        "Token",
        "TokenKind",
        "columns_read",
        "complete",
        "diagnose",
        "format",
        "hover",
        "tables",
        "tokens",
    ]
    for name in kql.__all__:
        assert getattr(kql, name) is not None


def test_the_language_service_loads_no_engine() -> None:
    code = (
        "from keywitness import kql\n"
        "text = 'AzureDiagnostics | where Resource has \"kv\" | '\n"
        "kql.complete(text, len(text)), kql.hover(text, 3), kql.diagnose(text), kql.format(text), kql.tokens(text)\n"
        "kql.columns_read('AzureDiagnostics | count')\n"
        "import sys; print(sorted({'duckdb', 'pyarrow', 'numpy', 'rich', 'sqlglot'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_content_is_data() -> None:
    assert not list((SOURCE / "content").rglob("*.py"))


def test_module_names_say_what_is_inside() -> None:
    names = {path.stem for path in SOURCE.rglob("*.py")} | {path.name for path in SOURCE.rglob("*") if path.is_dir()}
    assert not names & BANNED


def test_tests_mirror_the_source() -> None:
    """A test module at tests/<package>/test_<module>.py belongs to src/keywitness/<package>; no package is untested."""
    packages = {p.name for p in SOURCE.iterdir() if (p / "__init__.py").is_file()}
    tested = {p.name for p in (ROOT / "tests").iterdir() if p.is_dir() and list(p.rglob("test_*.py"))}
    assert packages - tested == set()


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree), f"{path} has no docstring"


def test_importing_keywitness_does_no_work() -> None:
    code = "import keywitness, sys; print(sorted({'duckdb', 'pyarrow', 'numpy', 'rich', 'sqlglot'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_no_engine() -> None:
    """`keywitness --help` answers in a moment because nothing heavy is imported for it."""
    code = (
        "import sys; sys.argv = ['keywitness', '--help']\n"
        "from keywitness.cli.main import run\n"
        "run()\n"
        "print(sorted({'duckdb', 'pyarrow', 'numpy', 'rich', 'sqlglot'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "investigate" in done.stdout


def test_no_file_holds_both_sides_of_a_merge() -> None:
    """A template with such lines would print them into every report."""
    left = re.compile(rb"^(<{7} |>{7} |={7}$)", re.MULTILINE)
    folders = ("src", "tests", "docs", "benchmarks", "tools", "requirements")
    files = (f for folder in folders for f in (ROOT / folder).rglob("*") if "__pycache__" not in f.parts)
    held = [f for f in (*files, *ROOT.glob("*.*")) if f.is_file() and left.search(f.read_bytes())]
    assert [str(f.relative_to(ROOT)) for f in held] == []
