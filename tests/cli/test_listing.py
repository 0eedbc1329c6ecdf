"""Lists of our own records: a table that people can read, and every column elsewhere."""

from __future__ import annotations

import json
import re
import sys

import pytest

from keywitness.cli.listing import print_list
from keywitness.model.schema import Column, KqlType

_COLUMNS = [
    Column("Id", KqlType.STRING),
    Column("At", KqlType.STRING),
    Column("Lived", KqlType.TIMESPAN),
    Column("Note", KqlType.STRING),
    Column("Vaults", KqlType.DYNAMIC),
    Column("Rows", KqlType.DYNAMIC),
    Column("Sentence", KqlType.STRING),
]
#: What makes a heading bold.
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_SHOWN = ("Id", "At", "Lived", "Note", "Vaults", "Sentence")
_SENTENCE = "mallory@contoso.com read 17 objects of kv-contoso-pay-prod after access was granted by themselves"
_RECORD = (
    "F-2a422d38130a",
    "2026-05-01T01:43:14.1234567Z",
    99_114_513_416,
    "",
    ["a", "b", "c", "d", "e"],
    ["E1:0"],
    _SENTENCE,
)


def _terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.parametrize("width", [60, 80, 150])
def test_on_a_terminal_ids_stay_whole_and_sentences_go_on_below(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _terminal(monkeypatch, width)
    print_list(_COLUMNS, [_RECORD], "table", _SHOWN)
    lines = _STYLE.sub("", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.startswith("F-2a422d38130a ") for line in lines), "an id that is cut cannot be typed again"
    said = "".join("".join(lines[2:]).split())
    assert all(word in said for word in ("17", "objects", "after", "themselves")), "nothing of a sentence is lost"


def test_a_table_leaves_out_what_is_empty_and_counts_what_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_list(_COLUMNS, [_RECORD], "table", _SHOWN)
    ran = capsys.readouterr()
    heading, _, line = ran.out.splitlines()
    assert heading.split() == ["Id", "At", "Lived", "Vaults", "Sentence"], "no note was written, so no column for it"
    assert line == f"F-2a422d38130a  2026-05-01 01:43:14  02:45:11  a, b, c and 2 more  {_SENTENCE}"
    assert "2 more columns with --format jsonl, json or csv" in ran.err


def test_every_other_format_has_every_column_whole(capsys: pytest.CaptureFixture[str]) -> None:
    print_list(_COLUMNS, [_RECORD], "jsonl", _SHOWN)
    ran = capsys.readouterr()
    record = json.loads(ran.out)
    assert list(record) == [column.name for column in _COLUMNS]
    assert record["Vaults"] == ["a", "b", "c", "d", "e"]
    assert record["At"] == "2026-05-01T01:43:14.1234567Z"
    assert ran.err == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_what_logs_say_neither_steers_the_terminal_nor_is_markup(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if terminal:
        _terminal(monkeypatch, 200)
    hostile = "\x1b[2Jkv [bold red]x[/] \u202etxt"
    print_list(_COLUMNS, [("F-1", "", None, hostile, [], [], "s")], "table", _SHOWN)
    out = capsys.readouterr().out
    assert "\x1b[2J" not in out
    assert "\u202e" not in out
    assert "[bold red]x[/]" in out, "square brackets are text, not a style"


def test_no_record_is_a_heading_alone(capsys: pytest.CaptureFixture[str]) -> None:
    print_list(_COLUMNS, [], "table", _SHOWN)
    ran = capsys.readouterr()
    assert ran.out.splitlines()[0].split() == list(_SHOWN)
    assert ran.err == ""


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (KqlType.LONG, 1_234_567, "1,234,567"),
        (KqlType.LONG, 0, "0"),
        (KqlType.REAL, 0.004461428913741095, "0.004461"),
        (KqlType.BOOL, False, "no"),
        (KqlType.DYNAMIC, ["off since 1, and on", "b"], "off since 1, and on; b"),
        (KqlType.DYNAMIC, {"yes": ["get", "list"]}, "yes: get, list"),
    ],
)
def test_cells_are_as_people_write_them(
    kind: KqlType, value: object, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_list([Column("X", kind)], [(value,)], "table", ["X"])
    assert capsys.readouterr().out.splitlines()[-1] == text
