"""What a vault's network says."""

from __future__ import annotations

import pytest

from keywitness.access.network import network_remark


@pytest.mark.parametrize(
    ("access", "acls", "said"),
    [
        ("Enabled", None, ""),
        ("", {"defaultAction": "Allow", "ipRules": [{"value": "203.0.113.0/24"}]}, ""),
        ("disabled", {"defaultAction": "Allow"}, "network: private endpoints only"),
        ("", {"defaultAction": "Deny", "bypass": "None", "ipRules": []}, "network: only private endpoints"),
        (
            "Enabled",
            {"DefaultAction": "deny", "Bypass": "AzureServices", "IpRules": [1, 2], "VirtualNetworkRules": [3]},
            "network: only 2 address ranges, 1 subnet, trusted Azure services",
        ),
    ],
)
def test_the_firewall_in_words(access, acls, said):
    assert network_remark({"PublicNetworkAccess": access, "NetworkAcls": acls}) == said
