"""What is no check is refused with its place, and what an export says reaches no shell unquoted."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from keywitness.errors import RuleError
from keywitness.model.content import content
from keywitness.posture.check import filled, load_checks, read_check

GOOD = content("posture", "purge-protection.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("severity: high", "severity: awful", "severity 'awful' is none of"),
        ("tables: [KeyVaults]", "tables: [Vaults]", "Vaults is no documented table"),
        ("{kv-pay: pass}", "{kv-pay: fail}", "an object that fails and one that passes"),
        ("{kv-pay: pass}", "{kv-pay: good}", "verdict 'good' is none of"),
        ("VaultsNow\n", "VaultsNever\n", "VaultsNever"),
        ("Row, Name, Group", "Name, Group", "its result has no column Row"),
        ("{{Group}}", "{{Grup}}", "no column fills Grup"),
        ("title:", "titel:", "unknown field `titel`"),
        ("0b60c0b2-2dc2-4e1c-b5c9-abbed971de53", "0b60c0b2", "is no id of a policy definition"),
    ],
)
def test_a_faulty_check_is_refused_with_its_line(tmp_path: Path, before: str, after: str, cause: str) -> None:
    assert before in GOOD
    file = tmp_path / "check.yaml"
    file.write_text(GOOD.replace(before, after))
    with pytest.raises(RuleError) as refused:
        read_check(file)
    assert cause in refused.value.message
    assert refused.value.message.startswith(f"{file}:")


def test_two_checks_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(RuleError, match="two checks are called purge-protection"):
        load_checks([tmp_path])


def test_a_hostile_name_stays_one_word_of_the_command() -> None:
    check = read_check(content("posture", "purge-protection.yaml"))
    row = {"Name": "kv'; rm -rf /; '", "Group": "$(reboot)"}
    words = shlex.split(filled(check, "azure_cli", row))
    assert words[words.index("--name") + 1] == row["Name"]
    assert words[words.index("--resource-group") + 1] == row["Group"]
    shown = filled(check, "powershell", row)
    assert "'" + row["Name"].replace("'", "''") + "'" in shown
    assert "'$(reboot)'" in shown
