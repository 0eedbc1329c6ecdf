"""A small case without an engine: a catalog, and queries bound against it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from keywitness.errors import QueryError
from keywitness.kql import plan
from keywitness.kql.catalog import EmptyCatalog, StoredFunction
from keywitness.kql.compile import Options, compile_kql
from keywitness.model.schema import ROW_COLUMN, Column, KqlType, Schema

T = KqlType
#: 2024-01-01T00:00:00Z
NOW = 638_396_640_000_000_000

TABLES = {
    "AzureDiagnostics": Schema(
        [
            Column("TimeGenerated", T.DATETIME),
            Column("Resource", T.STRING),
            Column("OperationName", T.STRING),
            Column("ResultType", T.STRING),
            Column("httpStatusCode_d", T.REAL),
            Column("CallerIPAddress", T.STRING),
            Column("identity_claim_appid_g", T.GUID),
            Column("isAccessPolicyMatch_b", T.BOOL),
            Column("AdditionalFields", T.DYNAMIC),
            ROW_COLUMN,
        ]
    ),
    "AZKVAuditLogs": Schema(
        [
            Column("TimeGenerated", T.DATETIME),
            Column("Resource", T.STRING),
            Column("HttpStatusCode", T.INT),
            Column("Duration", T.TIMESPAN),
            Column("Count", T.LONG),
            Column("Cost", T.DECIMAL),
            ROW_COLUMN,
        ]
    ),
    "SigninLogs": Schema([Column("TimeGenerated", T.DATETIME), Column("Identity", T.STRING)]),
}


FUNCTIONS = {
    "Refusals": "(least: long = 400) {\nAzureDiagnostics\n| where httpStatusCode_d >= least\n}",
    "Misspelt": "() {\nAzureDiagnostics\n| where CallerIPAdress == ''\n}",
    "Chicken": "() {\nEgg()\n}",
    "Egg": "() {\nChicken\n}",
    "Elsewhere": "() {\nOkta_CL | take 1\n}",
}


class Catalog(EmptyCatalog):
    """Three tables and some functions; `SigninLogs` is known without evidence."""

    def function(self, name: str) -> StoredFunction | None:
        return StoredFunction(name, FUNCTIONS[name], 0) if name in FUNCTIONS else super().function(name)

    def function_names(self) -> Sequence[str]:
        return sorted([*FUNCTIONS, *super().function_names()])

    def schema(self, table: str) -> Schema | None:
        return TABLES.get(table)

    def has_evidence(self, table: str) -> bool:
        return table in TABLES and table != "SigninLogs"

    def names(self) -> Sequence[str]:
        return sorted(TABLES)


class Bench:
    """Binds queries against three tables, without an engine."""

    def bound(self, query: str, *, rewrite: bool = False) -> plan.Program:
        """The query as a program; without the rewrite passes unless asked for."""
        return compile_kql(query, Catalog(), NOW, options=Options(rewrite=rewrite))

    def columns(self, query: str) -> list[str]:
        """The result's columns as `name:type`."""
        return [f"{c.name}:{c.type.value}" for c in self.bound(query).result.schema]

    def names(self, query: str) -> list[str]:
        """The result's column names."""
        return [c.name for c in self.bound(query).result.schema]

    def value(self, expression: str, over: str = "AZKVAuditLogs") -> plan.Scalar:
        """One bound expression over a table."""
        result = self.bound(f"{over} | project x = {expression}").result
        assert isinstance(result, plan.Project)
        return result.columns[0].value

    def refusal(self, query: str) -> QueryError:
        """The error of a query that must be refused."""
        with pytest.raises(QueryError) as caught:
            self.bound(query)
        return caught.value


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog()
