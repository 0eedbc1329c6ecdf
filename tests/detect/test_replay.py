"""A schedule over past evidence: which runs there are, what each sees, and that one finding stays one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from keywitness.case import Case, create_case
from keywitness.detect.allow import QUERY
from keywitness.detect.replay import Schedule
from keywitness.detect.rule import Additions, EntityMapping, FieldMapping, Rule
from keywitness.detect.run import Outcome, run_rules
from keywitness.model.schema import TICKS_PER_SECOND

HOUR = 3_600 * TICKS_PER_SECOND
ADDRESS = (EntityMapping("IP", (FieldMapping("Address", "Address"),)),)


def rule(query: str, **fields: Any) -> Rule:
    made = {"query_frequency": "1h", "query_period": "2h", "entity_mappings": ADDRESS, "severity": "Low"} | fields
    return Rule(id="r1", name="Probe", query=query, **made)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Reads by one address at 00:30, 01:30 and, after a long silence, 09:30; by another at 01:45."""
    rows = [("203.0.113.1", "00:30"), ("203.0.113.1", "01:30"), ("203.0.113.2", "01:45"), ("203.0.113.1", "09:30")]
    lines = ["TimeGenerated,Address,Type"]
    lines += [f"2026-03-01T{at}:00.0000000Z,{address},Reads_CL" for address, at in rows]
    file = tmp_path / "reads.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = create_case(tmp_path / "case")
    made.ingest([file])
    return made


def ran(case: Case, probe: Rule, **options: Any) -> Outcome:
    present = frozenset(name for name, rows, *_ in case.table_facts() if rows)
    (outcome,) = run_rules(case, [probe], present=present, **options)
    assert outcome.status == "ran", outcome.reason
    return outcome


def test_runs_reach_from_the_first_event_to_the_last() -> None:
    schedule = Schedule(every=HOUR, period=2 * HOUR)
    assert list(schedule.moments(HOUR // 2, 3 * HOUR)) == [HOUR, 2 * HOUR, 3 * HOUR]
    assert list(schedule.moments(HOUR, HOUR)) == [HOUR]


COUNTED = """Reads_CL
    | summarize Reads = count(), StartTimeUtc = min(TimeGenerated), EndTimeUtc = max(TimeGenerated) by Address"""


def test_the_same_finding_in_overlapping_windows_is_one(case: Case) -> None:
    """The plausible wrong answer is one finding per run: the first address stands in five windows."""
    found = {(f.addresses[0], f.first_at[11:16], f.last_at[11:16], f.runs) for f in ran(case, rule(COUNTED)).findings}
    assert found == {
        ("203.0.113.1", "00:30", "01:30", 3),
        ("203.0.113.2", "01:45", "01:45", 2),
        ("203.0.113.1", "09:30", "09:30", 1),
    }


def test_a_window_hides_what_lies_outside(case: Case) -> None:
    twice = COUNTED + " | where Reads >= 2"
    assert [f.addresses for f in ran(case, rule(twice, query_period="1h")).findings] == []
    assert [f.addresses for f in ran(case, rule(twice)).findings] == [("203.0.113.1",)]
    assert len(ran(case, rule(COUNTED + " | where Reads >= 3"), whole=True).findings) == 1


def test_now_is_the_time_of_the_run(case: Case) -> None:
    """With the evidence's end as now, `ago(1h)` would find the read of 09:30 only."""
    recent = "Reads_CL | where TimeGenerated > ago(1h) | summarize StartTimeUtc = min(TimeGenerated) by Address"
    assert len(ran(case, rule(recent)).findings) == 3
    assert len(ran(case, rule(recent), whole=True, now="latest").findings) == 1


def test_the_threshold_counts_run_by_run(case: Case) -> None:
    over_one = rule(COUNTED, trigger_operator="gt", trigger_threshold=1)
    assert {f.addresses[0] for f in ran(case, over_one).findings} == {"203.0.113.1", "203.0.113.2"}
    assert all(f.last_at < "2026-03-01T09" for f in ran(case, over_one).findings)


def test_a_query_that_judges_each_row_runs_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    whole = Case.query

    def counted(self: Case, text: str, window: Any = None, **options: Any) -> Any:
        asked.append((text == QUERY, window))
        return whole(self, text, window=window, **options)

    monkeypatch.setattr(Case, "query", counted)
    found = ran(case, rule('Reads_CL | where Address == "203.0.113.1"')).findings
    assert (len(found), asked) == (3, [(True, None), (False, None)])  # the allow-list, then the rule


def test_a_rule_written_for_everything_runs_once(case: Case) -> None:
    ours = rule(COUNTED, keywitness=Additions(slug="x", history="whole"))
    assert {f.runs for f in ran(case, ours).findings} == {1}


def test_a_rule_without_entities_is_told_apart_by_its_texts(case: Case) -> None:
    found = ran(case, rule(COUNTED, entity_mappings=None)).findings
    assert sorted(f.values["Address"] for f in found) == ["203.0.113.1", "203.0.113.1", "203.0.113.2"]


def test_runs_without_end_are_refused_with_a_way_on(case: Case) -> None:
    present = frozenset({"Reads_CL"})
    (outcome,) = run_rules(case, [rule(COUNTED, query_frequency="1s", query_period="1s")], present=present)
    assert outcome.status == "failed"
    assert "would run 32," in outcome.reason


def test_a_finding_without_a_time_has_that_of_its_run(case: Case) -> None:
    found = ran(case, rule("Reads_CL | summarize Reads = count() by Address")).findings
    times = sorted(f.first_at for f in found if f.addresses == ("203.0.113.2",))
    assert [datetime.fromisoformat(t.replace("0000000Z", "+00:00")).hour for t in times] == [2]
