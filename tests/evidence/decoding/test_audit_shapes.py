"""Rows of tables in columns against the exact way: the same rows, places, keys, rejected records and counts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evidence.conftest import Loaded, audit_record, compact, load_paths
from tests.evidence.decoding.shapes.test_table import DEDICATED, DIAGNOSTICS

from keywitness.evidence.decoding.decoder import Decoder, TableBuilder
from keywitness.evidence.decoding.shapes.crosswalk import crosswalk
from keywitness.lab.simulate import simulate
from keywitness.model.tables import AUDIT_TABLE, known_table

Row = dict[str, Any]
SHARED = Path(__file__).parents[4] / "shared" / "samples"


def both_ways(folder: Path) -> tuple[Loaded, Loaded]:
    """In columns where that can be, and record by record."""
    in_columns = load_paths(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Decoder, "_lanes", lambda *_: {})
        return in_columns, load_paths(folder)


def rows(loaded: Loaded) -> dict[str, list[Row]]:
    """Without what only an empty column tells apart, and without the key of a row that is no event."""
    found = {}
    for table, listed in loaded.rows.items():
        timeless = ("_key",) if table == AUDIT_TABLE else ()
        kept = [
            {k: v for k, v in row.items() if v not in ("", None) and (row.get("TimeGenerated") or k not in timeless)}
            for row in listed
        ]
        found[table] = sorted(kept, key=lambda row: (row["_evidence"], row["_offset"]))
    return found


def same(folder: Path) -> Loaded:
    in_columns, exact = both_ways(folder)
    assert rows(in_columns) == rows(exact)
    assert in_columns.rejected == exact.rejected
    assert (in_columns.read, in_columns.shapes) == (exact.read, exact.shapes)
    return in_columns


# ------------------------------------------------------------ how rows are written


def exported(row: Row) -> Row:
    return row


def with_texts(row: Row) -> Row:
    """Dynamic columns as JSON text."""
    return {n: json.dumps(v) if isinstance(v, dict) else v for n, v in row.items()}


def printed(row: Row) -> Row:
    """As `az` prints a row: everything is text."""
    texts = {n: v if isinstance(v, str) else str(v) for n, v in with_texts(row).items()}
    return texts | {"TableName": "PrimaryResult"}


def lines(texts: list[str]) -> str:
    return "".join(text + "\n" for text in texts)


def array(texts: list[str]) -> str:
    return "[\n  " + ",\n  ".join(texts) + "\n]\n"


WRITERS = [exported, with_texts, printed]
#: What a workspace's data export adds to every table.
ADDED = {"_ItemId": "8f3a", "_Internal_WorkspaceResourceId": "/subscriptions/w", "TenantId": "5555"}


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("row", [DEDICATED, DEDICATED | ADDED, DIAGNOSTICS, DIAGNOSTICS | ADDED])
def test_ordinary_rows_go_in_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: Row, write: Callable[[Row], Row]
) -> None:
    several = [write(row | {"DurationMs": n, "TimeGenerated": f"2026-03-01T10:11:12.{n}Z"}) for n in range(1, 10)]
    (tmp_path / "rows.json").write_text(array([json.dumps(r) for r in several]))
    same(tmp_path)
    monkeypatch.setattr(TableBuilder, "add", lambda *_: pytest.fail("a row went the exact way"))
    assert len(load_paths(tmp_path).rows[AUDIT_TABLE]) == 9


def test_a_simulated_data_export_goes_in_columns(tmp_path: Path) -> None:
    simulate(tmp_path / "lab", days=1, vaults=8, seed=3, events=3000, company="bank")
    loaded = same(tmp_path / "lab" / "logs" / "am-azkvauditlogs")
    assert loaded.rejected == []
    assert len(loaded.rows[AUDIT_TABLE]) > 2500


def test_columns_without_a_place_stand_in_additional_fields_by_their_names(tmp_path: Path) -> None:
    """Whatever their order in the export: else the same row of two exports would differ."""
    turned = dict(reversed((DEDICATED | ADDED).items()))
    (tmp_path / "rows.json").write_bytes(compact([DEDICATED | ADDED, turned]))
    one, other = same(tmp_path).rows[AUDIT_TABLE]
    assert one["AdditionalFields"] == other["AdditionalFields"]
    assert json.loads(one["AdditionalFields"]) == {n: v for n, v in ADDED.items() if n != "TenantId"}


# ------------------------------------------------------------ rows that would lose something

CLAIM = {"claim": {"oid": "11111111-2222-3333-4444-555555555555"}}
ODD: list[tuple[str, str]] = [
    ('"Type":', '"eventTimestamp":null,"operationName":null,"Type":'),
    ('"Type":', '"time":"","resourceId":"","category":"","operationName":null,"Type":'),
    ('"Type":', '"TimeGenerated [PST]":null,"Type":'),
    ('"Type":', '"$table":"None","Type":'),
    ('"Type":', '"$table":"Other","Type":'),
    ('"Type":', '"TableName":"Other","Type":'),
    ('"Type":', '"Type":"AzureDiagnostics","Type":'),
    ('"Type":', '"EnableSoftDelete":true,"Properties":{"enableSoftDelete":true},"Type":'),
    ('"Type":', '"EnableSoftDelete":true,"Properties":{"enableSoftDelete":false},"Type":'),
    ('"Type":', '"Properties":{"clientInfo":"other","sku":{"Family":"A"}},"Type":'),
    ('"Type":', '"Properties":{"clientInfo":null,"sku":{"Family":"A"}},"Type":'),
    ('"Type":', '"VaultProperties":{"clientInfo":"other"},"Type":'),
    ('"Type":', '"_SubscriptionId":{},"Type":'),
    ('"Type":', '"KeyProperties":[{"type":null}],"Type":'),
    ('"Type":', '"Identity_string":"x","Type":'),
    ('"Type":', '"AdditionalFields":{"a":1},"Type":'),
    ('"Type":', '"_BilledSize":12.5,"Type":'),
    ('"Type":', '"Wrapped":{"a":null},"Type":'),
    ('"Identity":', '"Identity":{},"Identity":'),
    ('"Identity":', '"Identity":null,"Identity":'),
    ('\\"claim\\":', '\\"claim\\"\\t:'),
    ('\\"', "\\u0022"),
    ('"DurationMs":', '"DurationMs":{},"Was":'),
    ('"OperationName"', '"\\u004fperationName"'),
    ("curl", "\\ud800"),
    ("curl", "\\u001f"),
    ("curl", "\t"),
    ("2026-03-01T", "2026-13-01T"),
    ("12.1234567Z", "12Z"),
    ("12.1234567Z", "12.1Z"),
    ("12.1234567Z", "12.123456789Z"),
    ("12.1234567Z", "12.1234567"),
    ("12.1234567Z", "12.1234567ZZ"),
    ("12.1234567Z", "12.1234567+02:00"),
    ("/vaults/contoso-kv", "/vaults/gro\u00df"),
    ('"_ResourceId":"/', '"_ResourceId":7,"Was":"/'),
    ("contoso-kv/providers", "\U0001f511"),
]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("row", [DEDICATED, DIAGNOSTICS])
@pytest.mark.parametrize(("old", "new"), ODD)
def test_an_odd_row_amid_others_is_what_the_exact_way_makes_of_it(
    tmp_path: Path, row: Row, write: Callable[[Row], Row], old: str, new: str
) -> None:
    text = json.dumps(write(row), separators=(",", ":"), ensure_ascii=False)
    texts = [text, text.replace(old, new), text, text[:-9], text]
    (tmp_path / "rows.json").write_text(lines(texts), "utf-8", "surrogatepass")
    same(tmp_path)


# ------------------------------------------------------------ rows as they come

TEXTS = [
    *["", "None", "x", "\u00dcn\u00ef", "\U0001f511", 'a"b', "a\\b", "line\nbreak", "\x1f", '":', '\\":', '":null'],
    *["{}", "[]", '{"a":1}', "[1e17]", "200", "0200", "200.0", "2e2", "1e400", "True", "true", "AuditEvent"],
    *["2026-03-01T10:11:12.12Z", "3/1/2026, 10:11:12.123 AM"],
    *["0123456789abcdef0123456789abcdef", "11111111-2222-3333-4444-555555555555"],
]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 200, -5, 2**31, 2**53 + 1, 2**63, 10**30]),
    st.sampled_from([0.0, 200.0, 1.5, 1e17, 1e-7, -0.0]),
    st.sampled_from(TEXTS),
    st.text(max_size=6),
    st.sampled_from([[], {}, [{}], [{"a": None}], {"a": None}, {"a": ""}, [1e17, "\x01"], [["x"]]]),
)
MEMBERS = st.sampled_from(
    [
        *[
            "claim",
            "oid",
            "upn",
            "new",
            "sku",
            "attributes",
            "enabled",
            "type",
            "a:b",
            'q"uote',
            "back\\",
            "OID",
            "exp",
        ],
        *["clientInfo", "requestUri", "TenantId", "addedAccessPolicy", "Permissions", "networkAcls", "\u00e9"],
    ]
)
VALUES = st.one_of(LEAVES, st.dictionaries(MEMBERS, st.one_of(LEAVES, st.dictionaries(MEMBERS, LEAVES, max_size=2))))
COLUMNS = st.sampled_from(
    [
        *crosswalk(),
        *[c.name for c in known_table(AUDIT_TABLE) or () if not c.hidden],
        *["_ItemId", "MG", "custom_s", "custom_d", "custom_g", "custom", "Category", "category", "operationName"],
        *["value", "resourceId", "$table", "TableName", "TimeGenerated [UTC]", "Identity_dynamic", "RawData", "a.b"],
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.sampled_from([DEDICATED, DEDICATED | ADDED, DIAGNOSTICS]),
    st.sampled_from(WRITERS),
    st.sampled_from([lines, array]),
    st.lists(st.dictionaries(COLUMNS, VALUES, max_size=2), min_size=1, max_size=8),
    st.lists(st.dictionaries(MEMBERS, LEAVES, max_size=2), max_size=3),
    st.sampled_from([(",", ":"), (", ", ": "), (",", " :")]),
    st.booleans(),
)
def test_whatever_the_columns_take_equals_the_exact_way(
    tmp_path_factory: pytest.TempPathFactory,
    row: Row,
    write: Callable[[Row], Row],
    join: Callable[[list[str]], str],
    changes: list[Row],
    claims: list[Row],
    separators: tuple[str, str],
    ascii_only: bool,
) -> None:
    changed = [row, *(row | change for change in changes)]
    changed += [row | {"Identity": {"claim": CLAIM["claim"] | said}} for said in claims]
    texts = [json.dumps(write(r), separators=separators, ensure_ascii=ascii_only) for r in changed]
    folder = tmp_path_factory.mktemp("rows")
    (folder / "rows.json").write_bytes(join(texts).encode("utf-8", "replace"))
    same(folder)


@pytest.mark.parametrize("seed", range(8))
def test_broken_lines_and_other_records_amid_many_rows(tmp_path: Path, seed: int) -> None:
    """Enough rows that the columns learn from what they could not prove, and try again."""
    chance = random.Random(seed)
    odd = ["{broken", "", "garbage", "[1]", "null", compact(audit_record()).decode(), json.dumps(DIAGNOSTICS)]
    later = [{"Identity": {"claim": {"late": "x"}}}, {"_ItemId": "1"}, {"Algorithm": "ES256"}, {"DurationMs": "?"}]
    write = chance.choice(WRITERS)
    texts = []
    for number in range(600):
        row = DEDICATED | {"CorrelationId": str(number)} | (chance.choice(later) if chance.random() < 0.4 else {})
        texts.append(json.dumps(write(row)))
        if chance.random() < 0.02:
            texts.append(chance.choice(odd))
    (tmp_path / "rows.json").write_text(lines(texts))
    same(tmp_path)


@pytest.mark.parametrize("kind", ["kv_audit", "activity", "entra"])
def test_the_collected_samples_are_the_same_both_ways(kind: str) -> None:
    if not (SHARED / kind).is_dir():
        pytest.skip(f"the collected samples, ../shared/samples/{kind}, are not here")
    same(SHARED / kind)
