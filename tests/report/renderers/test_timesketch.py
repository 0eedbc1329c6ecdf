"""Against what Timesketch's importer asks of a line (timesketch/lib/utils.py, read_and_validate_jsonl)."""

import json
from datetime import datetime
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.report.renderers.timesketch import render


def lines(document) -> list[dict]:
    """The lines, each checked as the importer does."""
    found = []
    for raw in render(document).splitlines():
        line = json.loads(raw)
        assert {"message", "datetime", "timestamp_desc"} <= line.keys()
        at = datetime.fromisoformat(line["datetime"])
        assert at.tzinfo is not None, "without an offset the importer takes the server's time"
        assert round(at.timestamp() * 1_000_000) == line["timestamp"]
        assert isinstance(line.get("tag", []), list)
        assert "__ts_timeline_id" not in line
        found.append(line)
    return found


def test_events_findings_and_sessions_are_there_in_order(sample):
    document = sample.document()
    found = lines(document)
    assert sum(line["data_type"] == "keywitness:event" for line in found) == len(document.timeline)
    assert {line["finding_id"] for line in found if "finding_id" in line} == {one.id for one in document.findings}
    assert {line["session_id"] for line in found if "session_id" in line} == {one.id for one in document.sessions}
    assert all(before["timestamp"] <= after["timestamp"] for before, after in pairwise(found))


def test_a_moment_is_one_line_and_a_span_two(sample):
    spans = [line["timestamp_desc"] for line in lines(sample.document()) if line.get("rule") == "watched-secret-read"]
    assert spans == ["Finding First Seen"]
    spans = [line["timestamp_desc"] for line in lines(sample.document()) if line.get("rule") == "list-then-read"]
    assert spans == ["Finding First Seen", "Finding Last Seen"]


def test_every_event_names_its_row(sample):
    rows = [line["evidence_row"] for line in lines(sample.document()) if line["data_type"] == "keywitness:event"]
    assert sorted(rows) == sorted(event.row for event in sample.document().timeline)


@settings(max_examples=40)
@given(text=st.text(alphabet=st.characters(), max_size=30))
def test_any_text_is_one_line(sample, text):
    event = msgspec.structs.replace(sample.document().timeline[0], title=text, identity=text, lane=text, row=text)
    document = msgspec.structs.replace(sample.document(), findings=(), sessions=(), timeline=(event,))
    data = render(document)
    assert data.isascii()
    assert len(lines(document)) == data.count(b"\n") == 1
