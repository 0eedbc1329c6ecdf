"""Problems are those of the refusal."""

from __future__ import annotations

from tests.kql.service.samples import TABLES

from keywitness import kql


def test_grammar_and_meaning_are_told_together_and_in_order() -> None:
    text = "T | where Nam == 1 | extend x = | where Siz > 2"
    found = kql.diagnose(text, TABLES)
    assert [(p.code, text[p.start : p.end], p.help) for p in found] == [
        ("KS142", "Nam", "did you mean 'Name'?"),
        ("KS006", "|", ""),
    ]
    assert {p.severity for p in found} == {"error"}


def test_a_query_that_runs_has_none() -> None:
    assert kql.diagnose("T | where Size > 1 | summarize count() by Name", TABLES) == ()


def test_what_depends_on_the_rows_is_no_problem() -> None:
    assert kql.diagnose("T | evaluate bag_unpack(Bag) | where anything == 1", TABLES) == ()
    (found,) = kql.diagnose("T | where Nam == 1 | evaluate bag_unpack(Bag) | where anything == 1", TABLES)
    assert found.code == "KS142"
