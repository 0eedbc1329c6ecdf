"""The user's own rules: copied as they are, once, and found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from keywitness.detect import library
from keywitness.errors import RuleError, UsageError

RULE = "id: 1b348ed1-46d1-400f-ad7f-000000000001\nname: Mine\nquery: print 1\nseverity: Low\n"


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "own"
    monkeypatch.setenv(library.VARIABLE, str(place))
    return place


def test_a_rule_is_added_once_and_byte_for_byte(tmp_path: Path, mine: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(RULE, encoding="utf-8")
    assert [a.status for a in library.add([file])[0]] == ["added"]
    assert [a.status for a in library.add([file])[0]] == ["there already"]
    (kept,) = mine.iterdir()
    assert kept.read_bytes() == file.read_bytes()
    rules, errors = library.all_rules()
    assert "mine" in [r.slug for r in rules]
    assert not errors


def test_a_broken_file_is_said_and_the_rest_is_added(tmp_path: Path, mine: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "in" / "b.yaml").write_text("nothing", encoding="utf-8")
    added, errors = library.add([tmp_path / "in"])
    assert ([a.rule.slug for a in added], len(errors)) == (["mine"], 1)


def test_given_files_stand_for_all_rules(tmp_path: Path, mine: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(RULE, encoding="utf-8")
    assert [r.slug for r in library.all_rules([file])[0]] == ["mine"]


def test_a_rule_is_removed_by_name(tmp_path: Path, mine: Path) -> None:
    file = tmp_path / "rule.yaml"
    file.write_text(RULE, encoding="utf-8")
    library.add([file])
    library.remove("mine")
    assert library.own() == ([], [])
    with pytest.raises(RuleError, match="no rule of your own"):
        library.remove("mine")


def test_a_name_that_no_rule_has_is_refused(mine: Path) -> None:
    with pytest.raises(UsageError, match="no rule nothing"):
        library.chosen(library.all_rules()[0], ["nothing"])
