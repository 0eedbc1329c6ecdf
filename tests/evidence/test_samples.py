"""One small file per shape of evidence, listed with what it must give."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.conftest import load_paths

SAMPLES = Path(__file__).parent / "samples"
MANIFEST: list[dict[str, Any]] = json.loads((SAMPLES / "manifest.json").read_text())


def test_the_manifest_lists_every_sample() -> None:
    assert {e["file"] for e in MANIFEST} == {p.name for p in SAMPLES.iterdir()} - {"manifest.json"}
    assert all(e["provenance"] for e in MANIFEST)


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda e: e["file"])
def test_a_sample_gives_its_rows_under_a_name_that_says_nothing(entry: dict[str, Any]) -> None:
    path = SAMPLES / entry["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
    loaded = load_paths(path)
    assert {t: len(rows) for t, rows in loaded.rows.items()} == entry["rows"]
    assert loaded.rejected == []
