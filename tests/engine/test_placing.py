"""What the engine refuses has code and place too: `errors/*.txt` holds each message, the query above four dashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from keywitness.engine.placing import CODE, place
from keywitness.engine.query import query
from keywitness.errors import LimitError, QueryError

CASES = sorted(Path(__file__).with_name("errors").glob("*.txt"))


def refusal(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        query(text)
    return caught.value


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_rendered_message(path: Path) -> None:
    text, _, expected = path.read_text(encoding="utf-8").partition("\n----\n")
    assert refusal(text).render() + "\n" == expected


def test_a_value_met_while_running_leads_to_the_function_that_met_it() -> None:
    text = (
        "let f = (x: string) { split(x, '') };\n// split('a', '') of a comment\nprint a = 'split(x)' | extend b = f(a)"
    )
    (found,) = refusal(text).diagnostics
    assert text[found.span.start : found.span.end] == "split(x, '')"


def test_an_operator_is_told_from_a_column_of_its_name() -> None:
    text = "datatable(join: long, k: long)[1, 2] | where join == 1 | join kind=fullouter (print k = 2) on k"
    error = QueryError("join kind=fullouter")
    place(error, text)
    assert [d.span.start for d in error.diagnostics] == [text.index("| join") + 2]


def test_without_a_place_a_refusal_still_has_its_code() -> None:
    error = QueryError("nothing that a text would hold", effect="the query did not run")
    place(error, "print 1")
    assert error.diagnostics == ()
    assert error.render().splitlines()[0] == f"error[{CODE}]: nothing that a text would hold"


def test_limits_keep_the_words_of_kusto() -> None:
    from keywitness.engine.limits import Limits

    with pytest.raises(LimitError) as caught:
        query("range x from 1 to 1000 step 1", limits=Limits(rows=10))
    assert caught.value.diagnostics == () and caught.value.render().startswith("error: Query result set")


@pytest.mark.parametrize("text", ["split(", "((((", "'", "print split(x", "| split(a", ""])
def test_a_text_that_is_no_query_has_places_or_none(text: str) -> None:
    error = QueryError("split() with an empty delimiter")
    place(error, text)
    assert all(0 <= d.span.start <= d.span.end <= len(text) for d in error.diagnostics)


def test_text_of_the_evidence_is_not_taken_for_the_way_on() -> None:
    error = refusal('print datetime_utc_to_local(datetime(2025-07-01), "a; b")')
    assert error.message == "datetime_utc_to_local() with 'a; b', which is no time zone"
    assert error.help == "datetime_list_timezones() lists them"
