import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.errors import DocumentError
from keywitness.report.document import SCHEMA_VERSION, Scope
from keywitness.report.saved import decode, encode, json_schema, load

ROOT = Path(__file__).parents[2]


def test_a_saved_document_is_the_document(sample, tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(encode(sample.document()))
    assert load(path) == sample.document()
    assert encode(load(path)) == path.read_bytes()


def test_equal_documents_give_equal_bytes(sample):
    assert encode(sample.document()) == encode(sample.document())
    assert encode(sample.document()).endswith(b"}\n")


@given(text=st.text())
def test_any_text_survives_or_is_escaped(sample, text):
    document = msgspec.structs.replace(sample.document(), title=text)
    title = decode(encode(document)).title
    assert title == text


def test_a_file_name_that_is_no_utf8_is_written_as_its_escape(sample):
    document = msgspec.structs.replace(sample.document(), title="caf\udce9.json")
    assert decode(encode(document)).title == "caf\\udce9.json"


def test_a_newer_version_is_refused_and_says_who_reads_it(sample):
    data = json.loads(encode(sample.document())) | {"schema_version": SCHEMA_VERSION + 1, "new_part": 1}
    with pytest.raises(DocumentError) as caught:
        decode(json.dumps(data).encode(), source="x/report.json")
    assert f"x/report.json has schema version {SCHEMA_VERSION + 1}" in caught.value.message
    assert "newer keywitness" in caught.value.help


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d["findings"][1].update(row_count="2"), "$.findings[1].row_count"),
        (lambda d: d["coverage"]["vaults"][0].update(surprise=1), "$.coverage.vaults[0]"),
        (lambda d: d["exposure"][0]["readers"][0].pop("reads"), "$.exposure[0].readers[0]"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(sample, change, place):
    data = json.loads(encode(sample.document()))
    change(data)
    with pytest.raises(DocumentError) as caught:
        decode(json.dumps(data).encode())
    assert place in caught.value.message
    assert caught.value.exit_code == 8


@pytest.mark.parametrize("data", [b"", b"<!doctype html>", b"[1,2]", b'{"a":1}', b"\xff\xfe"])
def test_what_is_no_report_is_refused(data):
    with pytest.raises(DocumentError, match="is not a report"):
        decode(data)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DocumentError, match="cannot be read"):
        load(tmp_path / "nothing.json")


def test_the_schema_is_the_one_in_the_documentation():
    assert (ROOT / "docs" / "reference" / "report-schema.json").read_bytes() == json_schema(), "run `make docs`"
    schema = json.loads(json_schema())
    assert schema["$defs"]["Document"]["additionalProperties"] is False
    assert set(schema["$defs"]["Scope"]["properties"]) == set(Scope.__struct_fields__)
