"""Members and owners that an object lists inside itself (`$expand` of Graph): rows of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keywitness.evidence.decoding.shapes.inventory.details import Named

_TARGET_TYPES = {"Applications": "application", "ServicePrincipals": "servicePrincipal", "Groups": "group"}


def relations(table: str, named: Named) -> Iterator[tuple[str, Named]]:
    """Rows for other tables that an object brings, beside its own."""
    if table not in _TARGET_TYPES:
        return
    id_ = named.values.get("id") or named.values.get("objectid")
    if table == "Groups":
        for member in _objects(named, "members"):
            yield "GroupMembers", Named({**member, "groupid": id_})
    for owner in _objects(named, "owners"):
        yield "Owners", Named({**owner, "targetid": id_, "targettype": _TARGET_TYPES[table]})
    for name in ("approleassignments", "approleassignedto"):
        for assignment in _objects(named, name):
            yield "AppRoleAssignments", Named(assignment)


def _objects(named: Named, name: str) -> Iterator[dict[str, Any]]:
    listed = named.values.get(name)
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict):
            yield {n.lower(): v for n, v in item.items()}
