"""KQL's documentation and Microsoft's emulator as judges: nothing may be answered otherwise."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from keywitness.engine.formats import write_text
from keywitness.engine.query import query
from keywitness.errors import KeywitnessError

CORPUS = Path(__file__).parents[3] / "shared" / "kql"
#: Cases that passed when the number was last raised: it may only rise.
FLOORS = {"docs-visible.jsonl": 278, "emulator-visible.jsonl": 260}


@pytest.fixture(scope="module")
def harness() -> ModuleType:
    if not (CORPUS / "run.py").is_file():
        pytest.skip("the conformance corpus ../shared/kql is not here")
    sys.path.insert(0, str(CORPUS))  # the harness imports its comparison by name
    spec = importlib.util.spec_from_file_location("kql_conformance", CORPUS / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(CORPUS))
    return module


def answered(harness: ModuleType, text: str) -> tuple[Any, ...]:
    """What the harness expects of an engine: columns and rows, or an error; a crash is no refusal."""
    try:
        rows = query(text)
    except KeywitnessError as refusal:
        return "error", refusal.message, None, 0.0
    stream = io.StringIO()
    write_text(rows, "json", stream)
    document = json.loads(stream.getvalue())
    return "ok", *harness.shape(document["columns"], document["rows"]), 0.0


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FLOORS))
def test_no_answer_is_wrong(harness: ModuleType, name: str) -> None:
    cases = [json.loads(line) for line in (CORPUS / name).read_text(encoding="utf-8").splitlines() if line.strip()]
    verdicts = [harness.judge(case, lambda text: answered(harness, text)) for case in cases]
    wrong = [(v["id"], v["reason"]) for v in verdicts if v["verdict"] == "wrong"]
    assert not wrong
    assert Counter(v["verdict"] for v in verdicts)["passed"] >= FLOORS[name]
