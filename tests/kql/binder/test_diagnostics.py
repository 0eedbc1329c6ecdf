"""Refusals are reviewed text: `errors/*.txt` holds each in full, the query above a line of four dashes."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.statements import MOST_STEPS

CASES = sorted(Path(__file__).with_name("errors").glob("*.txt"))
_CODE = r"(?:KS|KWQ|SEM)\d{3,4}"


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_rendered_message(bench: Any, path: Path) -> None:
    query, _, expected = path.read_text(encoding="utf-8").partition("\n----\n")
    assert bench.refusal(query).render() + "\n" == expected


def test_every_factory_names_its_code_in_its_docstring() -> None:
    for name, function in inspect.getmembers(diagnostics, inspect.isfunction):
        codes = set(re.findall(f'"({_CODE})"', inspect.getsource(function)))
        if codes and function.__module__ == diagnostics.__name__:
            assert codes == {(function.__doc__ or "").split(":")[0]}, name


def test_every_code_has_a_message_under_test() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in CASES)
    made = set(re.findall(f'"({_CODE})"', inspect.getsource(diagnostics)))
    too_long = {"KWQ306"}  # hundreds of operators are no snapshot: see below
    assert made - set(re.findall(r"error\[(\w+)\]", shown)) == too_long


def test_too_many_operators_are_refused_at_the_first_that_is_too_much(bench: Any) -> None:
    error = bench.refusal("AZKVAuditLogs" + " | take 5" * (MOST_STEPS + 10))
    (found,) = error.diagnostics
    assert found.code == "KWQ306" and found.place.startswith(f"stage {MOST_STEPS + 2} of")
    chained = [f"let a{i} = a{i - 1} | where Count > 0 | extend x = 1;" for i in range(1, MOST_STEPS)]
    assert (
        bench.refusal(f"let a0 = AZKVAuditLogs; {''.join(chained)} a{MOST_STEPS - 1}").diagnostics[0].code == "KWQ306"
    )


def test_a_refusal_says_the_stage_and_keeps_its_place_inside_functions_and_subqueries(bench: Any) -> None:
    error = bench.refusal("AzureDiagnostics | where Resource in ((AZKVAuditLogs | where Nope == 1 | project Resource))")
    (found,) = error.diagnostics
    assert found.place == "stage 2 of 3 (where)"
    assert error.text[found.span.start : found.span.end] == "Nope"


def test_hostile_names_are_made_visible(bench: Any) -> None:
    message = bench.refusal("AzureDiagnostics | where ['a\\u001b[31m\\u202eb'] == 1").render()
    assert "\x1b" not in message and "\u202e" not in message.partition("\n")[0]


def test_a_refusal_that_nothing_was_said_of_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    from keywitness.errors import QueryError
    from keywitness.kql import binder
    from keywitness.kql.catalog import EmptyCatalog
    from keywitness.kql.compile import compile_kql

    def silent(*_: Any, **__: Any) -> None:
        raise diagnostics.RefusedError

    monkeypatch.setattr(binder, "bind", silent)
    with pytest.raises(QueryError, match="not said which"):
        compile_kql("print 1", EmptyCatalog(), 0)
