"""From the simulated exports and logs through every question about the estate, against the truth."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

import pytest

from keywitness.access.blast import Line, blast_radius, lines
from keywitness.access.changes import read_changes
from keywitness.access.examine import Examination, Question
from keywitness.access.inventory import read_inventory
from keywitness.case import Case, create_case
from keywitness.investigate import investigate
from keywitness.kql.literals import parse_datetime
from keywitness.posture.check import load_checks
from keywitness.posture.run import run_checks
from keywitness.report.document import Document
from keywitness.report.renderers.html import render
from keywitness.vaultlogs.state import vault_logs

from .conftest import Simulated


@pytest.fixture(scope="module")
def case(article: Simulated, tmp_path_factory: pytest.TempPathFactory) -> Case:
    made = create_case(tmp_path_factory.mktemp("estate") / "case")
    assert made.ingest([article.out / "logs", article.out / "inventory"]).counts.rejected == 0
    return made


@pytest.fixture(scope="module")
def present(case: Case) -> list[str]:
    return [name for name, rows, *_ in case.table_facts() if rows]


@pytest.fixture(scope="module")
def told(case: Case, present: list[str], article: Simulated) -> list[Line]:
    (opens,) = article.truth.opens
    return list(lines(blast_radius(case, present, objects=[f"{opens.vault}/{opens.name}"])))


@pytest.fixture(scope="module")
def document(case: Case) -> Document:
    return investigate(case, made_at=datetime(2025, 8, 1, tzinfo=UTC))


def moment(at: str, minutes: float = 0) -> int:
    ticks = parse_datetime(at)
    assert ticks is not None
    return ticks + int(minutes * 600_000_000)


def examined(case: Case, at: int) -> Examination:
    return Examination(read_inventory(case), at, read_changes(case))


# ---- blast radius ----


def test_the_story_goes_from_the_list_to_global_administrator(told: list[Line], case: Case, article: Simulated) -> None:
    """Each step of the truth is in it, in order, by the very record."""
    (opens,) = article.truth.opens
    steps = {step.id: step for step in article.truth.steps}
    hashes = {line.sha256: step.id for step in article.truth.steps for line in step.records}
    shown = [{hashes.get(_hash(case, row)) for row in line.rows} for line in told]
    story = [id_ for ids in shown for id_ in sorted(filter(None, ids))]
    wanted = ["04-self-grant", "05-secrets-read", "06-certificate-api", "12-application-used"]
    wanted += ["13-global-administrator", "14-administrator-sign-in"]
    assert list(dict.fromkeys(story)) == wanted
    assert steps["14-administrator-sign-in"].identity
    first, *_ = told
    assert (first.kind, first.certainty, first.app_id) == ("opens", "proven", opens.app_id)
    assert opens.thumbprint in first.reason
    assert [line.what for line in told if line.kind == "before"][-1].endswith("asked for CertificateList")


def test_what_the_application_may_do_is_what_it_was_given(told: list[Line], article: Simulated) -> None:
    (opens,) = article.truth.opens
    powers = {line.what.split()[1]: line for line in told if line.kind == "power"}
    assert set(powers) == set(opens.permissions)
    assert powers[opens.rules_by].reason.startswith("tier 0")
    (way,) = [line for line in told if line.kind.startswith("way")]
    assert opens.rules_by in way.what


def test_what_leaves_no_log_is_said(told: list[Line]) -> None:
    assert any("no Azure log shows" in line.what for line in told if line.kind == "unseen")


def test_new_addresses_are_told_from_the_applications_own(told: list[Line], article: Simulated) -> None:
    attacker = next(actor for actor in article.truth.actors if actor.id == "attacker")
    signed = {line.addresses: line.reason for line in told if line.what.startswith("signed in to Microsoft Graph")}
    assert {a for a, reason in signed.items() if reason} == {(attacker.addresses[0],)}


# ---- access ----


@pytest.mark.parametrize(
    ("step", "minutes", "reads"),
    [("04-self-grant", -3, False), ("04-self-grant", 3, True), ("15-clean-up", -1, True), ("15-clean-up", 3, False)],
)
def test_who_reads_around_the_self_grant(
    case: Case, article: Simulated, step: str, minutes: float, reads: bool
) -> None:
    """Between his entry and its removal the account reads; before and after it makes itself able to."""
    told = next(s for s in article.truth.steps if s.id == step)
    examination = examined(case, moment(told.at, minutes))
    asked = Question(vaults=(told.vault,), principals=(told.identity,))
    able = [line for line in examination.lines(asked) if "secret get" in sum(line.operations.values(), ())]
    assert bool(able) is reads
    assert any(examination.escalations(asked)) is not reads


def test_who_lets_himself_in_is_whom_the_truth_names(case: Case, article: Simulated) -> None:
    """Ways over the vault itself; those as somebody else are more, and not in the truth."""
    examination = examined(case, moment(article.truth.since, 1))
    principals = examination.tenant.principals
    found = set()
    for escalation in examination.escalations(Question()):
        for path in escalation.paths:
            acts = [step for step in path.steps if step.does]
            if len(acts) == 1 and acts[0].way in ("access-policy", "role-assignment", "role-then-access-policy"):
                found.add((escalation.vault.name, principals.ids[escalation.principal]))
    groups = {i for i, kind in zip(principals.ids, principals.kinds, strict=True) if kind == "Group"}
    assert {pair for pair in found if pair[1] not in groups} == {(a.vault, a.identity) for a in article.truth.able}


def test_the_new_administrator_is_none_before_the_log_says_so(case: Case, article: Simulated) -> None:
    step = next(s for s in article.truth.steps if s.id == "13-global-administrator")
    asked = Question(vaults=(article.truth.steps[3].vault,), principals=(step.object,))
    answers = [any(examined(case, moment(step.at, m)).escalations(asked)) for m in (-10, 10)]
    assert answers == [False, True]


# ---- logging, posture ----


def test_the_vaults_that_do_not_log_are_those_of_the_truth(case: Case, article: Simulated) -> None:
    silent = {gap.vault for gap in article.truth.gaps if "diagnostic setting" in gap.why}
    found = {vault.name: vault for vault in vault_logs(case)}
    assert {name for name, vault in found.items() if vault.state == "off"} == silent
    assert all(vault.state == "on" for name, vault in found.items() if name not in silent)
    deleted = next(s for s in article.truth.steps if s.id == "11-diagnostics-deleted")
    assert [change.act for change in found[deleted.vault].changes] == ["deleted"]
    never = next(gap.vault for gap in article.truth.gaps if "no diagnostic setting" in gap.why)
    assert [policy.excluded for policy in found[never].policies] == [True]


def test_posture_judges_what_the_exports_say(case: Case, present: list[str], article: Simulated) -> None:
    outcomes = {o.check.id: o for o in run_checks(case, load_checks(()), present)}
    silent = {gap.vault for gap in article.truth.gaps if "diagnostic setting" in gap.why}
    assert {j.object for j in outcomes["audit-logging"].judged if j.verdict == "fail"} == silent
    assert outcomes["soft-delete"].status == "passed"
    assert outcomes["purge-protection"].status == "failed"


# ---- the report ----


def test_the_report_tells_the_story_and_draws_the_ways(document: Document, article: Simulated) -> None:
    estate = document.estate
    assert estate is not None
    (opens,) = article.truth.opens
    kinds = [line.kind for line in estate.blast if line.object == f"{opens.vault}/{opens.name}"]
    assert kinds[0] == "opens"
    assert {"before", "taken", "power", "way 1", "deed", "unseen"} <= set(kinds)
    page = render(document).decode()
    section = page[page.index('id="estate"') :]
    assert re.search(r'<svg[^>]*class="access"', section)
    victim = next(a for a in article.truth.actors if a.role == "victim")
    assert victim.upn in section
    assert opens.rules_by in section


def _hash(case: Case, row: str) -> str:
    return hashlib.sha256(case.show(row).data.rstrip(b"\n")).hexdigest()
