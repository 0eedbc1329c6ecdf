"""Values of documents that the store puts together: the short way gives what the document would."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.store.conftest import decoded, item, table

from keywitness.engine.query import explain, query
from keywitness.store.layout import FORMAT_VERSION, CaseFile, write_case_file
from keywitness.store.ledger import now
from keywitness.store.snapshot import Snapshot, open_snapshot
from keywitness.store.writer import open_writer

COLUMNS = {
    "TimeGenerated": "datetime",
    "ResourceProvider": "string",
    "Category": "string",
    "identity_claim_oid_g": "guid",
    "identity_claim_upn_s": "string",
    "identity_claim_amr_s": "string",
    "identity_claim_iat_d": "real",
    "identity_claim_appid_g": "guid",
    "identity_claim_appid_s": "string",
    "keyProperties_attributes_enabled_b": "bool",
}
OID = "11111111-2222-3333-4444-555555555555"
TEXTS = [
    "",
    "plain",
    'q"uote',
    "[half",
    "{half",
    '[ "pwd", "mfa" ]',
    '{"a": {"b": [1, 2.50]}}',
    "null",
    "5",
    "Ünïcode",
    "\\",
]
PATHS = [
    "Identity.claim.oid",
    "Identity.claim.upn",
    "Identity.claim.amr",
    "Identity.claim.amr[0]",
    "Identity.claim.amr[-1]",
    "Identity.claim.amr.a.b",
    "Identity.claim.amr['a']['b'][1]",
    "Identity.claim.iat",
    "Identity.claim.appid",
    "Identity.claim.absent",
    "Identity.claim.absent.deeper",
    "Identity.claim.oid.deeper",
    "Identity.claim.upn[0]",
    "Identity.other",
    "Identity.claim",
    "Identity['claim'].upn",
    "KeyProperties.attributes.enabled",
    "KeyProperties.attributes",
    "KeyProperties.enabled",
]


class Case:
    def __init__(self, folder: Path) -> None:
        content = CaseFile(format=FORMAT_VERSION, case_id="a case", created_at=now(), keywitness="0")
        self.layout = write_case_file(folder / "case", content)
        rows = [
            (
                i, "MICROSOFT.KEYVAULT", "AuditEvent", OID if i % 2 else None, text, text, 1e-7 * i if i % 3 else None,
                None if i % 3 else OID, text if i % 2 else "", [None, True, False][i % 3],
            )
            for i, text in enumerate(TEXTS)
        ]  # fmt: skip
        with open_writer(self.layout) as writer:
            writer.commit([decoded({"AzureDiagnostics": table(COLUMNS, rows)})], [item(1)], "added")

    def snapshot(self) -> Snapshot:
        return open_snapshot(self.layout)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("documents"))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", ["{}", "tostring({})", "isempty({})", "array_length({})", "tolower(tostring({}))"])
def test_the_short_way_gives_what_the_document_would(case: Case, path: str, form: str) -> None:
    """Plausible and wrong: the flat column as it stands, which keeps the blanks of an array and '' for null."""
    short = f"AZKVAuditLogs | sort by TimeGenerated asc | project x = {form.format(path)}"
    long = f"let T = materialize(AZKVAuditLogs); T | sort by TimeGenerated asc | project x = {form.format(path)}"
    assert query(short, case=case).physical() == query(long, case=case).physical()


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("path", ["Identity.claim.amr", "Identity.claim.appid", "Identity.claim.absent"])
def test_comparisons_find_the_same_rows(case: Case, path: str, text: str) -> None:
    """Plausible and wrong: `== "[...]"` against the flat column, where the text of the array has other blanks."""
    for wanted in (text, text.replace(" ", "")):
        literal = wanted.replace("\\", "\\\\").replace('"', '\\"')
        short = f'AZKVAuditLogs | where tostring({path}) == "{literal}" | count'
        long = f'let T = materialize(AZKVAuditLogs); T | where tostring({path}) == "{literal}" | count'
        assert query(short, case=case).physical() == query(long, case=case).physical()


def test_names_on_the_way_do_not_matter(case: Case) -> None:
    through = (
        "AZKVAuditLogs | extend Claims = parse_json(tostring(Identity)).claim | where isnotempty(Claims.upn) "
        "| extend Who = tostring(Claims.upn) | sort by TimeGenerated asc | project Who"
    )
    assert [who for (who,) in query(through, case=case).physical()][:2] == ["plain", 'q"uote']
    assert "identity_claim_upn_s" in explain(through, case=case, stage="sql")
    assert "concat_ws" not in explain(through.replace("isnotempty(Claims.upn)", "true"), case=case, stage="sql").lower()
