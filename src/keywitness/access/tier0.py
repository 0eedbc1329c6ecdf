"""Which objects of vaults open everything, by their tags and by what they are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from keywitness.access.inventory import Inventory
from keywitness.model.content import content


@dataclass(frozen=True, slots=True)
class Crown:
    """One object of tier 0.

    Args:
        vault: The vault's name, in lower case.
        kind: secret, key or certificate.
        why: The tag, or the part of the name that says so.
    """

    vault: str
    kind: str
    name: str
    why: str
    row: str


@cache
def _patterns() -> tuple[tuple[tuple[str, re.Pattern[str]], ...], re.Pattern[str]]:
    said = yaml.load(content("access", "tier0.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    tags = tuple((t["name"], re.compile(t["value"], re.IGNORECASE)) for t in said["tags"])
    return tags, re.compile("|".join(f"(?:{n})" for n in said["names"]), re.IGNORECASE)


def tier0(name: str, tags: Mapping[str, Any] | None = None) -> str:
    """Why an object is of tier 0, or "".

    Example:
        >>> tier0("breakglass-password"), tier0("db", {"Tier": "0"}), tier0("db")
        ("named 'breakglass'", 'tag Tier = 0', '')
    """
    known, names = _patterns()
    for tag, value in (tags or {}).items():
        if any(tag.lower() == wanted and pattern.search(str(value)) for wanted, pattern in known):
            return f"tag {tag} = {value}"
    found = names.search(name)
    return f"named '{found[0]}'" if found else ""


def crowns(inventory: Inventory) -> tuple[Crown, ...]:
    """The objects of tier 0 that exports list."""
    found = []
    for record in inventory.records("VaultObjects"):
        why = tier0(record["Name"], record["Tags"] if isinstance(record["Tags"], dict) else None)
        if why:
            vault = re.sub(r"^https?://", "", record["VaultUri"].lower()).split(".")[0]
            found.append(Crown(vault, record["ObjectKind"].lower(), record["Name"], why, record["Row"]))
    return tuple(found)
