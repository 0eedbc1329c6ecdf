"""The public way to ask, over a small case in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

import keywitness
from keywitness.engine.query import explain, query
from keywitness.errors import QueryError, UsageError
from keywitness.kql.catalog import EmptyCatalog
from keywitness.model.schema import ROW_COLUMN, Column, KqlType, Schema
from keywitness.store.relation import Relation

T0 = 638_712_864_000_000_000  # 2025-01-01


class MemoryCase(EmptyCatalog):
    """Tables as Arrow, seen as a query sees a case."""

    def __init__(self, tables: Mapping[str, tuple[Schema, pa.Table]]) -> None:
        self.tables = tables

    def snapshot(self) -> MemoryCase:
        return self

    def schema(self, table: str) -> Schema | None:
        return self.tables[table][0] if table in self.tables else None

    def has_evidence(self, table: str) -> bool:
        return table in self.tables

    def names(self) -> Sequence[str]:
        return sorted(self.tables)

    def relation(self, table: str) -> Relation:
        schema = self.tables[table][0]
        return Relation(f'"mem_{table}"', {c.name: f'"k{i}"' for i, c in enumerate(schema)})

    def prepare(self, connection: Any) -> None:
        for name, (_, table) in self.tables.items():
            connection.register("arriving", table)
            connection.execute(f'CREATE OR REPLACE TABLE "mem_{name}" AS FROM arriving')

    def folders(self) -> tuple[str, ...]:
        return ()


@pytest.fixture
def case() -> MemoryCase:
    schema = Schema(
        [
            Column("TimeGenerated", KqlType.DATETIME),
            Column("OperationName", KqlType.STRING),
            Column("operationname", KqlType.STRING),
            Column("httpStatusCode_d", KqlType.REAL),
            Column("CallerIPAddress", KqlType.STRING),
            Column("Resource", KqlType.STRING),
            Column("ResourceType", KqlType.STRING),
            ROW_COLUMN,
        ]
    )
    rows = [
        (T0, "SecretList", "a", 200.0, "192.0.2.1", "KV1", "VAULTS", "E1:0"),
        (T0 + 1, "SecretGet", "b", 403.0, "192.0.2.1", "KV2", "VAULTS", "E1:10"),
        (T0 + 36_000_000_000, "SecretGet", "c", 200.0, "198.51.100.7", "KV1", "VAULTS", "E1:20"),
        (T0 + 864_000_000_000, "Authentication", "d", 401.0, "192.0.2.1", "KV1", "VAULTS", "E1:30"),
    ]
    table = pa.table({f"k{i}": [row[i] for row in rows] for i in range(len(schema))})
    return MemoryCase({"AzureDiagnostics": (schema, table)})


ARTICLE = """AzureDiagnostics
| where ResourceType == ‘VAULTS’ and OperationName != “Authentication”
| summarize MinTime = min(TimeGenerated), MaxTime = max(TimeGenerated), OperationCount=count(),
    UnauthorizedAccess=countif(httpStatusCode_d >= 400), OperationNames = make_set(OperationName),
    make_set_if(httpStatusCode_d, httpStatusCode_d >= 400), VaultName=make_set(Resource) by CallerIPAddress
| where OperationNames has_any (“SecretList”, “CertificateList”) and UnauthorizedAccess > 0"""


def test_the_articles_query_as_pasted(case: MemoryCase) -> None:
    rows = query(ARTICLE, case)
    assert rows.to_pylist() == [
        {
            "CallerIPAddress": "192.0.2.1",
            "MinTime": "2025-01-01T00:00:00.0000000Z",
            "MaxTime": "2025-01-01T00:00:00.0000001Z",
            "OperationCount": 2,
            "UnauthorizedAccess": 1,
            "OperationNames": ["SecretGet", "SecretList"],
            "set_httpStatusCode_d": [403.0],
            "VaultName": ["KV1", "KV2"],
        }
    ]
    assert any("quotes" in note for note in rows.notes)


def test_columns_that_differ_by_case_are_different(case: MemoryCase) -> None:
    rows = query("AzureDiagnostics | project OperationName, operationname | take 1", case).to_pylist()
    assert rows == [{"OperationName": "SecretList", "operationname": "a"}]


def test_the_row_column_leads_to_the_bytes_when_asked(case: MemoryCase) -> None:
    assert "_Row" not in query("AzureDiagnostics | take 1", case).to_pylist()[0]
    rows = query("AzureDiagnostics | where OperationName == 'SecretGet' | project _Row", case)
    assert [r["_Row"] for r in rows] == ["E1:10", "E1:20"]


@pytest.mark.parametrize(
    ("now", "count"),
    [
        ("latest", 2),
        ("2025-01-01T12:00:00Z", 4),
        (datetime(2025, 1, 2, tzinfo=UTC), 2),
        (None, 0),
    ],
)
def test_now(case: MemoryCase, now: Any, count: int) -> None:
    """`latest` is the last event of the case: the window reaches back from it."""
    text = "AzureDiagnostics | where TimeGenerated > ago(23h + 30m) | count"
    if now == "latest":
        count = 2  # one in the second hour, and the last one itself
    assert query(text, case, now=now).to_pylist() == [{"Count": count}]


def test_bad_nows(case: MemoryCase) -> None:
    with pytest.raises(UsageError, match="not a time"):
        query("print 1", case, now="yesterday")
    with pytest.raises(UsageError, match="time zone"):
        query("print 1", case, now=datetime(2025, 1, 1))  # noqa: DTZ001


def test_filters_reach_the_scan_as_plain_comparisons(case: MemoryCase) -> None:
    """A cast or a lower() around the column would keep Parquet statistics from pruning."""
    sql = explain(
        "AzureDiagnostics | where TimeGenerated > datetime(2025-01-01) and CallerIPAddress == '192.0.2.1'",
        case,
        stage="sql",
    )
    assert '"k0" > CAST(638712864000000000 AS BIGINT)' in sql
    assert "\"k4\" = '192.0.2.1'" in sql


def test_bag_unpack_looks_at_the_rows(case: MemoryCase) -> None:
    text = (
        "AzureDiagnostics | summarize d = make_bag(bag_pack(OperationName, httpStatusCode_d)) | evaluate bag_unpack(d)"
    )
    assert query(text, case).to_pylist() == [{"Authentication": 401.0, "SecretGet": 403.0, "SecretList": 200.0}]


def test_every_stage_can_be_shown(case: MemoryCase) -> None:
    text = "AzureDiagnostics | where OperationName has 'Get' | summarize count() by Resource"
    assert "Summarize" in explain(text, case, stage="plan")
    assert "SELECT" in explain(text, case, stage="sql")
    assert explain(text, case, stage="syntax")
    with pytest.raises(UsageError):
        explain(text, case, stage="tokens")


def test_without_a_case() -> None:
    assert keywitness.query("print Answer = 6 * 7").to_pylist() == [{"Answer": 42}]
    with pytest.raises(QueryError):
        keywitness.query("AzureDiagnosticz | take 1")


def test_what_an_engine_cannot_say_is_refused_with_a_way_on() -> None:
    with pytest.raises(QueryError) as refusal:
        query("print hash(true)")
    assert "tostring" in refusal.value.help
    assert "no rows" in refusal.value.effect
