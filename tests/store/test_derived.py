"""What many rules begin with, worked out once: the same answers, and nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keywitness.case import Case, create_case
from keywitness.errors import LimitError, StorageFullError
from keywitness.lab.simulate import simulate
from keywitness.model.content import with_functions

VAULT = "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/"


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Three reads of two callers, one of them without an identity."""
    records = [
        {
            "time": f"2026-03-02T10:00:0{n}.1234567Z",
            "category": "AuditEvent",
            "operationName": "SecretGet",
            "resultType": "Success",
            "callerIpAddress": "198.51.100.20",
            "correlationId": f"c{n}",
            "identity": {"claim": {"oid": f"6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e0{n}"} if n else {}},
            "properties": {"requestUri": f"https://kv-a.vault.azure.net/secrets/s{n}", "httpStatusCode": 200 + n},
            "resourceId": f"{VAULT}KV-A",
        }
        for n in range(3)
    ]
    (tmp_path / "e.json").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    made = create_case(tmp_path / "case")
    made.ingest([tmp_path / "e.json"])
    return made


@pytest.mark.parametrize(
    "query",
    [
        "KeyVaultEvents() | sort by TimeGenerated asc",
        "KeyVaultEvents() | where Status > 200 | project Row, TimeGenerated, CallerId, RbacEnabled | sort by Row asc",
        "KeyVaultEvents() | join kind=inner AzureDiagnostics on $left.Row == $right._Row | summarize count() by Vault",
        "AzureDiagnostics | summarize count()",
    ],
)
def test_the_same_rows_and_types(case: Case, query: str) -> None:
    text = with_functions(query)
    with case.prepared() as ready:
        made = ready.query(text)
    plain = case.query(text)
    assert made.to_pylist() == plain.to_pylist()
    assert [(c.name, c.type) for c in made.columns] == [(c.name, c.type) for c in plain.columns]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Three days of a company with an attack: every log has rows."""
    folder = tmp_path_factory.mktemp("company")
    simulate(folder / "logs", days=3, vaults=8, events=800, seed=3)
    made = create_case(folder / "case")
    made.ingest([folder / "logs" / "logs"])
    return made


FUNCTIONS = ("KeyVaultEvents", "DailyEvents", "ContentUses", "ActivityActs", "SignIns", "DirectoryActs")


@pytest.mark.parametrize("windowed", [False, True])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_the_same_rows_of_the_same_types(company: Case, function: str, windowed: bool) -> None:
    text = with_functions(f"{function}() | extend Whole = tostring(pack_all()) | sort by Whole asc")
    window = None
    if windowed:
        begin, end = (
            company.query(f"AzureActivity | summarize At = {which}(TimeGenerated)").table[0][0].as_py()
            for which in ("min", "max")
        )
        window = (begin, (begin + end) // 2)
    plain = company.query(text, window=window)
    assert len(plain)
    with company.prepared() as ready:
        made = ready.query(text, window=window)
    assert made.to_pylist() == plain.to_pylist()
    assert [(c.name, c.type) for c in made.columns] == [(c.name, c.type) for c in plain.columns]


def test_only_what_a_query_asks_for_is_worked_out(company: Case) -> None:
    def made() -> list[str]:
        return sorted(f.name.partition("-")[0] for f in (company.path / "cache").glob("*.parquet"))

    with company.prepared() as ready:
        assert made() == []
        ready.query(with_functions("SignIns() | count"))
        assert made() == ["SignIns"]
        ready.query(with_functions("KeyVaultEvents() | count"))
        ready.query(with_functions("ContentUses() | count"))
        assert made() == ["DailyEvents", "SignIns"]
    assert made() == []


def test_a_window_cuts_the_worked_out_events_too(case: Case) -> None:
    text = with_functions("KeyVaultEvents() | summarize First = min(TimeGenerated), count()")
    times = case.query("AzureDiagnostics | project TimeGenerated | sort by TimeGenerated asc").table[0].to_pylist()
    with case.prepared() as ready:
        (row,) = ready.query(text, window=(times[0], times[1])).to_pylist()
    assert row["count_"] == 1


def test_a_query_needs_the_table_of_the_case(case: Case) -> None:
    with case.prepared() as ready:
        assert ready.needs(with_functions("KeyVaultEvents() | count")).tables == {"AzureDiagnostics"}
        assert "_KeyVaultEvents" not in ready.snapshot().names()


def test_a_folder_that_cannot_be_written_to_gives_the_case_itself(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "mkdir", refuse)
    text = with_functions("KeyVaultEvents() | count")
    with case.prepared() as ready:
        assert ready.query(text).to_pylist() == ready.query(text).to_pylist() == [{"Count": 3}]


def test_rows_that_take_too_much_memory_to_write_are_worked_out_each_time(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LimitError("too much")

    monkeypatch.setattr("keywitness.engine.query.store", refuse)
    with case.prepared() as ready:
        assert ready.query(with_functions("KeyVaultEvents() | count")).to_pylist() == [{"Count": 3}]
        assert not list((case.path / "cache").iterdir())


def test_an_error_inside_is_the_callers_and_leaves_nothing(case: Case) -> None:
    with pytest.raises(StorageFullError, match="ours"), case.prepared() as ready:
        ready.query(with_functions("KeyVaultEvents() | count"))
        raise StorageFullError("ours")
    assert not list((case.path / "cache").iterdir())


def test_a_case_without_vault_events_answers_with_none(tmp_path: Path) -> None:
    with create_case(tmp_path / "empty").prepared() as ready:
        assert ready.query(with_functions("KeyVaultEvents() | count")).to_pylist() == [{"Count": 0}]
