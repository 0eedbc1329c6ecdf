"""Against the schema that ocsf.io publishes (package ocsf-json-schema)."""

import json

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from keywitness.report.renderers.ocsf import VERSION, render


def _validator(version: str) -> jsonschema.Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))
    return jsonschema.Draft202012Validator(schema.get_class_schema(class_name="detection_finding", profiles=["cloud"]))


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return _validator(VERSION)


def events(document) -> list[dict]:
    return [json.loads(line) for line in render(document).splitlines()]


@pytest.mark.parametrize("version", ["1.5.0", VERSION])
def test_every_finding_is_a_detection_finding_of_the_schema(sample, version):
    found = events(sample.document())
    assert len(found) == len(sample.document().findings)
    validator = _validator(version)
    assert [error.message for event in found for error in validator.iter_errors(event)] == []


def test_an_attribute_that_ocsf_does_not_have_would_be_found(sample, validator):
    """The trap: a validator that takes anything."""
    event = events(sample.document())[0] | {"surprise": 1}
    assert not validator.is_valid(event)


def test_it_says_when_and_not_only_when_it_was_told(sample):
    event = events(sample.document())[0]
    assert event["time"] == 1_773_826_200_000  # of the document
    assert event["start_time"] == 1_773_479_015_482  # of the finding
    assert event["finding_info"]["first_seen_time"] == event["start_time"]


def test_findings_of_an_incident_name_each_other(sample):
    found = events(sample.document())
    assert {event["metadata"]["correlation_uid"] for event in found} == {"I-0badcafe"}
    assert all(len(event["finding_info"]["related_events"]) == len(found) - 1 for event in found)


def test_a_subtechnique_has_its_parent(sample):
    (attack,) = events(sample.document())[0]["finding_info"]["attacks"]
    assert attack["technique"] == {"uid": "T1098", "name": "Account Manipulation"}
    assert attack["sub_technique"] == {"uid": "T1098.003", "name": "Additional Cloud Roles"}
    assert [one["uid"] for one in attack["tactics"]] == ["TA0003", "TA0004"]


@settings(max_examples=25, deadline=None)
@given(text=st.text(alphabet=st.characters(), max_size=30))
def test_any_text_keeps_the_schema(sample, validator, text):
    document = sample.document()
    finding = msgspec.structs.replace(
        document.findings[0], title=text, what=text, identities=(text,), addresses=(text, "2001:db8::1"),
        vaults=(text,), objects=(text,), first_at=text, severity=text, confidence=text, tactics=(text,), rule_id=text,
    )  # fmt: skip
    data = render(msgspec.structs.replace(document, findings=(finding,), made_by=text, case=text))
    assert data.isascii()
    assert [error.message for error in validator.iter_errors(json.loads(data))] == []


def test_a_finding_names_the_sessions_of_its_rows(sample):
    document = sample.document()
    named = {event["finding_info"]["uid"]: event["unmapped"].get("sessions", []) for event in events(document)}
    assert named == {f.id: list(f.session_ids) for f in document.findings}
    assert any(named.values())
