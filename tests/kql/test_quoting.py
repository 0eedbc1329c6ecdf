"""Values as KQL text: what comes back from the engine is the value, whatever it holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keywitness.engine.query import query
from keywitness.kql.quoting import literal, patterns_regex


def printed(value: Any) -> Any:
    (row,) = query(f"print Value = {literal(value)}").to_pylist()
    return row["Value"]


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
@example('"; AzureDiagnostics | take 1; print "')
@example("\\")
@example("\x00\x1f\x7f\u2028'")
def test_texts_come_back(text: str) -> None:
    assert printed(text) == text


@pytest.mark.parametrize("value", [0, 7, -7, 2**62, True, False, 1.5, -0.25, [], ["a", 1, None], {"k": ['v\\"']}])
def test_values_come_back(value: Any) -> None:
    assert printed(value) == value


def test_times_come_back() -> None:
    assert printed(datetime(2026, 3, 1, 4, 5, 6, 789, tzinfo=UTC)) == "2026-03-01T04:05:06.0007890Z"
    assert printed(datetime(2026, 3, 1)) == "2026-03-01T00:00:00.0000000Z"  # noqa: DTZ001
    assert printed(timedelta(days=1, hours=2, seconds=3)) == "1.02:00:03"
    assert printed(timedelta(minutes=30)) == "00:30:00"


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="no KQL literal for set"):
        literal({1})


@pytest.mark.parametrize(
    ("patterns", "name", "matches"),
    [
        (["*break*glass*"], "kv-it/BreakGlassAccountTenant", True),
        (["BreakGlass*"], "kv-it/breakglassaccount", True),
        (["breakglass"], "kv-it/my-breakglass", False),
        (["kv-it/root"], "kv-it/root", True),
        (["kv-it/root"], "kv-hr/root", False),
        (["kv-*/root"], "kv-hr/root", True),
        (["roo?"], "kv-a/root", True),
        (["r.*t"], "kv-a/rooot", False),
        (["[a-z]+"], "kv-a/abc", False),
        ([], "kv-a/", False),
        ([], "", False),
    ],
)
def test_patterns(patterns: list[str], name: str, matches: bool) -> None:
    regex = patterns_regex(patterns)
    assert bool(re.search(regex, name)) is matches
    (row,) = query(f"print M = {literal(name)} matches regex {literal(regex)}").to_pylist()
    assert row["M"] is matches, "the engine must agree with Python"
