"""Plans that make every vault log its audit events. Each may be run again: what is there already stays as it is.

A plan adds one setting of its own name to each vault that has none which collects audit events. A vault takes five.

References:
    https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings
    https://learn.microsoft.com/azure/azure-monitor/platform/diagnostics-settings-policies-deployifnotexists
"""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from keywitness.errors import UsageError
from keywitness.vaultlogs.state import VaultLogs

SETTING = "keywitness-audit"
#: Enable logging by category group for Key vaults (microsoft.keyvault/vaults) to Log Analytics
POLICY = "6b359d8f-f88d-4052-aa7c-32015963ecc1"
#: Log Analytics Contributor: what the policy's identity needs to write settings.
ROLE = "92aaf0da-9dab-42b6-94a3-d43ce8d16293"
_WORKSPACE = re.compile(
    r"/subscriptions/[\w.()-]+/resourcegroups/[\w.()-]+/providers/microsoft\.operationalinsights/workspaces/[\w-]+",
    re.IGNORECASE,
)
_VAULT = re.compile(r"/subscriptions/[\w.()-]+/resourcegroups/[\w.()-]+/providers/microsoft\.keyvault/vaults/[\w-]+")


def open_vaults(vaults: Sequence[VaultLogs], *, unknown: bool = True) -> list[VaultLogs]:
    """The vaults that a plan must close: audit events are not collected, or nobody knows.

    A vault whose id is no id of Azure (an export may say anything) is left out: no command shall hold it.
    """
    states = ("off", "unknown") if unknown else ("off",)
    return [v for v in vaults if v.state in states and _VAULT.fullmatch(v.vault)]


def plan(kind: str, vaults: Sequence[VaultLogs], workspace: str) -> str:
    """A plan as text.

    Args:
        kind: cli, powershell, bicep, terraform or policy.
        vaults: What `open_vaults` gives.
        workspace: Resource id of the workspace that shall have the logs.
    Raises:
        UsageError: The workspace is no resource id of one.
    """
    if not _WORKSPACE.fullmatch(workspace):
        raise UsageError(
            f"{workspace!r} is no resource id of a workspace",
            help="az monitor log-analytics workspace show --query id prints it",
        )
    return PLANS[kind]([v.vault for v in vaults], workspace)


def _cli(vaults: list[str], workspace: str) -> str:
    logs = json.dumps([{"categoryGroup": "audit", "enabled": True}])
    lines = [
        "#!/usr/bin/env bash",
        "# Makes every vault below log its audit events. May be run again.",
        "set -euo pipefail",
        f"workspace={shlex.quote(workspace)}",
        "vaults=(",
        *(f"  {shlex.quote(v)}" for v in vaults),
        ")",
        'for vault in "${vaults[@]}"; do',
        f'  az monitor diagnostic-settings create --name {SETTING} --resource "$vault" --workspace "$workspace" \\',
        f"    --export-to-resource-specific true --logs {shlex.quote(logs)} --output none",
        '  echo "$vault"',
        "done",
    ]
    return "\n".join(lines) + "\n"


def _powershell(vaults: list[str], workspace: str) -> str:
    lines = [
        "# Makes every vault below log its audit events. May be run again.",
        "$ErrorActionPreference = 'Stop'",
        f"$workspace = '{workspace}'",
        "$vaults = @(",
        *(f"  '{v}'" for v in vaults),
        ")",
        "$log = New-AzDiagnosticSettingLogSettingsObject -CategoryGroup audit -Enabled $true",
        "foreach ($vault in $vaults) {",
        f"  New-AzDiagnosticSetting -Name {SETTING} -ResourceId $vault -WorkspaceId $workspace -Log $log "
        "-LogAnalyticsDestinationType Dedicated | Out-Null",
        "  $vault",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _bicep(vaults: list[str], workspace: str) -> str:
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for vault in vaults:
        parts = vault.split("/")
        groups[parts[2], parts[4]].append(parts[-1])
    commands = [
        f"//   az deployment group create --subscription {shlex.quote(subscription)} "
        f"--resource-group {shlex.quote(group)} --template-file logging.bicep "
        f"--parameters {shlex.quote('vaults=' + json.dumps(names))}"
        for (subscription, group), names in sorted(groups.items())
    ]
    return "\n".join(
        [
            "// Makes vaults log their audit events. May be deployed again; one deployment per resource group:",
            *commands,
            "targetScope = 'resourceGroup'",
            f"param workspaceId string = '{workspace}'",
            "param vaults array",
            "",
            "resource existing 'Microsoft.KeyVault/vaults@2023-07-01' existing = [for name in vaults: {",
            "  name: name",
            "}]",
            "",
            "resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [for (name, i) in vaults: {",
            f"  name: '{SETTING}'",
            "  scope: existing[i]",
            "  properties: {",
            "    workspaceId: workspaceId",
            "    logAnalyticsDestinationType: 'Dedicated'",
            "    logs: [",
            "      {",
            "        categoryGroup: 'audit'",
            "        enabled: true",
            "      }",
            "    ]",
            "  }",
            "}]",
            "",
        ]
    )


def _terraform(vaults: list[str], workspace: str) -> str:
    return "\n".join(
        [
            "# Makes every vault below log its audit events. terraform plan shows nothing the second time.",
            "locals {",
            "  vaults = [",
            *(f'    "{v}",' for v in vaults),
            "  ]",
            "}",
            "",
            'resource "azurerm_monitor_diagnostic_setting" "keywitness_audit" {',
            "  for_each                       = toset(local.vaults)",
            f'  name                           = "{SETTING}"',
            "  target_resource_id             = each.value",
            f'  log_analytics_workspace_id     = "{workspace}"',
            '  log_analytics_destination_type = "Dedicated"',
            "",
            "  enabled_log {",
            '    category_group = "audit"',
            "  }",
            "}",
            "",
        ]
    )


def _policy(vaults: list[str], workspace: str) -> str:
    """An ARM template per subscription: the assignment, the right of its identity, and the repair of what is there."""
    assignment = "subscriptionResourceId('Microsoft.Authorization/policyAssignments', variables('name'))"
    role = f"subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{ROLE}')"
    grant = "guid(subscription().id, variables('name'))"
    subscriptions = sorted({v.split("/")[2] for v in vaults})
    template: dict[str, Any] = {
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "metadata": {
            "description": "Every vault of a subscription logs its audit events, those to come too. Repeatable.",
            "deploy": [
                f"az deployment sub create --subscription {shlex.quote(s)} --location westeurope "
                "--template-file logging.json"
                for s in subscriptions
            ],
        },
        "parameters": {
            "workspaceId": {"type": "string", "defaultValue": workspace},
            "location": {"type": "string", "defaultValue": "westeurope"},
        },
        "variables": {"name": SETTING},
        "resources": [
            {
                "type": "Microsoft.Authorization/policyAssignments",
                "apiVersion": "2022-06-01",
                "name": "[variables('name')]",
                "location": "[parameters('location')]",
                "identity": {"type": "SystemAssigned"},
                "properties": {
                    "displayName": "Key vaults log their audit events",
                    "policyDefinitionId": f"/providers/Microsoft.Authorization/policyDefinitions/{POLICY}",
                    "parameters": {
                        "logAnalytics": {"value": "[parameters('workspaceId')]"},
                        "categoryGroup": {"value": "audit"},
                        "diagnosticSettingName": {"value": SETTING},
                    },
                },
            },
            {
                "type": "Microsoft.Authorization/roleAssignments",
                "apiVersion": "2022-04-01",
                "name": f"[{grant}]",
                "dependsOn": [f"[{assignment}]"],
                "properties": {
                    "roleDefinitionId": f"[{role}]",
                    "principalId": f"[reference({assignment}, '2022-06-01', 'full').identity.principalId]",
                    "principalType": "ServicePrincipal",
                },
            },
            {
                "type": "Microsoft.PolicyInsights/remediations",
                "apiVersion": "2021-10-01",
                "name": "[variables('name')]",
                "dependsOn": [f"[subscriptionResourceId('Microsoft.Authorization/roleAssignments', {grant})]"],
                "properties": {
                    "policyAssignmentId": f"[{assignment}]",
                    "resourceDiscoveryMode": "ReEvaluateCompliance",
                },
            },
        ],
    }
    return json.dumps(template, indent=2) + "\n"


PLANS: dict[str, Callable[[list[str], str], str]] = {
    "cli": _cli,
    "powershell": _powershell,
    "bicep": _bicep,
    "terraform": _terraform,
    "policy": _policy,
}
