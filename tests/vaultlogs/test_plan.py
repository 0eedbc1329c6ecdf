"""Plans are code that somebody will run: each is looked over by the linter that its language has here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from keywitness.errors import UsageError
from keywitness.vaultlogs.plan import PLANS, open_vaults, plan
from keywitness.vaultlogs.state import Setting, VaultLogs

WORKSPACE = "/subscriptions/s1/resourceGroups/siem/providers/Microsoft.OperationalInsights/workspaces/law"


def vault(name: str, *, exported: bool = True, group: str = "rg", audit: bool = False) -> VaultLogs:
    id_ = f"/subscriptions/s1/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{name}"
    settings = (Setting("a", True, False, [], (("storage", "x"),), "E1:0"),) if audit else ()
    return VaultLogs(id_, name, group, "s1", True, "E1:0", settings, exported)


VAULTS = [vault("kv-a"), vault("kv-b", group="rg.two"), vault("kv-c", exported=False), vault("kv-d", audit=True)]


def test_a_plan_holds_the_open_vaults_and_no_other() -> None:
    closing = open_vaults(VAULTS)
    assert [v.name for v in closing] == ["kv-a", "kv-b", "kv-c"]
    assert [v.name for v in open_vaults(VAULTS, unknown=False)] == ["kv-a", "kv-b"]
    for kind in ("cli", "powershell", "terraform"):
        text = plan(kind, closing, WORKSPACE)
        assert all(v.vault in text for v in closing)
        assert "kv-d" not in text


def test_an_id_that_is_none_reaches_no_plan() -> None:
    """The trap: an export may say anything, and a plan is run by an administrator."""
    assert open_vaults([vault("x$(reboot)"), vault("x'; Remove-Item -Recurse / #"), vault('x"]\n}')]) == []


@pytest.mark.parametrize("workspace", ["law", "/subscriptions/s1", WORKSPACE + "'; reboot", WORKSPACE + "\nx"])
def test_a_workspace_is_a_resource_id(workspace: str) -> None:
    with pytest.raises(UsageError, match="is no resource id of a workspace"):
        plan("cli", VAULTS[:1], workspace)


def test_the_shell_script_is_a_shell_script(tmp_path: Path) -> None:
    script = tmp_path / "plan.sh"
    script.write_text(plan("cli", open_vaults(VAULTS), WORKSPACE))
    subprocess.run(["bash", "-n", script], check=True)
    (tmp_path / "az").write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$*" >> "$LOG"\n')
    (tmp_path / "az").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "LOG": str(tmp_path / "log")}
    subprocess.run(["bash", script], check=True, env=environment, capture_output=True)
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 3
    assert f"--resource {VAULTS[0].vault} --workspace {WORKSPACE}" in lines[0]
    assert '--logs [{"categoryGroup": "audit", "enabled": true}]' in lines[0]
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", script], check=True)


def test_terraform_is_formatted_and_has_each_vault_once(tmp_path: Path) -> None:
    text = plan("terraform", open_vaults(VAULTS), WORKSPACE)
    assert text.count("kv-a") == 1
    if shutil.which("terraform"):
        done = subprocess.run(
            ["terraform", "fmt", "-check", "-diff", "-"], input=text, text=True, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, "")


def test_brackets_close_in_bicep_and_powershell() -> None:
    for kind in ("bicep", "powershell"):
        text = re.sub(r"^\s*(//|#).*$", "", plan(kind, open_vaults(VAULTS), WORKSPACE), flags=re.MULTILINE)
        text = re.sub(r"'[^'\n]*'", "''", text)
        for opening, closing in ("()", "[]", "{}"):
            assert text.count(opening) == text.count(closing), kind


def test_bicep_names_one_deployment_per_resource_group() -> None:
    text = plan("bicep", open_vaults(VAULTS), WORKSPACE)
    assert re.findall(r"--resource-group (\S+) .*vaults=(\[.*?\])", text) == [
        ("rg", '["kv-a", "kv-c"]'),
        ("rg.two", '["kv-b"]'),
    ]


def test_the_policy_is_an_arm_template_of_a_subscription() -> None:
    """What the deployment schema asks: its own keys, and of each resource type, apiVersion and name."""
    template = json.loads(plan("policy", open_vaults(VAULTS), WORKSPACE))
    assert template["$schema"].endswith("/subscriptionDeploymentTemplate.json#")
    assert set(template) <= {"$schema", "contentVersion", "metadata", "parameters", "variables", "resources", "outputs"}
    assert re.fullmatch(r"(\d+\.){3}\d+", template["contentVersion"])
    for resource in template["resources"]:
        assert {"type", "apiVersion", "name", "properties"} <= set(resource)
        assert re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", resource["apiVersion"])
    text = json.dumps(template)
    used = set(re.findall(r"parameters\('(\w+)'\)", text))
    assert used == set(template["parameters"])
    assert text.count("[") - text.count("]") == 0
    assert template["metadata"]["deploy"] == [
        "az deployment sub create --subscription s1 --location westeurope --template-file logging.json"
    ]


#: What Azure's schemas allow of the resources that plans deploy: required properties, optional ones, fixed words. Names
#: alone, from https://github.com/Azure/azure-resource-manager-schemas (MIT License, Microsoft Corporation):
#: schemas/2022-06-01/Microsoft.Authorization.json, 2022-04-01/Microsoft.Authorization.Authz.json,
#: 2021-10-01/Microsoft.PolicyInsights.json, 2021-05-01-preview/Microsoft.Insights.json.
SCHEMAS: dict[tuple[str, str], tuple[set[str], set[str], dict[str, set[str]]]] = {
    ("Microsoft.Authorization/policyAssignments", "2022-06-01"): (
        set(),
        {"description", "displayName", "enforcementMode", "metadata", "nonComplianceMessages", "notScopes"}
        | {"overrides", "parameters", "policyDefinitionId", "resourceSelectors"},
        {},
    ),
    ("Microsoft.Authorization/roleAssignments", "2022-04-01"): (
        {"roleDefinitionId", "principalId"},
        {"condition", "conditionVersion", "delegatedManagedIdentityResourceId", "description", "principalType"},
        {"principalType": {"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"}},
    ),
    ("Microsoft.PolicyInsights/remediations", "2021-10-01"): (
        set(),
        {"failureThreshold", "filters", "parallelDeployments", "policyAssignmentId", "policyDefinitionReferenceId"}
        | {"resourceCount", "resourceDiscoveryMode"},
        {"resourceDiscoveryMode": {"ExistingNonCompliant", "ReEvaluateCompliance"}},
    ),
}
DIAGNOSTIC_SETTING = {
    *("eventHubAuthorizationRuleId", "eventHubName", "logAnalyticsDestinationType", "logs", "marketplacePartnerId"),
    *("metrics", "serviceBusRuleId", "storageAccountId", "workspaceId"),
}
LOG = {"category", "categoryGroup", "enabled", "retentionPolicy"}
#: Parameters of the definition 6b359d8f-f88d-4052-aa7c-32015963ecc1, and the role that its identity needs
#: (https://github.com/Azure/azure-policy, MIT License: Monitoring/DS_LA_keyvault-vaults_DINE.json).
DEFINITION = "6b359d8f-f88d-4052-aa7c-32015963ecc1"
DEFINED = {"effect", "diagnosticSettingName", "categoryGroup", "resourceLocationList", "logAnalytics"}
ITS_ROLE = "92aaf0da-9dab-42b6-94a3-d43ce8d16293"


def test_the_resources_of_the_policy_plan_are_what_azures_schemas_say() -> None:
    template = json.loads(plan("policy", open_vaults(VAULTS), WORKSPACE))
    for resource in template["resources"]:
        required, optional, words = SCHEMAS[resource["type"], resource["apiVersion"]]
        properties = resource["properties"]
        assert required <= properties.keys() <= required | optional
        assert all(properties[name] in allowed for name, allowed in words.items() if name in properties)
    assignment, role, _ = (resource["properties"] for resource in template["resources"])
    assert assignment["policyDefinitionId"].endswith(DEFINITION)
    assert "logAnalytics" in assignment["parameters"].keys() <= DEFINED
    assert assignment["parameters"]["categoryGroup"]["value"] in ("audit", "allLogs")
    assert all(value.keys() == {"value"} for value in assignment["parameters"].values())
    assert ITS_ROLE in role["roleDefinitionId"]
    assert template["resources"][0]["identity"]["type"] in ("SystemAssigned", "UserAssigned", "None")


def test_the_settings_of_the_bicep_plan_are_what_azures_schema_says() -> None:
    text = plan("bicep", open_vaults(VAULTS), WORKSPACE)
    assert "'Microsoft.Insights/diagnosticSettings@2021-05-01-preview'" in text
    body = text[text.index("properties: {") :]
    named = re.findall(r"^( +)(\w+):", body, flags=re.MULTILINE)
    indents = sorted({len(indent) for indent, _ in named})
    assert {name for indent, name in named if len(indent) == indents[0]} <= DIAGNOSTIC_SETTING
    assert {name for indent, name in named if len(indent) > indents[0]} <= LOG
    assert "enabled" in body, "required of every log"


@pytest.mark.parametrize("kind", sorted(PLANS))
def test_a_plan_for_nothing_is_still_valid(kind: str) -> None:
    assert plan(kind, [], WORKSPACE).endswith("\n")
