"""A plan gives what the exact way gives, whatever stands in the values."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from keywitness.evidence.decoding.export import Export
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.inventory.objects import InventoryObjects

TYPE = "Microsoft.Authorization/roleAssignments"
VALUES = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.booleans(),
    st.integers(),
    st.sampled_from(["", "2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00+02:00", "true", "a/b"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
NAMES = st.sampled_from(
    [
        "name",
        "scope",
        "principalId",
        "createdOn",
        "updatedBy",
        "condition",
        "displayName",
        "accountEnabled",
        "state",
        "Scope",
    ]
)
BASES: list[dict[str, Any]] = [
    {"id": "/x", "type": TYPE},
    {"id": "/x", "type": TYPE, "properties": {"scope": "/s", "createdOn": "2026-01-01T00:00:00Z"}},
    {"id": "u1", "userPrincipalName": "ada@contoso.com", "displayName": "Ada"},
    {"id": "a/1", "appRoleId": "r", "principalId": "p", "resourceId": "s"},
]


class Exact(InventoryObjects):
    def plan(self, record: dict[str, Any], export: Export) -> None:
        return None


@given(st.sampled_from(BASES), st.dictionaries(NAMES, VALUES, max_size=5), st.dictionaries(NAMES, VALUES, max_size=3))
def test_a_plan_is_the_exact_way(base: dict[str, Any], more: dict[str, Any], below: dict[str, Any]) -> None:
    record = base | more
    if "properties" in record:
        record["properties"] = record["properties"] | below
    export = Export(b"d", "2026-01-01T00:00:00Z")
    planned, exact = InventoryObjects(Schemas({})), Exact(Schemas({}))
    for _ in range(2):  # made, and used again
        assert planned.rows(record, b"text", export) == exact.rows(record, b"text", export)
