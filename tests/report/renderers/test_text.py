import io
import sys
from pathlib import Path

import msgspec
import pytest

from keywitness.report.renderers.text import print_summary, summary

SNAPSHOT = Path(__file__).parents[1] / "snapshots" / "summary.txt"


def test_the_summary_is_the_snapshot(sample):
    """After a wanted change: `python tests/report/snapshots/write.py`."""
    assert summary(sample.document(), report="out/report.html") == SNAPSHOT.read_text("utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_lines_fit_the_terminal(sample, width):
    assert [line for line in summary(sample.document(), width=width).splitlines() if len(line) > width] == []


def test_control_characters_are_made_visible(sample):
    text = summary(msgspec.structs.replace(sample.document(), title="\x1b]0;owned\x07\u202e"))
    assert text.startswith("\\x1b]0;owned\\x07\\u202e\n")
    assert "\x1b" not in text
    assert "\\x1b[31mred" in text


def test_the_answer_comes_first_and_gaps_before_findings(sample):
    text = summary(sample.document())
    places = [
        text.index(part) for part in ("intruder", "WHAT CANNOT BE CONCLUDED", "FINDINGS", "REPLACE NOW", "Evidence")
    ]
    assert places == sorted(places)


def test_a_sum_that_does_not_add_up_is_said_loudly(sample):
    document = sample.document()
    first, *rest = document.coverage.evidence
    coverage = msgspec.structs.replace(
        document.coverage, evidence=(msgspec.structs.replace(first, stored=first.stored - 1), *rest)
    )
    assert "records read IS NOT" in summary(msgspec.structs.replace(document, coverage=coverage))


def test_long_lists_say_what_they_leave_out(sample):
    assert "and 470 more in the report" in summary(sample.big_document(500, 0))


def test_it_prints_through_a_pipe_that_knows_ascii_only(sample, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    print_summary(msgspec.structs.replace(sample.document(), title="Zürich 鍵"), [Path("a/report.html")])
    sys.stdout.flush()
    assert raw.getvalue().startswith(b"Z\\xfcrich \\u9375\n")
    assert raw.getvalue().endswith(b"Report: a/report.html\n")
