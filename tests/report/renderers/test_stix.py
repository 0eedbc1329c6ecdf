"""Against OASIS' own validator and library (stix2-validator, stix2)."""

import json
import warnings
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.report.renderers.stix import render

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of packages that they import
    import stix2
    from stix2validator import ValidationOptions, validate_string

OPTIONS = ValidationOptions(version="2.1")


def errors(data: bytes) -> list[str]:
    return [error.message for error in validate_string(data.decode("ascii"), OPTIONS).errors]


@pytest.fixture(scope="module")
def bundle(sample) -> dict:
    return json.loads(render(sample.document()))


def things(bundle: dict, kind: str) -> list[dict]:
    return [one for one in bundle["objects"] if one["type"] == kind]


def test_the_validator_of_the_standard_finds_no_error(sample):
    data = render(sample.document())
    assert errors(data) == []
    assert len(stix2.parse(data.decode("ascii"), version="2.1").objects) == len(json.loads(data)["objects"])


def test_an_error_would_be_found(bundle):
    """The trap: a validator that takes anything."""
    broken = json.loads(json.dumps(bundle))
    del things(broken, "report")[0]["published"]
    assert errors(json.dumps(broken).encode()) != []


def test_every_reference_is_in_the_bundle(bundle):
    ids = [one["id"] for one in bundle["objects"]]
    assert len(ids) == len(set(ids))
    for one in bundle["objects"]:
        refs = [value for name, value in one.items() if name.endswith("_ref")]
        refs += [ref for name, value in one.items() if name.endswith("_refs") for ref in value]
        assert {ref for ref in refs if not ref.startswith("marking-definition--")} <= set(ids), one["id"]


def test_findings_are_observed_sighted_and_told(sample, bundle):
    findings = sample.document().findings
    count = Counter(one["type"] for one in bundle["objects"])
    assert count["observed-data"] == len(findings)
    assert count["sighting"] == sum(len(one.techniques) for one in findings)
    assert count["note"] == len(findings) + 1  # what to replace now
    assert [one["pattern"] for one in things(bundle, "indicator")] == ["[ipv4-addr:value = '203.0.113.77']"]


def test_ids_of_observables_are_those_of_the_standard(bundle):
    """Other producers give the same address the same id: the library computes it too."""
    (address,) = things(bundle, "ipv4-addr")
    assert address["id"] == stix2.v21.IPv4Address(value="203.0.113.77").id
    (account,) = things(bundle, "user-account")
    assert account["id"] == stix2.v21.UserAccount(account_login="jordan.meyer@contoso.com").id


def test_a_later_report_of_the_same_findings_is_a_new_version_of_them(sample, bundle):
    later = json.loads(render(msgspec.structs.replace(sample.document(), made_at="2026-04-01T00:00:00Z")))
    before = {one["id"]: one for one in bundle["objects"]}
    assert before.keys() == {one["id"] for one in later["objects"]}
    changed = [one for one in later["objects"] if "modified" in one and one["type"] != "identity"]
    assert all(one["modified"] > before[one["id"]]["modified"] for one in changed)
    assert all(one["created"] == before[one["id"]]["created"] for one in changed)


def test_other_cases_have_other_reports(sample, bundle):
    """The trap: the title, which most reports share, as the key of the report."""
    document = sample.document()
    custody = (msgspec.structs.replace(document.coverage.custody[0], hash="00" * 32), *document.coverage.custody[1:])
    coverage = msgspec.structs.replace(document.coverage, custody=custody)
    other = json.loads(render(msgspec.structs.replace(document, coverage=coverage)))
    assert things(other, "report")[0]["id"] != things(bundle, "report")[0]["id"]


def test_a_pattern_is_never_made_of_what_is_no_address(sample):
    document = sample.document()
    item = document.exposure[0]
    reader = msgspec.structs.replace(item.readers[0], address="' OR file:name = 'x")
    exposure = (msgspec.structs.replace(item, readers=(reader,)),)
    assert things(json.loads(render(msgspec.structs.replace(document, exposure=exposure))), "indicator") == []


@settings(max_examples=8, deadline=None)
@given(text=st.text(alphabet=st.characters(), min_size=1, max_size=20))
def test_any_text_keeps_the_standard(sample, text):
    document = sample.small_document()
    finding = msgspec.structs.replace(
        document.findings[0], title=text, what=text, why=text, identities=(text,), addresses=(text,), vaults=(text,),
        applications=(text,), tactics=(text,), first_at=text, last_at=text, rule_id=text, severity=text,
    )  # fmt: skip
    data = render(msgspec.structs.replace(document, findings=(finding,), title=text, case=text, incidents=()))
    assert data.isascii()
    assert errors(data) == []


def test_an_observation_names_the_sessions_of_its_rows(sample, bundle):
    document = sample.document()
    named = {
        references[0]["external_id"]: [one["external_id"] for one in references[1:]]
        for references in (one["external_references"] for one in things(bundle, "observed-data"))
    }
    assert named == {f.id: list(f.session_ids) for f in document.findings if f.id in named}
    assert any(named.values())
