"""What the summary's sentences say, and what they must not say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from keywitness.case import Case
from keywitness.exposure.reads import Exposed, Reader
from keywitness.investigate import investigate, make_scope
from keywitness.investigate.documents import Names
from keywitness.investigate.summary import summary
from keywitness.report.document import Coverage, RuleRun, Scope, VaultCoverage

AT = "2026-03-02T10:00:00.0000000Z"
GAPS = (
    "kv-a logged nothing after 2026-03-02 10:00:00 UTC: reads since then cannot be excluded.",
    "kv-a-two has no audit records at all (only the Activity Log names it): whether its contents were read cannot be"
    " said.",
    "Without sign-ins of people, it cannot be seen how an account was entered.",
)


def covered(gaps: Sequence[str] = GAPS, status: str = "ran", records: int = 5) -> Coverage:
    vaults = [
        VaultCoverage(
            vault=name, resource_id="", first_at=AT, last_at=AT, records=records, hours=(records,), silent_spans=()
        )
        for name in ("kv-a", "kv-a-two")
    ]
    return Coverage(
        since=AT,
        until=AT,
        vaults=tuple(vaults),
        tables=(),
        evidence=(),
        rejected=(),
        rules=(RuleRun(rule_id="r", name="Rule", status=status, reason="", findings=0),),
        cannot_conclude=tuple(gaps),
    )


def exposed(*reasons: str) -> Exposed:
    reader = Reader("mallory@contoso.com", "id-1", "", "", "203.0.113.66", 1, AT, AT, ("E1:1",), reasons)
    return Exposed("kv-a", "secret", "root", "v1", False, "SecretGet", (reader,))


def said(
    asked: Scope | None = None, objects: Sequence[Exposed] = (), outside: int = 0, over: Coverage | None = None
) -> str:
    return " ".join(summary(asked or Scope(), objects, [], over or covered(), 5, outside, Names({})))


def test_one_read_has_one_time() -> None:
    assert "It was read by mallory@contoso.com at 203.0.113.66 at 2026-03-02 10:00:00 UTC." in said(
        objects=[exposed("Rule")]
    )


def test_callers_of_unsuspicious_reads_are_not_cleared() -> None:
    """A caller whom findings name may have read these as well, elsewhere: only the requests are unsuspicious."""
    text = said(objects=[exposed()])
    assert "1 object version was handed out, none of them in a request or session" in text
    assert "caller whom" not in text
    assert "It cannot be excluded that something was taken: kv-a logged nothing" in text


@pytest.mark.parametrize(
    ("scope", "sentence"),
    [
        ({"watchlist": ["root", "BreakGlass*"]}, "2 names of a watch list were watched as well."),
        ({"watchlist": ["root"]}, "1 name of a watch list was watched as well."),
        ({"secrets": ["root*"]}, "The question was limited to objects named root*."),
        (
            {"vaults": ["kv-a"], "since": "2026-03-01", "until": "2026-03-02"},
            "The question was limited to vault kv-a, the time from 2026-03-01 00:00:00 UTC until 2026-03-02 00:00:00"
            " UTC.",
        ),
    ],
)
def test_the_question_is_said_in_a_sentence(scope: dict[str, Any], sentence: str) -> None:
    text = said(make_scope(**scope))
    assert sentence in text
    assert "limited to" in sentence or "limited to" not in text


def test_gaps_of_other_vaults_do_not_answer_a_question_on_one() -> None:
    text = said(make_scope(vaults=["kv-a-two"]))
    assert "kv-a logged nothing" not in text
    assert "taken: kv-a-two has no audit records" in text
    assert "The coverage names 1 further gap." in text


def test_one_finding_outside_is_singular() -> None:
    assert "1 finding lies outside of the question and is not shown." in said(outside=1)
    assert "2 findings lie outside of the question and are not shown." in said(outside=2)


def test_events_of_the_callers_in_question_are_not_called_all_with_a_caller() -> None:
    assert "5 of them of the callers or addresses in question" in said(make_scope(addresses=["203.0.113.66"]))
    assert "5 of them with a caller" in said()


def test_nothing_is_concluded_from_nothing() -> None:
    text = said(over=covered((), status="not run", records=0))
    assert "no audit record of any vault: whether anything was taken cannot be said" in text
    assert "No rule could run" in text
    assert "No record of the evidence shows" not in text


def test_the_case_is_named_as_the_reader_names_it(case_of: Callable[..., Case]) -> None:
    case = case_of()
    assert investigate(case, place="./my case").case == "./my case"
    assert investigate(case).case == str(case.path)
