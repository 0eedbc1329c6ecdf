"""What Microsoft's own parser accepts, ours accepts; a difference is written down with its reason.

The package is asked through Node and never shipped. Without Node or a package registry the tests are skipped.
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

from keywitness.errors import QueryError
from keywitness.kql.catalog import EmptyCatalog
from keywitness.kql.compile import compile_kql
from keywitness.kql.parser import parse
from keywitness.model.schema import UNIX_EPOCH_TICKS

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "kql"
QUERIES = [json.loads(line) for line in (HERE / "queries.jsonl").read_text(encoding="utf-8").splitlines()]

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


@pytest.fixture(scope="module")
def ask() -> Ask:
    """A function from queries to what Microsoft's parser says of each."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed: no second opinion on the grammar")
    folder = ROOT / ".cache" / "second-opinion"
    if not _installed(folder):
        _install(npm, folder)

    def answer(queries: list[str], *options: str) -> list[dict[str, Any]]:
        lines = "\n".join(json.dumps({"id": i, "query": q}) for i, q in enumerate(queries))
        command = [node, str(HERE / "opinion.js"), *options]
        done = subprocess.run(command, cwd=folder, input=lines, capture_output=True, text=True, timeout=120, check=True)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert [a["id"] for a in answers] == list(range(len(queries)))
        return answers

    return answer


def accepts(query: str) -> bool:
    try:
        parse(query)
    except QueryError:
        return False
    return True


VERDICTS = {
    (True, True): "both accept",
    (False, False): "both refuse",
    (True, False): "accepted here only",
    (False, True): "refused here only",
}


def test_verdicts_on_our_own_queries(ask: Ask) -> None:
    assert len(QUERIES) > 80
    answers = ask([case["query"] for case in QUERIES])
    found = [
        {**case, "verdict": VERDICTS[accepts(case["query"]), not theirs["codes"]]}
        for case, theirs in zip(QUERIES, answers, strict=True)
    ]
    assert found == QUERIES


def test_every_difference_has_a_reason() -> None:
    assert [c["query"] for c in QUERIES if c["verdict"].endswith("only") and not c.get("reason")] == []
    assert {c["verdict"] for c in QUERIES} == set(VERDICTS.values())


FILES = ("docs-visible.jsonl", "emulator-visible.jsonl")


def documented(name: str) -> dict[str, str]:
    """Queries of the conformance cases by id."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs the shared material kql/{name}, which is not beside the repository")
    return {case["id"]: case["query"] for case in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def test_documented_examples(ask: Ask) -> None:
    by_query = {query: case for name in FILES for case, query in documented(name).items()}
    answers = zip(by_query, ask(list(by_query)), strict=True)
    assert [by_query[query] for query, theirs in answers if accepts(query) != (not theirs["codes"])] == []


#: Examples whose columns Microsoft's analyser names otherwise than the example's own output.
NAMED_OTHERWISE = {
    "docs/covariancepif-aggregation-function#0": "the output has covariancepif_x_y",
    "docs/scan-operator#0": "the output has no match_id where none was asked for",
    "docs/union-operator#6": "the output has the columns in another order",
}


def test_columns_of_documented_examples(ask: Ask) -> None:
    """What both can bind has the same columns, types and order (every fourth example: it takes a while)."""
    queries = dict(list(documented("docs-visible.jsonl").items())[::4])
    different, compared = [], 0
    for (case, query), theirs in zip(queries.items(), ask(list(queries.values()), "--columns"), strict=True):
        try:
            schema = compile_kql(query, EmptyCatalog(), UNIX_EPOCH_TICKS).result.schema
        except QueryError:
            continue
        compared += "columns" in theirs
        ours = [[c.name, c.type.value] for c in schema.visible()]
        if ours != theirs.get("columns", ours):
            different.append(case)
    assert compared > 40
    assert [c for c in different if c not in NAMED_OTHERWISE] == []


def test_the_lock_names_no_address() -> None:
    assert "resolved" not in (HERE / "package-lock.json").read_text(encoding="utf-8")
