"""User agents and application ids."""

from __future__ import annotations

import pytest

from keywitness.sessions.clients import NO_CLIENT, OTHER_CLIENT, application_name, applications, client_named
from keywitness.sessions.facts import CLIENT_TOOLS, TOOLS


@pytest.mark.parametrize(
    ("agent", "family", "tool"),
    [
        ("AZURECLI/2.34.1", "azure-cli", "azure-cli"),
        ("AZURECLI/2.74.0 (DEB) azsdk-python-core/1.31.0 Python/3.12.10", "azure-cli", "azure-cli"),
        ("AZURECLI/2.74.0 (DEB) azsdk-python-core/1.31.0 VSTS_7f2c_build_12", "pipeline", "pipeline"),
        ("python/3.8.9 (Windows-10) msrest/0.6.21 azure-keyvault/7.0 Azure-SDK-For-Python", "sdk-python", "sdk"),
        ("azsdk-js-keyvault-keys/4.10.2 core-rest-pipeline/1.25.0 Node/22", "sdk-js", "sdk"),
        ("FxVersion/8.0 Microsoft.Azure.KeyVault.KeyVaultClient/3.0 AzurePowershell/v12", "powershell", "powershell"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "browser", "browser"),
        ("azure-resource-manager/2.0", "resource-manager", "arm"),
        ("AzureResourceGraph.IngestionWorkerService.global/1.0", "azure-scan", "azure-scan"),
        ("HashiCorp Terraform/1.9.2 terraform-provider-azurerm/3.112.0", "pipeline", "pipeline"),
        ("curl/8.5.0", "http", ""),
        ("", "none", "none"),
        ("6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01", "other", ""),
    ],
)
def test_agents(agent: str, family: str, tool: str) -> None:
    assert (client_named(agent).family, client_named(agent).tool) == (family, tool)


def test_every_application_has_a_tool_that_exists() -> None:
    assert {a.tool for a in applications().values()} <= set(TOOLS)
    assert application_name("04b07795-8ddb-461a-bbee-02f9e1bf7b46") == "Azure CLI"
    assert application_name("not-known") == "not-known"


def test_every_agent_has_a_tool_that_exists() -> None:
    agents = ("AZURECLI/2", "Mozilla/5.0", "azsdk-go", "veeam", "curl/8", "", "x")
    assert {client_named(agent).tool for agent in agents} <= set(CLIENT_TOOLS)


def test_what_fits_an_application() -> None:
    portal = applications()["c44b4083-3bb0-49c1-b47d-974e53cbdf3c"]
    assert portal.fits(client_named("Mozilla/5.0"))
    assert portal.fits(NO_CLIENT), "a record without an agent says nothing"
    assert portal.fits(client_named("azure-resource-manager/2.0")), "Resource Manager hands requests on"
    assert not portal.fits(client_named("AZURECLI/2.74.0"))
    assert not portal.fits(OTHER_CLIENT)
    scan = applications()["509e4652-da8d-478d-a730-e9d4a1996ca4"]
    assert scan.fits(OTHER_CLIENT), "what is not known of an application is no mismatch"
