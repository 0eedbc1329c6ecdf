"""Queries with the answer that Kusto's documentation gives: `corpus/<subject>/<case>.kql`.

A case file is one KQL text. Its first comment says which plausible answer would be wrong, and `// fact:` the page of
Microsoft's documentation that the right one comes from. Lines that begin with `//=` are the expectation:

    //= columns a: long, b: string      names and types, in order
    //= [1, "x"]                        one row as JSON, as `Rows.to_pylist` gives its cells
    //= ordered                         the order of the rows counts
    //= refused KS142                   the query is refused with this code
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import keywitness
from keywitness.errors import QueryError

CORPUS = Path(__file__).with_name("corpus")
PATHS = sorted(CORPUS.rglob("*.kql"))


@dataclass
class Expectation:
    columns: str = ""
    rows: list[str] = field(default_factory=list)
    ordered: bool = False
    refused: str = ""


def expectation(text: str) -> Expectation:
    found = Expectation()
    for line in text.splitlines():
        if not line.startswith("//="):
            continue
        word = line[3:].strip()
        if word.startswith("columns "):
            found.columns = word.removeprefix("columns ")
        elif word == "ordered":
            found.ordered = True
        elif word.startswith("refused "):
            found.refused = word.removeprefix("refused ")
        else:
            found.rows.append(canonical(json.loads(word)))
    return found


def canonical(cells: object) -> str:
    """Text of a row that tells 1 from 1.0 and from true; keys of bags have no order."""
    return json.dumps(cells, sort_keys=True, ensure_ascii=False, default=str)


@pytest.mark.parametrize("path", PATHS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_case(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    wanted = expectation(text)
    if wanted.refused:
        with pytest.raises(QueryError) as caught:
            keywitness.query(text)
        assert [d.code for d in caught.value.diagnostics] == [wanted.refused]  # type: ignore[attr-defined]
        return
    rows = keywitness.query(text)
    assert ", ".join(f"{c.name}: {c.type.value}" for c in rows.columns) == wanted.columns
    found = [canonical(list(row.values())) for row in rows.to_pylist()]
    if wanted.ordered:
        assert found == wanted.rows
    else:
        assert sorted(found) == sorted(wanted.rows)


def test_the_corpus_is_there() -> None:
    assert len(PATHS) > 80


@pytest.mark.parametrize("path", PATHS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_case_says_why_and_whence(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("// ")
    assert "\n// fact: " in text
    wanted = expectation(text)
    assert wanted.refused or wanted.columns
