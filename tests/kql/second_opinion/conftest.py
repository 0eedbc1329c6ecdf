"""Microsoft's own parser and analyser of KQL, asked through Node. It is never shipped.

Without Node or a package registry the tests that ask are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywitness.model.schema import Schema

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]

Ask = Callable[..., list[dict[str, Any]]]


def _installed(folder: Path) -> bool:
    lock = folder / "package-lock.json"
    return lock.exists() and lock.read_bytes() == (HERE / "package-lock.json").read_bytes()


def _install(npm: str, folder: Path) -> None:
    """Installs beside and renames, so that two runs at once do not disturb each other."""
    beside = folder.with_name(f"{folder.name}-{os.getpid()}")
    beside.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, beside / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=beside, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        shutil.rmtree(beside)
        pytest.skip(f"npm could not install the parser of Microsoft: {done.stderr.strip()[-200:]}")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        beside.rename(folder)
    except OSError:  # another run was faster
        shutil.rmtree(beside)


@pytest.fixture(scope="session")
def node() -> Callable[..., str]:
    """Runs `opinion.js` with a text on its standard input."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed: no second opinion")
    folder = ROOT / ".cache" / "second-opinion"
    if not _installed(folder):
        _install(npm, folder)

    def run(text: str, *options: str) -> str:
        command = [node, str(HERE / "opinion.js"), *options]
        done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, timeout=300, check=True)
        return done.stdout

    return run


@pytest.fixture(scope="session")
def ask(node: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """A function from queries to what Microsoft says of each: of the grammar alone, or with tables of the result."""

    def answer(queries: list[str], tables: dict[str, Schema] | None = None) -> list[dict[str, Any]]:
        options: list[str] = []
        if tables is not None:
            place = tmp_path_factory.mktemp("opinion") / "tables.json"
            place.write_text(json.dumps({name: _written(schema) for name, schema in tables.items()}), encoding="utf-8")
            options = ["--columns", "--tables", str(place)]
        lines = "\n".join(json.dumps({"id": i, "query": q}) for i, q in enumerate(queries))
        answers = [json.loads(line) for line in node(lines, *options).splitlines()]
        assert [a["id"] for a in answers] == list(range(len(queries)))
        return answers

    return answer


def _written(schema: Schema) -> str:
    return "(" + ", ".join(f"['{c.name}']: {c.type.value}" for c in schema) + ")"


@pytest.fixture(scope="session")
def vocabulary(node: Callable[..., str]) -> dict[str, list[str]]:
    """Names of the functions, aggregates and plugins that the analyser has."""
    return dict(json.loads(node("", "--vocabulary")))
