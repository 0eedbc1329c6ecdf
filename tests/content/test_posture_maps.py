"""Where others ask for the same: ids and names as they stand in Azure's repository of built-in policies.

Source: https://github.com/Azure/azure-policy (MIT License, Microsoft Corporation): ids, names and groups alone.
"""

from __future__ import annotations

import pytest

from keywitness.posture.check import Check, load_checks

#: Definitions of the category Key Vault (and Security Center, Network) that checks name: id, words of the display name.
POLICIES = {
    "0a075868-4c26-42ef-914c-5bc007359560": "Certificates should have the specified maximum validity period",
    "0b60c0b2-2dc2-4e1c-b5c9-abbed971de53": "Key vaults should have deletion protection enabled",
    "0e6763cc-5078-4e64-889d-ff4d9a839047": "Azure Defender for Key Vault should be enabled",
    "12d4fa5e-1f9f-4c21-97a9-b99b3c6611b5": "Azure Key Vault should use RBAC permission model",
    "152b15f7-8e1f-4c1f-ab71-8c010ba5dbc0": "Key Vault keys should have an expiration date",
    "19ea9d63-adee-4431-a95e-1913c6c1c75f": "Azure Key Vault Managed HSM should disable public network access",
    "1e66c121-a66a-4b1f-9b83-0fd99bf0fc2d": "Key vaults should have soft delete enabled",
    "405c5871-3e91-4644-8a63-58e19d68ff5b": "Azure Key Vault should disable public network access",
    "55615ac9-af46-4a59-874e-391cc3dfb490": "Azure Key Vault should have firewall enabled or ...",
    "59fee2f4-d439-4f1b-9b9a-982e1474bfd8": "Azure Key Vault Managed HSM should use private link",
    "5ff38825-c5d8-47c5-b70e-069a21955146": "Keys should have more than the specified number of days before expiration",
    "75262d3e-ba4a-4f43-85f8-9f72c090e5e3": "Secrets should have content type set",
    "98728c90-32c7-4049-8429-847dc0f4fe37": "Key Vault secrets should have an expiration date",
    "a2a5b911-5617-447e-a49e-59dbe0e0434b": "Resource logs in Azure Key Vault Managed HSM should be enabled",
    "a6abeaec-4d90-4a02-805f-6b26c4d3fbe9": "Azure Key Vaults should use private link",
    "b0eb591a-5e70-4534-a8bf-04b9c489584a": "Secrets should have more than the specified number of days before ...",
    "c26e4b24-cf98-4c67-b48b-5a25c4c69eb9": "Keys should not be active for longer than the specified number of days",
    "c39ba22d-4428-4149-b981-70acb31fc383": "Azure Key Vault Managed HSM should have purge protection enabled",
    "cf820ca0-f99e-4f3e-84fb-66e913812d21": "Resource logs in Key Vault should be enabled",
    "e8d99835-8a06-45ae-a8e0-87a91941ccfe": "Secrets should not be active for longer than the specified number of days",
    "ea4d6841-2173-4317-9747-ff522a45120f": "Key Vault should use a virtual network service endpoint",
    "f772fb64-8e40-40ad-87bc-7706e1949427": "Certificates should not expire within the specified number of days",
}
#: `groupNames` of those that the initiative has: built-in-policies/policySetDefinitions/Security Center/
#: AzureSecurityCenter.json, version 57.37.0, groups `Azure_Security_Benchmark_v3.0_...`.
GROUPS = {
    "0a075868-4c26-42ef-914c-5bc007359560": {"DP-7"},
    "0b60c0b2-2dc2-4e1c-b5c9-abbed971de53": {"DP-8"},
    "0e6763cc-5078-4e64-889d-ff4d9a839047": {"DP-8", "LT-1", "LT-2", "IR-3", "IR-5"},
    "152b15f7-8e1f-4c1f-ab71-8c010ba5dbc0": {"DP-6"},
    "1e66c121-a66a-4b1f-9b83-0fd99bf0fc2d": {"DP-8"},
    "55615ac9-af46-4a59-874e-391cc3dfb490": {"NS-2", "DP-8"},
    "98728c90-32c7-4049-8429-847dc0f4fe37": {"DP-6"},
    "a6abeaec-4d90-4a02-805f-6b26c4d3fbe9": {"NS-2", "DP-8"},
    "cf820ca0-f99e-4f3e-84fb-66e913812d21": {"LT-3", "DP-8"},
}
#: What the controls are about that checks name without such a policy.
SUBJECTS = {
    "DP-6": "Use a secure key management process",
    "DP-7": "Use a secure certificate management process",
    "LT-3": "Enable logging for security investigation",
    "NS-2": "Secure cloud services with network controls",
    "PA-1": "Separate and limit highly privileged/administrative users",
    "PA-4": "Review and reconcile user access regularly",
    "PA-7": "Follow just enough administration (least privilege) principle",
}


@pytest.mark.parametrize("check", load_checks(), ids=lambda c: c.id)
def test_a_check_names_what_is_there(check: Check) -> None:
    assert set(check.maps.policy) <= POLICIES.keys()
    grouped = [GROUPS[p] for p in check.maps.policy if p in GROUPS]
    if grouped:
        assert set(check.maps.mcsb) == set().union(*grouped)
    else:
        assert set(check.maps.mcsb) <= SUBJECTS.keys()
