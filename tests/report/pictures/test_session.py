import xml.etree.ElementTree as ET

import msgspec

from keywitness.report.document import SessionStep
from keywitness.report.pictures.session import outcome, runs, swimlanes


def step(operation: str, status: int = 200, *, name: str = "", vault: str = "kv") -> SessionStep:
    return SessionStep(
        at="2026-03-14T09:00:00Z", operation=operation, object=name, status=status, row="E1:0", vault=vault
    )


def drawn(sample, *steps: SessionStep, operations: int = 0):
    session = msgspec.structs.replace(sample.document().sessions[0], steps=steps, operations=operations or len(steps))
    return ET.fromstring(str(swimlanes(session)))


def marks(root) -> list[ET.Element]:
    return [e for e in root.iter() if e.attrib.get("class", "").startswith("step ")]


def test_an_unanswered_challenge_is_no_refusal():
    """The trap: every SDK session begins with a 401; counted as a refusal it would make every client an intruder."""
    said = [outcome(status) for status in (200, 401, 403, 404, 500, 0)]
    assert said == ["ok", "challenge", "refused", "missing", "failed", "ok"]


def test_equal_neighbours_become_one_run_and_order_is_kept():
    found = runs([step("A"), step("A"), step("B"), step("A"), step("A", 403), step("A", 403, vault="other")])
    assert [(run.operation, run.outcome, len(run.steps)) for run in found] == [
        ("A", "ok", 2),
        ("B", "ok", 1),
        ("A", "ok", 1),
        ("A", "refused", 1),
        ("A", "refused", 1),
    ]


def test_one_lane_per_operation_in_order_of_appearance(sample):
    root = drawn(sample, step("VaultGet"), step("SecretList"), step("VaultGet"), step("SecretGet", name="db"))
    assert [e.text for e in root.iter("text") if e.attrib["class"] == "lane-label"] == [
        "VaultGet",
        "SecretList",
        "SecretGet",
    ]
    assert len(marks(root)) == 4
    assert "db" in [e.text for e in root.iter("text") if e.attrib["class"] == "count-label"]


def test_refusals_are_crosses(sample):
    first, second, third = marks(drawn(sample, step("A", 401), step("A"), step("A", 403)))
    assert ("hollow" in first.attrib["class"], first.tag) == (True, "circle")
    assert ("step-ok" in second.attrib["class"], second.tag) == (True, "circle")
    assert ("step-refused" in third.attrib["class"], third.tag) == (True, "path")


def test_a_long_session_says_how_much_is_left_out(sample):
    steps = tuple(step("AB"[i % 2]) for i in range(200))
    root = drawn(sample, *steps, operations=5_000)
    assert len(marks(root)) == 40
    assert any(e.text.endswith(", then 4,960 more") for e in root.iter("text"))


def test_marks_stay_inside_the_picture(sample):
    root = drawn(sample, *(step(f"Op{i % 9}") for i in range(200)))
    width = float(root.attrib["viewBox"].split()[2])
    assert all(0 < float(e.attrib["cx"]) < width for e in marks(root) if e.tag == "circle")


def test_many_vaults_get_letters_and_a_legend(sample):
    root = drawn(sample, *(step("SecretList", vault=f"kv-contoso-{i % 3}") for i in range(18)))
    labels = [e.text for e in root.iter("text") if e.attrib["class"] == "vault-label"]
    assert labels[:3] == ["A", "B", "C"]
    assert labels[-1] == "A kv-contoso-0 · B kv-contoso-1 · C kv-contoso-2"


def test_a_session_without_steps_has_no_picture(sample):
    assert swimlanes(msgspec.structs.replace(sample.document().sessions[0], steps=())) == ""
