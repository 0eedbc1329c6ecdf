"""Client strings and application ids as they occur in Key Vault logs.

Application ids are Microsoft's own and public. Agents of Azure CLI, the SDKs, Resource Graph and curl follow strings
seen in published records; the PowerShell, storage, Terraform and Policy Insights agents are guesses in the same style.
"""

from __future__ import annotations

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
AZURE_POWERSHELL = "1950a258-227b-4e31-a9cf-717495945fc2"
AZURE_PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"  # control plane
PORTAL_VAULT_BLADE = "3686488a-04fc-4d8a-b967-61f98ec41efe"  # data plane
RESOURCE_GRAPH = "509e4652-da8d-478d-a730-e9d4a1996ca4"
POLICY_INSIGHTS = "8cae6e77-e04e-42ce-b5cb-50d82bce26b1"
APP_SERVICE = "abfa0a7c-a6b6-4736-8310-5855508787cd"
KEY_VAULT = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
RESOURCE_MANAGER = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"

EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CLI_CONTROL = (
    "AZURECLI/2.74.0 (DEB) azsdk-python-core/1.31.0 Python/3.12.10 (Linux-6.8.0-1030-azure-x86_64-with-glibc2.39)"
)
CLI_DATA = CLI_CONTROL
POWERSHELL_CONTROL = "AzurePowershell/v12.1.0 PSVersion/v7.4.3 Az.KeyVault/6.1.0"
POWERSHELL_DATA = (
    "FxVersion/8.0.724.31311 OSName/Windows OSVersion/Microsoft.Windows.10.0.22631 "
    "Microsoft.Azure.KeyVault.KeyVaultClient/3.0.5.0 AzurePowershell/v12.1.0 PSVersion/v7.4.3"
)
CURL = "curl/8.5.0"
RESOURCE_MANAGER_AGENT = "azure-resource-manager/2.0"
RESOURCE_GRAPH_AGENT = "AzureResourceGraph.IngestionWorkerService.global/1.24.1.522"
POLICY_AGENT = "AzurePolicyInsights.DataPlane/1.0"
NO_AGENT = ""  # nobody has published what App Service calls itself when it resolves a reference
BACKUP_AGENT = "azsdk-python-keyvault-secrets/4.8.0 Python/3.11.9 (Linux-6.1.0-21-amd64-x86_64-with-glibc2.36)"
STORAGE_AGENT = "AzureStorageResourceProvider/1.0"
TERRAFORM_AGENT = "HashiCorp Terraform/1.9.2 (+https://www.terraform.io) terraform-provider-azurerm/3.112.0"
PIPELINE_AGENT = (
    "azsdk-js-keyvault-secrets/4.8.0 core-rest-pipeline/1.16.0 Node/v20.15.1 OS/(x64-Linux-6.5.0-1024-azure)"
)
SDK_AGENTS = (
    "azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0.6; Debian GNU/Linux 12 (bookworm))",
    "azsdk-python-keyvault-secrets/4.8.0 Python/3.11.9 (Linux-5.15.0-1064-azure-x86_64-with-glibc2.36)",
    "azsdk-js-keyvault-secrets/4.8.0 core-rest-pipeline/1.16.0 Node/v20.15.1 OS/(x64-Linux-5.15.0-1064-azure)",
    "azsdk-java-security-keyvault-secrets/4.8.3 (17.0.11; Linux; 5.15.0-1064-azure)",
)
