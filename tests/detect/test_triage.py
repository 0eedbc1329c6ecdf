"""What an analyst says of a finding: the last word counts."""

from __future__ import annotations

from keywitness.detect.triage import ACTION, Judgement, judgements
from keywitness.store.ledger import Entry


def entry(action: str, **details: str | int) -> Entry:
    number = int(details.pop("at", 1))
    return Entry(
        number=number, previous="", at=f"2026-03-0{number}", by="a@b", keywitness="0", action=action, details=details
    )


def test_the_last_judgement_counts_and_other_entries_do_not() -> None:
    told = [
        entry(ACTION, finding="F-1", state="confirmed", at=1),
        entry("evidence added", finding="F-1", state="closed", at=2),
        entry(ACTION, finding="F-1", state="false positive", note="ticket 7", at=3),
        entry(ACTION, finding="F-2", state="open", at=4),
    ]
    assert judgements(told) == {
        "F-1": Judgement("false positive", "ticket 7", "a@b", "2026-03-03"),
        "F-2": Judgement("open", "", "a@b", "2026-03-04"),
    }
