"""A million grants in columns are what the exact way makes of them, odd ones included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.conftest import Loaded, load_paths

from keywitness.evidence.decoding import decoder

SUB = "/subscriptions/s"
TYPE = "Microsoft.Authorization/roleAssignments"


def grant(number: int, **more: Any) -> dict[str, Any]:
    return {
        "condition": None,
        "createdOn": "2026-01-01T00:00:00.123456+00:00",
        "id": f"{SUB}/providers/{TYPE}/{number}",
        "name": str(number),
        "principalId": f"p{number}",
        "principalName": "",
        "principalType": "User",
        "roleDefinitionId": f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/r",
        "scope": SUB,
        "type": TYPE,
        "updatedBy": None,
    } | more


ODD: list[dict[str, Any]] = [
    grant(1, createdOn="2026-01-01T00:00:00Z"),
    grant(2, createdOn="2026-01-01T02:00:00+02:00"),
    grant(3, createdOn="never"),
    grant(4, createdOn=""),
    grant(5, principalName={"given": "Ada"}),
    grant(6, principalName=7),
    grant(7, principalName='Ada "the first" \u00e9\U0001f511 \\ '),
    grant(8, condition="line\nbreak"),
    grant(9, surprise={"a": [1]}),
    grant(10, type="Microsoft.Authorization/roleEligibilityScheduleInstances"),
    {k: v for k, v in grant(11).items() if k != "scope"},
    dict(reversed(grant(12).items())),
    grant(13, expandedProperties={"principal": {"displayName": "Ada"}}),
    grant(14, properties={"scope": "/elsewhere"}),
    {"groupId": "g", "value": []},
]
PEOPLE = [
    {"id": f"u{n}", "displayName": "Ada", "userPrincipalName": f"u{n}@contoso.com", "accountEnabled": n % 2 == 0}
    for n in range(600)
] + [{"id": "a/b", "displayName": "x", "userPrincipalName": "y@contoso.com", "accountEnabled": "maybe"}]
NESTED = [
    {
        "properties": {k: v for k, v in grant(n).items() if k not in ("id", "name", "type")},
        "id": f"/x/{n}",
        "type": TYPE,
    }
    for n in range(600)
]


def rows(loaded: Loaded) -> dict[str, list[dict[str, Any]]]:
    """Without what only an empty column tells apart."""
    found = {}
    for table, listed in loaded.rows.items():
        kept = [{k: v for k, v in row.items() if v not in ("", None)} for row in listed]
        found[table] = sorted(kept, key=lambda row: row["_offset"])
    return found


@pytest.mark.parametrize("form", ["array", "lines", "page", "taken"])
@pytest.mark.parametrize(
    "records",
    [[*map(grant, range(100, 800)), *ODD, *map(grant, range(800, 900))], PEOPLE, NESTED],
    ids=["az", "people", "arm"],
)
def test_columns_give_what_the_exact_way_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: list[dict[str, Any]], form: str
) -> None:
    texts = [json.dumps(r, ensure_ascii=n % 2 == 0) for n, r in enumerate(records)]
    joined = {
        "lines": "\n".join(texts),
        "array": f"[{','.join(texts)}]",
        "page": f'{{"value":[{",".join(texts)}]}}',
        "taken": f'{{"takenAt":"2026-03-01T08:00:00Z","value":[{",".join(texts)}]}}',
    }
    (tmp_path / "export.json").write_text(joined[form])
    in_columns = load_paths(tmp_path)
    in_columns.check_sums()
    monkeypatch.setattr(decoder, "LEAST", 10**9)
    exact = load_paths(tmp_path)
    assert rows(in_columns) == rows(exact)
    assert in_columns.rejected == exact.rejected
    assert in_columns.shapes == exact.shapes


def test_columns_are_really_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "export.json").write_text(json.dumps([*map(grant, range(1000))]))
    monkeypatch.setattr(decoder.TableBuilder, "add", lambda *_: pytest.fail("a row went the exact way"))
    assert len(load_paths(tmp_path).rows["RoleAssignments"]) == 1000
