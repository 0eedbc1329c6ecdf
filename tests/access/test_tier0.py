"""What opens everything."""

from __future__ import annotations

import pytest

from keywitness.access.inventory import inventory_of
from keywitness.access.tier0 import crowns, tier0


@pytest.mark.parametrize(
    "name", ["BreakGlass-01", "break-glass", "GlobalAdminPassword", "krbtgt", "corp-root-ca", "tier0-x"]
)
def test_by_name(name):
    assert tier0(name).startswith("named '")


@pytest.mark.parametrize(
    ("name", "tags"), [("grass-breaker", {}), ("sql", {"tier": "10"}), ("x", {"other": "0"}), ("x", None)]
)
def test_near_misses(name, tags):
    assert tier0(name, tags) == ""


def test_of_an_export():
    rows = [
        {
            "VaultUri": "https://KV-Core.vault.azure.net/",
            "ObjectKind": "Secret",
            "Name": "a",
            "Tags": {"Tier": "Tier 0"},
        },
        {"VaultUri": "https://kv-app.vault.azure.net/", "ObjectKind": "secret", "Name": "b", "Tags": ["hostile"]},
    ]
    (crown,) = crowns(inventory_of({"VaultObjects": rows}))
    assert (crown.vault, crown.kind, crown.name, crown.why) == ("kv-core", "secret", "a", "tag Tier = Tier 0")
