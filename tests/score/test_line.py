"""Three attacks at a small company, end to end: simulated, loaded, investigated, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from keywitness.score.card import card
from keywitness.score.line import Plan, run
from keywitness.score.result import CLEAN, read_run, write_run

pytestmark = pytest.mark.slow


def test_attacks_are_found_and_ordinary_life_is_none(tmp_path: Path) -> None:
    done = [
        run(Plan(variant, "clinic", 2, days=9, events=1_500), tmp_path / variant)
        for variant in (CLEAN, "shell-dump-policy", "backup-restored")
    ]
    result = card(done)
    assert result.refused == 0
    assert [one.silent for one in done] == [(), (), ()]
    assert [missed for attack in result.attacks for missed in attack.missed] == []
    assert [attack.told for attack in result.attacks] == [1, 1]
    assert [one.strange for one in done] == [0, 0, 0]
    assert done[1].missing == ()
    write_run(done[1], tmp_path / "kept.json")
    assert read_run(tmp_path / "kept.json") == done[1]
