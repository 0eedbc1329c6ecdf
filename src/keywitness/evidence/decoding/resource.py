"""ARM resource ids, taken apart as Log Analytics does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from keywitness.evidence.decoding.values import guid


@dataclass(frozen=True, slots=True)
class Resource:
    """Parts of a resource id; "" (None for the subscription) where the id has none."""

    subscription: str | None
    group: str
    provider: str
    type: str
    name: str


@lru_cache(maxsize=65_536)
def parse_resource(resource_id: str) -> Resource:
    """Take a resource id apart.

    Example:
        >>> parse_resource("/subscriptions/x/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v").name
        'v'
    """
    parts = resource_id.strip("/").split("/")
    upper = [p.upper() for p in parts]
    found: dict[str, str] = {}
    index = 0
    while index + 1 < len(parts) and upper[index] in ("SUBSCRIPTIONS", "RESOURCEGROUPS", "TENANTS"):
        found[upper[index]] = parts[index + 1]
        index += 2
    provider = type_ = name = ""
    if index + 1 < len(parts) and upper[index] == "PROVIDERS":
        provider = parts[index + 1]
        rest = parts[index + 2 :]
        type_ = "/".join(rest[0::2])
        name = rest[-1] if rest and len(rest) % 2 == 0 else ""
    return Resource(guid(found.get("SUBSCRIPTIONS", "")), found.get("RESOURCEGROUPS", ""), provider, type_, name)
