"""User agents and application ids."""

from __future__ import annotations

import pytest

from keywitness.sessions.clients import KINDS, application_name, applications, client_named


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("AZURECLI/2.34.1", "cli"),
        ("AZURECLI/2.74.0 (DEB) azsdk-python-core/1.31.0 Python/3.12.10", "cli"),
        ("python/3.8.9 (Windows-10) msrest/0.6.21 msrest_azure/0.6.4 azure-keyvault/7.0 Azure-SDK-For-Python", "sdk"),
        ("azsdk-js-keyvault-keys/4.10.2 core-rest-pipeline/1.25.0 Node/22", "sdk"),
        (
            "FxVersion/8.0 OSName/Windows Microsoft.Azure.KeyVault.KeyVaultClient/3.0 AzurePowershell/v12.1.0",
            "powershell",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "portal"),
        ("azure-resource-manager/2.0", "automation"),
        ("AzureResourceGraph.IngestionWorkerService.global/1.0", "automation"),
        ("curl/8.5.0", ""),
        ("", ""),
        ("6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01", ""),
    ],
)
def test_agents(agent: str, kind: str) -> None:
    assert client_named(agent).kind == kind


def test_every_application_has_a_kind_that_exists() -> None:
    assert {a.kind for a in applications().values()} <= {*KINDS, ""}
    assert application_name("04b07795-8ddb-461a-bbee-02f9e1bf7b46") == "Azure CLI"
    assert application_name("not-known") == "not-known"
