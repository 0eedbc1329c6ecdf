"""A class at a time: raw records through the real decoders and the real engine; beside each its plausible mistake."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness.model.session_class import Mismatch, SessionClass
from keywitness.sessions.classes import CONFIDENCES, class_content
from keywitness.sessions.facts import CLIENT_TOOLS, TOOLS
from keywitness.sessions.session import Session

NAMES = [f"setting-{n}" for n in range(8)]


def classes(told: Any, *callers: Any) -> list[str]:
    return [s.session_class for s in told([record for caller in callers for record in caller.records])]


def only(told: Any, caller: Any) -> Session:
    (session,) = told(caller.records)
    return session


def read_all(caller: Any, names: list[str] = NAMES, pause: float = 0.3) -> Any:
    for name in names:
        caller.ask("SecretGet", name, after=pause)
    return caller


def mismatches(session: Session) -> set[Mismatch]:
    return {m.mismatch for m in session.misfits}


# ---------------------------------------------------------------- the portal


def test_browsing(told: Any, who: Any) -> None:
    visit = who.portal(who.PORTAL_ID).ask("VaultGet")
    visit.but(appid=who.PORTAL_PAGES_ID).ask("SecretList").ask("SecretListVersions", "db", after=4)
    session = only(told, visit)
    assert (session.session_class, session.confidence) == ("portal-browsing", "high")
    assert session.sentence.startswith("alice@contoso.com looked at the vault's settings, listed secrets and looked at")


def test_a_secret_shown(told: Any, who: Any) -> None:
    visit = who.portal(who.PORTAL_ID).ask("VaultGet")
    visit.but(appid=who.PORTAL_PAGES_ID).ask("SecretList").ask("SecretListVersions", "Db", after=4).ask(
        "SecretGet", "Db"
    )
    session = only(told, visit)
    assert (session.session_class, session.confidence) == ("portal-show-secret", "high")
    assert "list, versions, read" in session.reasons[0]
    assert " and read Db in kv-a in the Azure portal from 198.51.100.20 on 2026-03-02" in session.sentence


def test_a_refused_read_shows_nothing(told: Any, who: Any) -> None:
    visit = who.portal().ask("SecretList").ask("SecretListVersions", "db").ask("SecretGet", "db", 403)
    assert only(told, visit).session_class == "portal-browsing"


def download(who: Any) -> Any:
    visit = (
        who.portal().ask("CertificateList").ask("CertificateGet", "tls", after=5).ask("CertificateListVersions", "tls")
    )
    return visit.ask("CertificateGet", "tls", after=4, version="0" * 32)


def test_a_certificate_downloaded(told: Any, who: Any) -> None:
    session = only(told, download(who).ask("SecretGet", "TLS", after=7))
    assert (session.session_class, session.confidence) == ("portal-certificate-download", "high")


def test_a_certificate_looked_at_is_not_downloaded(told: Any, who: Any) -> None:
    """The trap: CertificateGet hands out the public half only."""
    assert only(told, download(who)).session_class == "portal-browsing"


def test_another_secret_after_a_certificate_is_no_download(told: Any, who: Any) -> None:
    """The trap: the name decides, not that both pages were opened in one visit."""
    visit = download(who).ask("SecretList").ask("SecretListVersions", "db").ask("SecretGet", "db")
    assert only(told, visit).session_class == "portal-show-secret"


# ---------------------------------------------------------------- command lines


def test_the_cli_with_both_of_its_agents(told: Any, who: Any) -> None:
    visit = who.alice().ask("VaultGet")
    visit.but(agent="python/3.8.9 (Windows-10) msrest/0.6.21 azure-keyvault/7.0").ask("SecretGet", "db")
    session = only(told, visit)
    assert (session.session_class, session.confidence, mismatches(session)) == ("azure-cli", "high", set())


def test_powershell(told: Any, who: Any) -> None:
    assert only(told, who.alice(who.POWERSHELL, who.POWERSHELL_ID).ask("SecretGet", "db")).session_class == "powershell"


def test_a_developers_program_under_the_clis_token(told: Any, who: Any) -> None:
    """The trap: an SDK may sign in with the CLI's token; that is a program, and its agent is no mismatch."""
    session = only(told, who.alice(who.NET).ask("SecretGet", "db"))
    assert (session.session_class, mismatches(session)) == ("sdk-application", set())


def test_a_cli_agent_with_the_portals_token(told: Any, who: Any) -> None:
    """The trap: the portal's id does not make a visit to the portal of requests that no page sends."""
    visit = who.alice(who.AZURECLI, who.PORTAL_PAGES_ID)
    visit.ask("SecretGet", "db")
    for record in visit.records:
        record["properties"]["requestUri"] = record["properties"]["requestUri"].partition("&_=")[0]
    session = only(told, visit)
    assert session.session_class == "azure-cli"
    assert mismatches(session) == {Mismatch.AGENT_OF_ANOTHER_TOOL}
    assert session.confidence != "high"


def test_curl_with_the_clis_token(told: Any, who: Any) -> None:
    session = only(told, who.alice("curl/8.5.0").ask("SecretGet", "db"))
    assert (session.session_class, session.confidence) == ("azure-cli", "medium")
    assert "a plain HTTP client, which does not fit Azure CLI" in session.misfits[0].text


def test_curl_beside_the_cli_is_a_session_of_its_own(told: Any, who: Any) -> None:
    visit = who.alice().ask("SecretGet", "db")
    visit.but(agent="curl/8.5.0").ask("SecretGet", "db")
    found = told(visit.records)
    assert [len(s.misfits) for s in found] == [0, 1]


# ---------------------------------------------------------------- machines


def test_an_application(told: Any, who: Any) -> None:
    session = only(told, read_all(who.managed(), NAMES[:3]))
    assert (session.session_class, session.confidence) == ("sdk-application", "high")
    assert "the caller is the managed identity vm-shop" in session.reasons


def test_challenges_are_no_denied_enumeration(told: Any, who: Any) -> None:
    """The trap: every SDK client is answered 401 before it sends its token."""
    caller = who.managed()
    for vault in ("kv-a", "kv-b", "kv-c", "kv-d"):
        caller.but(vault=vault).ask("SecretGet", "db", 401).ask("SecretGet", "db")
    assert classes(told, caller) == ["sdk-application"]


@pytest.mark.parametrize(
    "agent", ["AZURECLI/2.74.0 VSTS_7f2c_build_12", "GITHUBACTIONS/AzureLogin@v2_9c1b", "AZURECLI/2.74.0"]
)
def test_pipelines(told: Any, who: Any, agent: str) -> None:
    caller = who.principal(agent)
    for _ in range(5):
        caller.ask("SecretGet", "db").later(days=1)
    assert set(classes(told, caller)) == {"pipeline"}


def test_an_application_at_the_cli_once_is_no_pipeline(told: Any, who: Any) -> None:
    """The trap: a stolen secret of an application is used with the Azure CLI as well."""
    assert only(told, who.principal(who.AZURECLI).ask("SecretGet", "db")).session_class == "azure-cli"


def test_a_pipeline_that_lists_and_reads_some_is_no_dump(told: Any, who: Any) -> None:
    """The trap: listing comes before reading in both; a dump reads them all."""
    others = read_all(who.managed())
    release = who.principal(who.JAVASCRIPT, clock=others.clock).later(hours=2)
    assert classes(told, others, read_all(release.ask("SecretList"), NAMES[:4])) == ["sdk-application", "pipeline"]


def test_a_key_vault_reference(told: Any, who: Any) -> None:
    site = who.managed("Microsoft.Web/sites/site-shop", agent="", token="t1")
    site.ask("SecretGet", "db", 403).but(address="10.1.2.3").ask("SecretGet", "db")
    found = told(site.records)
    assert [s.session_class for s in found] == ["app-service-reference"] * 2, "the first, refused one is its own"
    assert [mismatches(s) for s in found] == [set(), set()], "that is how it goes with a closed vault"


def test_code_on_a_web_site_is_an_application(told: Any, who: Any) -> None:
    """The trap: the site's own code has the same identity as its references."""
    assert only(told, who.managed("Microsoft.Web/sites/shop").ask("SecretGet", "db")).session_class == "sdk-application"


def test_a_deployment(told: Any, who: Any) -> None:
    caller = who.principal("azure-resource-manager/2.0", "797f4846-ba00-4fd7-ba43-dac1f8f63013").ask("SecretGet", "db")
    assert only(told, caller).session_class == "arm-deployment"


def test_a_deployment_under_a_persons_token(told: Any, who: Any) -> None:
    assert only(told, who.alice("azure-resource-manager/2.0").ask("SecretGet", "db")).session_class == "arm-deployment"


def test_settings_read_through_resource_manager_are_no_deployment(told: Any, who: Any) -> None:
    """The trap: Resource Manager hands VaultGet on under its own agent, whoever asked."""
    assert only(told, who.alice("azure-resource-manager/2.0").ask("VaultGet")).session_class == "azure-cli"


def test_a_backup(told: Any, who: Any) -> None:
    caller = who.principal(who.PYTHON).ask("SecretList")
    for name in NAMES:
        caller.ask("SecretBackup", name, after=0.2)
    assert only(told, caller).session_class == "backup-or-scan"


def test_a_scan_that_half_of_the_vaults_refuse(told: Any, who: Any) -> None:
    """The trap: a company's own auditor is refused every morning; that is its habit."""
    caller = who.principal(who.PYTHON)
    for _ in range(5):
        for number in range(8):
            caller.but(vault=f"kv-{number}").ask("SecretList", "", 403 if number % 2 else 200)
            caller.but(vault=f"kv-{number}").ask("KeyList", "", 403 if number % 2 else 200)
        caller.later(days=1)
    assert set(classes(told, caller)) == {"backup-or-scan"}


# ---------------------------------------------------------------- telling by what was done


@pytest.mark.parametrize("agent", ["AZURECLI/2.74.0", "azsdk-python-keyvault-secrets/4.8.0", "curl/8.5.0"])
@pytest.mark.parametrize("kind", ["alice", "principal"])
def test_a_dump(told: Any, who: Any, kind: str, agent: str) -> None:
    """Whatever it was made with."""
    session = only(told, read_all(getattr(who, kind)(agent).ask("SecretList")))
    assert session.session_class == "dump-tool"
    assert "8 of the 8 secrets" in session.reasons[0]
    assert "(8 of 8 known secrets within 3 s)" in session.sentence


@pytest.mark.parametrize(("count", "told_as"), [(4, "dump-tool"), (3, "sdk-application")])
def test_half_of_a_vault_in_one_burst_is_a_dump_by_an_application(
    told: Any, who: Any, count: int, told_as: str
) -> None:
    """The trap: names that nobody may read any more, or that are certificates', stand among those the logs know."""
    others = read_all(who.managed())
    stolen = who.principal(who.PYTHON, clock=others.clock).later(hours=2)
    found = told([*others.records, *read_all(stolen.ask("SecretList"), NAMES[:count]).records])
    assert found[-1].session_class == told_as
    if told_as == "dump-tool":
        assert found[-1].confidence == "medium"


def test_reading_many_by_hand_is_no_dump(told: Any, who: Any) -> None:
    """The trap: as many secrets, but a person's pace."""
    assert only(told, read_all(who.alice().ask("SecretList"), pause=20)).session_class == "azure-cli"


def test_reading_many_without_a_list_is_no_dump(told: Any, who: Any) -> None:
    assert only(told, read_all(who.managed())).session_class == "sdk-application"


def test_a_configuration_loader_is_no_dump(told: Any, who: Any) -> None:
    """The trap: the .NET configuration provider lists and reads everything, at every start of the application."""
    caller = who.managed()
    for _ in range(5):
        read_all(caller.ask("SecretList")).later(days=1)
    assert set(classes(told, caller)) == {"sdk-application"}


def test_names_guessed(told: Any, who: Any) -> None:
    caller = who.alice(who.PYTHON, who.OWN_ID)
    for n in range(12):
        caller.ask("SecretGet", f"password{n}", 404)
    session = only(told, caller)
    assert (session.session_class, session.confidence) == ("name-guessing", "high")


def test_one_missing_name_is_no_guess(told: Any, who: Any) -> None:
    assert only(told, who.alice().ask("SecretGet", "db2", 404).ask("SecretGet", "db")).session_class == "azure-cli"


def test_the_same_missing_name_again_and_again_is_no_guess(told: Any, who: Any) -> None:
    """The trap: an application asks for an optional setting each time it starts."""
    caller = who.managed()
    for _ in range(30):
        caller.ask("SecretGet", "optional", 404, after=60)
    assert only(told, caller).session_class == "sdk-application"


def test_vaults_that_refuse(told: Any, who: Any) -> None:
    caller = who.alice(who.POWERSHELL, who.POWERSHELL_ID)
    for n in range(6):
        caller.but(vault=f"kv-{n}").ask("SecretList", "", 403 if n else 200)
    session = only(told, caller)
    assert (session.session_class, session.confidence) == ("denied-enumeration", "high")
    assert "listed secrets (5 vaults refused) in kv-0 with Azure PowerShell" in session.sentence


def test_one_vault_that_refuses_is_no_enumeration(told: Any, who: Any) -> None:
    """The trap: an application without its rights is refused all day, for one secret."""
    caller = who.managed()
    for _ in range(20):
        caller.ask("SecretGet", "db", 403, after=60)
    assert only(told, caller).session_class == "sdk-application"


def test_unknown(told: Any, who: Any) -> None:
    session = only(told, who.alice("mystery/1.0", who.OWN_ID).ask("SecretGet", "db"))
    assert (session.session_class, session.confidence) == ("unknown", "low")


# ---------------------------------------------------------------- the content


def test_every_class_can_be_decided_and_the_last_fits_all() -> None:
    entries = class_content().classes
    assert {e.name for e in entries} == set(SessionClass)
    assert not entries[-1].signs
    assert {e.confidence for e in entries} <= set(CONFIDENCES)


def test_signs_name_tools_that_exist() -> None:
    for entry in class_content().classes:
        for sign in ("tool", "application_tool"):
            assert set(entry.signs.get(sign, ())) <= set(TOOLS)
        assert set(entry.signs.get("client_tool", ())) <= set(CLIENT_TOOLS)


def test_a_browser_on_the_order_of_a_program(told: Any, who: Any) -> None:
    session = only(told, read_all(who.alice(who.BROWSER, who.CLI_ID)))
    assert mismatches(session) == {Mismatch.BROWSER_ON_SDK_ORDER, Mismatch.AGENT_OF_ANOTHER_TOOL}
