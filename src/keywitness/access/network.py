"""From where a vault may be reached. It decides over nobody's rights, so it is a remark beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keywitness.access.tenant import field_of


def network_remark(vault: Mapping[str, Any]) -> str:
    """What an exported vault says of its network, "" where it lets everybody in or says nothing.

    Args:
        vault: A row of KeyVaults.

    Example:
        >>> network_remark({"PublicNetworkAccess": "Disabled", "NetworkAcls": None})
        'network: private endpoints only'
    """
    if str(vault.get("PublicNetworkAccess") or "").lower() == "disabled":
        return "network: private endpoints only"
    acls = vault.get("NetworkAcls")
    if not isinstance(acls, Mapping) or str(field_of(acls, "defaultAction") or "").lower() != "deny":
        return ""
    addresses = len(field_of(acls, "ipRules") or ())
    subnets = len(field_of(acls, "virtualNetworkRules") or ())
    trusted = "azureservices" in str(field_of(acls, "bypass") or "").lower().replace(" ", "")
    let_in = [
        f"{addresses} address range{'' if addresses == 1 else 's'}" if addresses else "",
        f"{subnets} subnet{'' if subnets == 1 else 's'}" if subnets else "",
        "trusted Azure services" if trusted else "",
    ]
    return "network: only " + (", ".join(filter(None, let_in)) or "private endpoints")
