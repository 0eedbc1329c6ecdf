"""Against the layer format 4.5 of the ATT&CK Navigator, its property tables written as JSON Schema."""

import json

import jsonschema
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.report.renderers.navigator import render

TEXT, FLAG = {"type": "string"}, {"type": "boolean"}


def thing(required: str, **properties: object) -> dict:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


METADATA = {"type": "array", "items": thing("name value", name=TEXT, value=TEXT)}
SCHEMA = thing(
    "name versions domain",
    name=TEXT,
    versions=thing("navigator layer", attack=TEXT, navigator={"pattern": r"^(4\.9|[5-9])\."}, layer={"const": "4.5"}),
    domain={"enum": ["enterprise-attack", "mobile-attack", "ics-attack"]},
    description=TEXT,
    sorting={"enum": [0, 1, 2, 3]},
    layout=thing(
        "", layout={"enum": ["side", "flat", "mini"]}, showID=FLAG, showName=FLAG,
        expandedSubtechniques={"enum": ["none", "all", "annotated"]},
    ),
    hideDisabled=FLAG,
    techniques={
        "type": "array",
        "items": thing(
            "techniqueID", techniqueID={"pattern": r"^T\d{4}(\.\d{3})?$"}, tactic={"pattern": "^[a-z]+(-[a-z]+)*$"},
            comment=TEXT, enabled=FLAG, score={"type": "number"}, color={"pattern": "^#[0-9a-f]{6}$"},
            metadata=METADATA, showSubtechniques=FLAG,
        ),
    },
    gradient=thing(
        "colors minValue maxValue", colors={"type": "array", "minItems": 2}, minValue={"type": "number"},
        maxValue={"type": "number"},
    ),
    legendItems={"type": "array", "items": thing("label color", label=TEXT, color=TEXT)},
    showTacticRowBackground=FLAG,
    selectTechniquesAcrossTactics=FLAG,
    selectSubtechniquesWithParent=FLAG,
    metadata=METADATA,
)  # fmt: skip


def layer(document) -> dict:
    made = json.loads(render(document))
    jsonschema.validate(made, SCHEMA)
    assert made["gradient"]["maxValue"] > made["gradient"]["minValue"]
    return made


def test_every_technique_of_a_finding_is_annotated_below_its_tactic(sample):
    made = {(one["tactic"], one["techniqueID"]): one for one in layer(sample.document())["techniques"]}
    assert {id for _, id in made} == {t.id for one in sample.document().findings for t in one.techniques}
    granted = made["privilege-escalation", "T1098.003"]
    assert granted["score"] == 1
    assert "granted himself" in granted["comment"]
    assert ("persistence", "T1098.003") in made


def test_many_findings_of_one_technique_are_counted_and_the_first_named(sample):
    one = sample.document().findings[1]
    findings = tuple(msgspec.structs.replace(one, id=f"F-{i:02d}") for i in range(14))
    (cell, *_) = layer(msgspec.structs.replace(sample.document(), findings=findings))["techniques"]
    assert (cell["score"], cell["comment"].splitlines()[-1]) == (14, "and 4 more")


def test_no_finding_is_an_empty_layer(sample):
    assert layer(msgspec.structs.replace(sample.document(), findings=()))["techniques"] == []


@settings(max_examples=25)
@given(text=st.text(alphabet=st.characters(), max_size=30))
def test_any_text_keeps_the_format(sample, text):
    finding = msgspec.structs.replace(sample.document().findings[1], title=text, id=text, severity=text, first_at=text)
    document = msgspec.structs.replace(sample.document(), findings=(finding,), title=text, summary=(text,))
    assert render(document).isascii()
    layer(document)
