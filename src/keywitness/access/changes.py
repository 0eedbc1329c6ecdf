"""What logs say about changes of access: policies, roles of Azure and of Entra given and taken away, models changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keywitness.access.operations import policy_mask
from keywitness.detect.run import Queryable
from keywitness.engine.limits import NO_LIMITS
from keywitness.kql.literals import parse_datetime
from keywitness.model.content import with_functions

POLICY, ROLE, MODEL, ENTRA = "access policy", "role assignment", "permission model", "Entra role"

#: Operations that change a vault: what one shows of the permission model need not have been so before it.
CHANGING = ("vaultpatch", "vaultput", "vaultcreate", "vaultcreateorupdate")

_MODELS = """KeyVaultEvents()
| where isnotnull(RbacEnabled) and Status between (200 .. 299)
| sort by VaultId asc, TimeGenerated asc
| where VaultId != prev(VaultId) or RbacEnabled != prev(RbacEnabled)
| project At = TimeGenerated, VaultId, RbacEnabled, Operation, CallerId, Identity, Row"""

_ENTRA_ROLES = """DirectoryActs()
| where Succeeded and Activity in ("Add member to role", "Remove member from role") and isnotempty(TargetId)
| mv-expand Change = Changes
| where tostring(Change.displayName) == "Role.TemplateId"
| extend Said = strcat(tostring(Change.newValue), " ", tostring(Change.oldValue))
| project At, Added = Activity startswith "Add", Principal = TargetId, ActorId, ActorName, Row,
    Role = tolower(extract(@"([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})", 1, Said))
| where isnotempty(Role)"""


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Args:
        at: Ticks.
        how: `POLICY`, `ROLE`, `MODEL` or `ENTRA`.
        given: Access was given; for `MODEL`: roles decide from then on.
        id: The vault of a policy or model, or the id of a role assignment; lower case.
        scope: Where it holds, lower case.
        principal: Whom it is for, lower case; "" where the log does not say.
        role: GUID of the role (of Entra: of its template), "" for policies.
        operations: Mask of what a policy allows; 0 where the log has no permissions.
        by: Who did it; `by_id`: his object id, lower case.
        act: The operation that shows a model.
    """

    at: int
    how: str
    given: bool
    id: str
    scope: str
    principal: str
    role: str
    operations: int
    by: str
    rows: tuple[str, ...]
    act: str = ""
    by_id: str = ""


def read_changes(case: Queryable) -> tuple[Change, ...]:
    """Every change of access in the logs of a case, the earliest first; what is taken goes before what is given."""
    found = [*_policies(case), *_roles(case), *_models(case), *_entra_roles(case)]
    return tuple(sorted(found, key=lambda c: (c.at, c.given, c.id, c.principal)))


def _ask(case: Queryable, query: str) -> list[dict[str, Any]]:
    return case.query(with_functions(query), limits=NO_LIMITS).to_pylist()


def _policies(case: Queryable) -> Iterator[Change]:
    for row in _ask(case, "AccessPolicyChanges()"):
        for side, given in (("Removed", False), ("Added", True)):
            who = str(row[f"{side}Principal"] or "").lower()
            if not who:
                continue
            mask = 0
            for kind in ("secret", "key", "certificate"):
                mask |= policy_mask(kind, re.findall(r"[A-Za-z]+", row[f"{side}{kind.capitalize()}s"] or ""))[0]
            vault, by = str(row["VaultId"]).lower(), str(row["Identity"] or row["CallerId"] or "")
            rows, by_id = (str(row["Row"]),), str(row["CallerId"] or "").lower()
            yield Change(_ticks(row["At"]), POLICY, given, vault, vault, who, "", mask, by, rows, by_id=by_id)


def _roles(case: Queryable) -> Iterator[Change]:
    for row in _ask(case, "RoleAssignmentChanges()"):
        id, scope = str(row["Id"]).lower(), str(row["Scope"] or "/").lower()
        who, role = str(row["Principal"] or ""), str(row["Role"] or "")
        by, rows = str(row["Identity"] or row["CallerId"] or ""), tuple(row["Rows"] or ())
        by_id = str(row["CallerId"] or "").lower()
        yield Change(_ticks(row["At"]), ROLE, bool(row["Added"]), id, scope, who, role, 0, by, rows, by_id=by_id)


def _models(case: Queryable) -> Iterator[Change]:
    for row in _ask(case, _MODELS):
        vault, by = str(row["VaultId"]).lower(), str(row["Identity"] or row["CallerId"] or "")
        rows, act = (str(row["Row"]),), str(row["Operation"])
        by_id = str(row["CallerId"] or "").lower()
        yield Change(_ticks(row["At"]), MODEL, bool(row["RbacEnabled"]), vault, vault, "", "", 0, by, rows, act, by_id)


def _entra_roles(case: Queryable) -> Iterator[Change]:
    for row in _ask(case, _ENTRA_ROLES):
        who, role, by, rows = str(row["Principal"]), str(row["Role"]), str(row["ActorName"]), (str(row["Row"]),)
        at, id, by_id = _ticks(row["At"]), f"{who}/{role}", str(row["ActorId"] or "")
        yield Change(at, ENTRA, bool(row["Added"]), id, "/", who, role, 0, by, rows, by_id=by_id)


def _ticks(text: str) -> int:
    return parse_datetime(text) or 0
