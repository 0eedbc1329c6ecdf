import xml.etree.ElementTree as ET

import msgspec

from keywitness.report.document import TimelineEvent
from keywitness.report.pictures.timeline import close_ups, overview


def event(at: str, *, lane: str = "kv", kind: str = "read", severity: str = "none", row: str = "E1:0") -> TimelineEvent:
    return TimelineEvent(at=at, lane=lane, kind=kind, title="t", identity="i", severity=severity, row=row)


def marks(markup) -> list[ET.Element]:
    return [e for e in ET.fromstring(str(markup)).iter() if e.attrib.get("class", "").startswith("event ")]


def test_every_lane_is_drawn_and_every_event_is_in_a_mark(sample):
    timeline = sample.document().timeline
    root = ET.fromstring(str(overview(timeline)))
    lanes = [e for e in root.iter("text") if e.attrib["class"] == "lane-label"]
    assert {e.text for e in lanes} == {item.lane for item in timeline}
    assert root.attrib["aria-label"].startswith(f"{len(timeline)} events")


def test_one_severe_event_among_thousands_is_seen():
    """The trap: the mark of a crowd takes the colour of its majority, and the theft disappears."""
    crowd = [event(f"2026-03-14T09:{i // 60:02d}:{i % 60:02d}Z") for i in range(3_000)]
    theft = event("2026-03-14T09:20:00Z", severity="high")
    found = marks(overview([event("2026-03-01T00:00:00Z"), *crowd, theft, event("2026-03-30T00:00:00Z")]))
    assert [e.attrib["class"] for e in found].count("event sev-high") == 1
    assert "sev-high" in found[-1].attrib["class"], "and it is drawn on top"


def test_findings_far_apart_get_close_ups_of_their_own():
    events = [
        event("2026-03-14T09:00:00Z", severity="high"),
        event("2026-03-14T09:30:00Z", severity="low", kind="list"),
        event("2026-03-14T12:00:00Z"),
        event("2026-03-20T09:00:00Z", severity="medium"),
    ]
    first, second = close_ups(events)
    assert [entry.number for entry in (*first.entries, *second.entries)] == [1, 2, 3]
    assert (first.first_at, second.first_at) == ("2026-03-14T09:00:00Z", "2026-03-20T09:00:00Z")


def test_like_events_share_a_number_and_none_is_lost(sample):
    timeline = sample.document().timeline
    (close_up,) = close_ups(timeline)
    told = [item for entry in close_up.entries for item in entry.events]
    assert sorted(item.row for item in told) == sorted(item.row for item in timeline if item.severity != "none")
    copying = next(entry for entry in close_up.entries if entry.first.title == "SecretGet app-setting-00")
    assert len(copying.events) == 37


def test_events_without_findings_need_no_close_up():
    assert close_ups([event("2026-03-14T09:00:00Z")]) == []


def test_events_without_a_time_are_not_drawn_and_do_no_harm():
    assert overview([event("")]) == ""
    assert close_ups([event("soon", severity="high")]) == []
    assert len(marks(overview([event(""), event("2026-03-14T09:00:00Z")]))) == 1


def test_one_instant_is_drawn(sample):
    only = event("2026-03-14T09:00:00Z", severity="high")
    assert len(marks(overview([only]))) == 1
    assert len(marks(close_ups([only])[0].picture)) == 1


def test_hostile_lanes_and_titles_stay_text(sample):
    hostile = msgspec.structs.replace(
        event("2026-03-14T09:00:00Z", severity="high"), lane="<script>", title="</svg>\x1b", identity='"'
    )
    root = ET.fromstring(str(overview([hostile])))
    assert "<script>" in [e.text for e in root.iter("text")]


def test_a_hundred_quiet_vaults_share_a_lane_and_none_is_lost():
    quiet = [
        msgspec.structs.replace(event(f"2026-03-14T09:{i % 60:02d}:00Z", lane=f"kv-{i}"), identity=f"app-{i}")
        for i in range(100)
    ]
    theft = event("2026-03-14T10:30:00Z", lane="kv-stolen", severity="high")
    root = ET.fromstring(str(overview([*quiet, theft])))
    assert [e.text for e in root.iter("text") if e.attrib["class"] == "lane-label"] == ["kv-stolen", "100 others"]
    assert root.attrib["aria-label"].startswith("101 events")


def test_a_sweep_over_many_vaults_is_one_lane_and_one_number():
    sweep = [event(f"2026-03-14T09:00:{i:02d}Z", lane=f"kv-{i}", kind="denied", severity="medium") for i in range(27)]
    theft = event("2026-03-14T09:20:00Z", lane="kv-3", severity="high")
    (close_up,) = close_ups([*sweep, theft])
    assert [len(entry.events) for entry in close_up.entries] == [26, 1, 1]
    assert [entry.lanes for entry in close_up.entries[1:]] == [("kv-3",), ("kv-3",)]
    labels = [e.text for e in ET.fromstring(str(close_up.picture)).iter("text") if e.attrib["class"] == "lane-label"]
    assert labels == ["26 vaults, alike", "kv-3"]
