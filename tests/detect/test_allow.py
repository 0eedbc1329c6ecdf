"""The allow-list hides what one of its rows is about as a whole, until it ends, and says what it hid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from keywitness.case import create_case
from keywitness.detect.allow import allowances, told
from keywitness.detect.finding import Finding, finding
from keywitness.detect.rule import Additions, Rule
from keywitness.detect.run import run_rules
from keywitness.errors import RuleError

RULE = Rule(id="r1", name="Probe", query="", severity="Medium", keywitness=Additions(slug="probe"))
ROW = {
    "Identities": ["scanner@contoso.com"],
    "CallerId": "7f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e09",
    "Addresses": ["198.51.100.7"],
    "Applications": ["8f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e0a"],
    "Vaults": ["kv-pay", "kv-pay-2"],
    "FirstAt": "2026-03-01T10:00:00Z",
    "LastAt": "2026-03-01T11:00:00Z",
}
ENDS = {"Expires": "2026-12-31", "Reason": "the auditors"}


def made(**changes: Any) -> Finding:
    return finding(RULE, "", {**ROW, **changes})


def hides(found: Finding, **cells: str) -> bool:
    (allowance,) = allowances([{**ENDS, **cells}])
    return allowance.covers(found)


@pytest.mark.parametrize(
    "cells",
    [
        {"Identity": "Scanner@contoso.com"},
        {"Identity": "7f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e09"},
        {"Identity": "scanner@*", "Address": "198.51.100.0/24"},
        {"Address": "198.51.100.7"},
        {"Application": "8f1e0c1c-*"},
        {"Vault": "kv-pay*"},
        {"Rule": "probe", "Vault": ""},
        {"identity": "scanner@contoso.com"},
    ],
)
def test_a_row_hides_what_it_is_about(cells: dict[str, str]) -> None:
    assert hides(made(), **cells)


@pytest.mark.parametrize(
    ("cells", "changes"),
    [
        ({"Identity": "scanner@contoso.com"}, {"Identities": ["scanner@contoso.com", "mallory@contoso.com"]}),
        ({"Address": "198.51.100.7"}, {"Addresses": ["198.51.100.7", "203.0.113.66"]}),
        ({"Address": "198.51.100.0/24"}, {"Addresses": []}),
        ({"Address": "198.51.100.0/24"}, {"Addresses": ["unknown"]}),
        ({"Vault": "kv-pay"}, {}),
        ({"Vault": "kv-pay*"}, {"Vaults": []}),
        ({"Identity": "scanner@contoso.com", "Rule": "other"}, {}),
        ({"Identity": "scanner@contoso.com", "Expires": "2026-03-01T11:00:00Z"}, {}),
        ({"Identity": "scanner@contoso.com"}, {"FirstAt": None, "LastAt": None}),
    ],
    ids=["second-caller", "second-address", "none", "no-address", "one-vault", "no-vault", "rule", "ended", "no-time"],
)
def test_a_row_hides_nothing_that_goes_beyond_it(cells: dict[str, str], changes: dict[str, Any]) -> None:
    assert not hides(made(**changes), **cells)


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ({**ENDS, "Identity": " "}, "row 1 of the watchlist allow is about nothing, so it would hide everything"),
        ({"Identity": "a", "Reason": "x", "Expires": ""}, "row 1 of the watchlist allow has no end"),
        ({"Identity": "a", "Reason": "x", "Expires": "soon"}, "row 1 of the watchlist allow has no end"),
        ({"Identity": "a", "Expires": "2026-12-31"}, "row 1 of the watchlist allow says no reason"),
        ({**ENDS, "Address": "the office"}, "row 1 of the watchlist allow has the address 'the office'"),
    ],
)
def test_a_row_that_says_too_little_is_refused(row: dict[str, str], cause: str) -> None:
    with pytest.raises(RuleError) as caught:
        allowances([row])
    assert str(caught.value).startswith(cause)
    assert caught.value.help


def test_what_was_hidden_is_counted_with_its_reason(tmp_path: Path) -> None:
    listed = tmp_path / "allow.csv"
    listed.write_text("Identity,Expires,Reason\nscanner@*,2026-12-31,the auditors\n")
    case = create_case(tmp_path / "case")
    case.add_watchlist(listed, "allow")
    probe = Rule(
        id="r1",
        name="Probe",
        query="""datatable(Identities: string, FirstAt: datetime) [
            "scanner@contoso.com", datetime(2026-03-01),
            "mallory@contoso.com", datetime(2026-03-02),
            "scanner@contoso.com", datetime(2027-03-01)]""",
        keywitness=Additions(slug="probe", tables=("AzureDiagnostics",)),
    )
    (outcome,) = run_rules(case, [probe], present=frozenset({"AzureDiagnostics"}))
    assert [(f.identities, f.first_at[:4]) for f in outcome.findings] == [
        (("mallory@contoso.com",), "2026"),
        (("scanner@contoso.com",), "2027"),
    ]
    assert outcome.reason == "1 finding hidden by the watchlist allow (the auditors)"
    assert outcome.notes == ("Probe: 1 finding hidden by the watchlist allow (the auditors).",)
    assert [f.first_at[:4] for f in outcome.hidden] == ["2026"]


def test_nothing_hidden_is_nothing_said() -> None:
    assert told([]) == ""
