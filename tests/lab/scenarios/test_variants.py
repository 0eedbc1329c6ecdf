"""Every attack at every company: told the same twice, and every record of its steps can be pointed at."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from keywitness.lab.columns import ticks_of, time_one
from keywitness.lab.company import build_company
from keywitness.lab.journal import Journal
from keywitness.lab.profiles import COMPANIES
from keywitness.lab.scenario import Story
from keywitness.lab.scenarios import ABOUT, ATTACKS, SCENARIOS
from keywitness.lab.scenarios.article import STEPS
from keywitness.lab.scenarios.variants import targets
from keywitness.lab.simulate import DEFAULT_START, simulate
from keywitness.lab.truth import Exposed, read_truth

DAY = 864_000_000_000
SLUGS = {
    "portal-browsing", "portal-show-secret", "portal-certificate-download", "azure-cli", "powershell",
    "sdk-application", "pipeline", "app-service-reference", "arm-deployment", "backup-or-scan", "dump-tool",
    "name-guessing", "denied-enumeration", "unknown",
}  # fmt: skip


def told(scenario: str, company: str, seed: int = 3) -> tuple[Journal, Story]:
    profile = COMPANIES[company]
    journal = Journal(build_company(seed, profile.vaults, profile))
    begin = ticks_of(DEFAULT_START)
    return journal, SCENARIOS[scenario](journal, begin, begin + 14 * DAY)


def test_there_are_variants_beyond_the_articles_own_steps() -> None:
    assert len(ATTACKS) >= 20 + len(STEPS)
    assert set(ABOUT) == set(SCENARIOS)
    assert len(set(ABOUT.values())) == len(ABOUT)


@pytest.mark.parametrize(
    ("scenario", "company"), [(name, sorted(COMPANIES)[n % len(COMPANIES)]) for n, name in enumerate(ATTACKS)]
)
def test_each_step_has_records_inside_the_time_and_each_session_a_known_class(scenario: str, company: str) -> None:
    journal, story = told(scenario, company)
    assert story.steps
    marked = {record.step for record in journal.records}
    assert marked == {step.id for step in story.steps}
    begin = ticks_of(DEFAULT_START)
    assert all(begin <= record.at < begin + 14 * DAY for record in journal.records)
    assert all(set(stay.classes) <= SLUGS and stay.step for stay in journal.stays)
    again = told(scenario, company)[0]
    assert [r.line for r in again.records] == [r.line for r in journal.records]


def test_companies_differ_in_their_logs() -> None:
    seen = {}
    for name, profile in COMPANIES.items():
        company = build_company(1, profile.vaults, profile)
        models = sum(vault.model == "rbac" for vault in company.vaults) / len(company.vaults)
        clients = tuple(sorted({person.client for person in company.people}))
        seen[name] = (len(company.vaults), round(models, 1), clients, profile.dedicated, profile.places[0][0])
    assert len(set(seen.values())) == len(COMPANIES)


@pytest.mark.parametrize(("company", "scenario"), [("clinic", "backup-restored"), ("grid", "firewall-opened")])
def test_truth_points_at_the_lines_of_the_attack(tmp_path: Path, company: str, scenario: str) -> None:
    """Blobs of AuditEvent at one company, rows of AZKVAuditLogs at the other."""
    simulate(tmp_path, company=company, scenario=scenario, vaults=10, days=4, events=800, seed=5)
    truth = read_truth(tmp_path / "truth.json")
    assert truth.company == company
    operations = set()
    for step in truth.steps:
        assert step.records
        for line in step.records:
            text = (tmp_path / line.file).read_bytes().split(b"\n")[line.line - 1]
            assert hashlib.sha256(text).hexdigest() == line.sha256
            record = json.loads(text)
            operations.add(record.get("operationName") or record["OperationName"])
    assert "SecretGet" in operations
    assert {"SecretBackup", "SecretRestore"} <= operations or "VaultPatch" in operations
    assert {name for session in truth.sessions for name in session.classes} <= SLUGS


def test_innocent_traffic_of_every_kind(tmp_path: Path) -> None:
    truth = simulate(tmp_path, company="studio", scenario="none", days=7, events=2_000, seed=2)
    quiet = {name for session in truth.sessions if not session.step for name in session.classes}
    assert quiet >= {
        "portal-browsing", "portal-show-secret", "azure-cli", "sdk-application", "pipeline",
        "app-service-reference", "arm-deployment", "backup-or-scan", "powershell",
    }  # fmt: skip


def test_attacks_together_come_from_several_accounts_and_addresses(tmp_path: Path) -> None:
    name = "cli-dump-rbac+deleted-read+only-self-grant"
    truth = simulate(tmp_path, company="clinic", scenario=name, days=4, events=600, seed=4)
    assert len({actor.identity for actor in truth.actors if actor.role == "victim"}) == 3
    assert len({step.address for step in truth.steps}) == 3
    assert {step.id.partition("/")[0] for step in truth.steps} == set(name.split("+"))
    assert {item.scenario for item in truth.exposed} == {"cli-dump-rbac", "deleted-read"}
    assert all(step.records for step in truth.steps)


def test_what_is_taken_after_the_vault_fell_silent_stands_in_no_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tells(journal: Journal, begin: int, end: int) -> Story:
        story = SCENARIOS["article"](journal, begin, end)
        vault = journal.company.vault("blinded").name
        for name, at in (("before", begin), ("after", end - DAY // 24)):
            story.exposed.append(
                Exposed(vault=vault, type="secret", name=name, version="1", private_key=False, at=time_one(at))
            )
        return story

    monkeypatch.setitem(SCENARIOS, "told", tells)
    truth = simulate(tmp_path, company="clinic", scenario="told", days=4, events=600, seed=1)
    assert {item.name: item.logged for item in truth.exposed if item.name in ("before", "after")} == {
        "before": True,
        "after": False,
    }


@pytest.mark.parametrize("company", sorted(COMPANIES))
def test_no_attack_reads_where_nobody_could_see_it(company: str) -> None:
    """Several attacks in one simulation must not hide one another's traces."""
    for intruder in range(8):
        made = replace(build_company(1, COMPANIES[company].vaults, COMPANIES[company]), intruder=intruder)
        reached = targets(made)
        unheard = {made.vault(role).index for role in ("blinded", "late", "gap", "quiet")}
        read = {reached.policy, reached.rbac, reached.strange, reached.emergency, reached.portal}
        assert not unheard & {vault.index for vault in read}


def test_everybody_meets_a_vault_as_the_attacker_has_left_it(tmp_path: Path) -> None:
    truth = simulate(tmp_path, company="clinic", scenario="only-permission-model", days=6, events=900, seed=1)
    step = truth.steps[-1]
    shown = [
        (record["time"] > step.until, record["properties"]["properties"]["enableRbacAuthorization"])
        for path in sorted(tmp_path.rglob(f"*/{step.vault.upper()}/**/PT1H.json"))
        for record in map(json.loads, path.read_bytes().splitlines())
        if record["operationName"] == "VaultGet"
    ]
    assert {rbac for after, rbac in shown if after} == {False}
    assert {rbac for after, rbac in shown if not after} == {True}
