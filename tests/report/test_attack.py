import msgspec
import yaml

from keywitness.model.content import content
from keywitness.report import attack
from keywitness.report.document import Technique


def test_the_chain_has_the_order_of_the_matrix():
    """The trap: the order of first sight, in which a grant seen before the sign-in comes first."""
    seen = ("PrivilegeEscalation", "credential access", "InitialAccess", "Unheard Of", "CredentialAccess")
    assert attack.in_chain_order(seen) == ("InitialAccess", "PrivilegeEscalation", "CredentialAccess", "Unheard Of")


def test_a_technique_stands_below_the_tactics_that_both_rule_and_matrix_say():
    below = attack.tactics_of("T1078.004", ["CredentialAccess", "Persistence", "InitialAccess"])
    assert [one.slug for one in below] == ["initial-access", "persistence"]


def test_a_technique_that_the_matrix_does_not_have_there_is_not_lost():
    assert [one.id for one in attack.tactics_of("T9999", ["Impact"])] == ["TA0040"]
    assert [one.id for one in attack.tactics_of("T1485", ["Discovery"])] == ["TA0007"]


def test_the_matrix_counts_findings_worst_first(sample):
    one, *_ = sample.document().findings
    replace = msgspec.structs.replace
    twice = (Technique(id="T1526", name="Cloud Service Discovery"), Technique(id="T1087.004", name="Cloud Account"))
    findings = [
        replace(one, id="a", severity="low", tactics=("Discovery",), techniques=twice[:1]),
        replace(one, id="b", severity="high", tactics=("discovery", "CredentialAccess"), techniques=twice),
    ]
    columns = attack.matrix(findings)
    assert [(column.tactic.id, [cell.technique.id for cell in column.cells]) for column in columns] == [
        ("TA0007", ["T1526", "T1087.004"])
    ]
    cell = columns[0].cells[0]
    assert ([one.id for one in cell.findings], cell.severity) == (["b", "a"], "high")


def test_the_matrix_names_tactics_that_are_there():
    loaded = yaml.safe_load(content("attack-matrix.yaml").read_text("utf-8"))
    slugs = {one.slug for one in attack.tactics()}
    assert len(slugs) == 14
    assert {slug for names in loaded["techniques"].values() for slug in names} <= slugs
