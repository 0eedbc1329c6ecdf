"""Three attacks at a small company, end to end: simulated, loaded, investigated, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from keywitness.score.card import card
from keywitness.score.line import Plan, run
from keywitness.score.result import read_run, write_run

pytestmark = pytest.mark.slow
ATTACKS = ("shell-dump-policy", "backup-restored", "deleted-read")


def test_attacks_are_found_told_and_listed(tmp_path: Path) -> None:
    done = run(Plan("+".join(ATTACKS), "clinic", 2, days=9, events=1_500), tmp_path / "run")
    result = card([done])
    assert (done.refused, done.silent, done.strange) == (0, (), 0)
    assert [missed for attack in result.attacks for missed in attack.missed] == []
    assert done.told == tuple(sorted(ATTACKS))
    assert (done.missing, done.extra) == ((), ())
    assert sum(one.sessions for one in done.sessions) > 100
    write_run(done, tmp_path / "kept.json")
    assert read_run(tmp_path / "kept.json") == done
