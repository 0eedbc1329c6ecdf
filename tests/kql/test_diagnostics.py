"""Messages are reviewed text: `errors/*.txt` holds each in full, the query above a line of four dashes."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.errors import QueryError
from keywitness.kql import diagnostics
from keywitness.kql.diagnostics import Diagnostic
from keywitness.kql.parser import parse
from keywitness.kql.syntax import Span

CASES = sorted(Path(__file__).with_name("errors").glob("*.txt"))


def refusal(query: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(query)
    return caught.value


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_rendered_message(path: Path) -> None:
    query, _, expected = path.read_bytes().decode("utf-8").partition("\n----\n")
    assert refusal(query).render() + "\n" == expected


def test_every_code_of_the_parser_has_a_message_under_test() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in CASES)
    made = set(re.findall(r'"((?:KS|KWQ)\d{3})"', inspect.getsource(diagnostics)))
    too_long = {"KS244"}  # two megabytes are no snapshot: see below
    assert made - set(re.findall(r"error\[(\w+)\]", shown)) == too_long


def test_every_factory_names_its_code_in_its_docstring() -> None:
    for name, function in inspect.getmembers(diagnostics, inspect.isfunction):
        codes = set(re.findall(r'"((?:KS|KWQ)\d{3})"', inspect.getsource(function)))
        if codes and function.__module__ == diagnostics.__name__:
            assert codes == {(function.__doc__ or "").split(":")[0]}, name


def test_too_long_a_text_is_refused_without_being_read() -> None:
    error = refusal("x" * 2_000_001)
    assert [d.code for d in error.diagnostics] == ["KS244"]
    assert "2,000,001" in error.message
    assert max(map(len, error.render().splitlines())) < 200


def test_a_refusal_says_all_its_causes_in_order_and_its_effect() -> None:
    error = refusal("let a = ;\nlet b = (1;\nT | wher x")
    assert [d.code for d in error.diagnostics] == ["KS006", "KS005", "KS176"]
    error.effect = "rule secret-sweep did not run"
    assert error.render().splitlines()[-1] == "effect: rule secret-sweep did not run (exit 5)"
    assert error.exit_code == 5
    assert error.message == "an expression is missing before ';'"


def test_a_place_in_a_file_counts_from_where_the_query_begins() -> None:
    error = refusal("T\n| wher x == 1")
    error.source, error.first_line = "rules/sweep.yaml", 12
    assert error.render().splitlines()[1:3] == ["  --> rules/sweep.yaml:13:3", "13 | | wher x == 1"]


def test_place_and_label_stand_where_the_reader_looks() -> None:
    shown = Diagnostic("KS142", "error", "no column", Span(4, 7), "a fix", "not here", "stage 1 of 2 (where)")
    assert shown.render("T | abc") == (
        "error[KS142]: no column\n"
        "  --> query:1:5   stage 1 of 2 (where)\n"
        "1 | T | abc\n"
        "  |     ^^^ not here\n"
        "  help: a fix"
    )
    assert shown.at("stage 2").place == "stage 2"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("CallerIPAdress", "CallerIPAddress"),
        ("calleripaddress", "CallerIPAddress"),
        ("xyz", None),
        ("Resorce", "Resource"),
    ],
)
def test_nearest_name(word: str, expected: str | None) -> None:
    found = diagnostics.nearest(word, ["Resource", "CallerIPAddress", "OperationName"])
    assert found == ((expected,) if expected else ())


@given(st.text(max_size=60), st.integers(0, 70), st.integers(0, 70))
def test_no_text_and_no_span_breaks_an_excerpt_or_reaches_the_terminal(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    shown = Diagnostic("KS002", "error", "x", Span(start, start + length)).render(text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert len(shown.splitlines()) == 4
    assert "^" in shown.splitlines()[-1]
