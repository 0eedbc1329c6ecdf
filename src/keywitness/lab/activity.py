"""Azure Activity Log records as they reach storage: Start, Accept and Success of one control-plane act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from keywitness.lab.columns import TICKS_PER_SECOND, guid_one, key_of, mixed_one, time_one, uti_one
from keywitness.lab.company import Company, Principal
from keywitness.lab.entra import encoded

CONTRIBUTOR = "b24988ac618042a0ab8820f7382dd24c"
OWNER = "8e3af657a8ff443ca75c2fe8c4bcb635"
USER_ACCESS_ADMINISTRATOR = "18d7d88dd35e4fb5a5c37773c20a72d9"
ROLE_NAMES = {
    CONTRIBUTOR: "Contributor",
    OWNER: "Owner",
    USER_ACCESS_ADMINISTRATOR: "User Access Administrator",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, with which token and by which role. `token` is the token's key, `issued` its time in Unix seconds.

    Args:
        assignment: Scope and id (dashed) of the assignment that gives the role; None: one over the whole subscription.
    """

    principal: Principal
    appid: str
    address: str
    token: int
    issued: int
    role: str = CONTRIBUTOR
    methods: str = "pwd"
    assignment: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One control-plane act.

    Args:
        operation: As ARM spells it, for example `Microsoft.KeyVault/vaults/write`.
        resource: ARM id of what is acted upon.
        stages: Results in order with seconds after the first: Start, Accept, Success or Failure.
        request: Body of the request, shown on the Start record; None when the log has none.
        response: Body of the answer, shown on the last record.
    """

    operation: str
    resource: str
    stages: tuple[tuple[str, float], ...] = (("Start", 0.0), ("Success", 2.4))
    request: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    status: str = "OK"
    level: str = "Information"


def act_records(company: Company, at: int, act: Act, caller: Caller) -> list[tuple[int, bytes]]:
    """The records of one act: times and lines; all share one correlation id."""
    subscription = act.resource.split("/")[2]
    key = key_of(company.seed, "activity", at, act.operation, act.resource)
    scope, assignment = caller.assignment or (
        f"/subscriptions/{subscription}",
        company.hex32("activity-assignment", caller.principal.oid, subscription, caller.role),
    )
    identity = {
        "authorization": {
            "scope": act.resource,
            "action": act.operation,
            "evidence": {
                "role": ROLE_NAMES[caller.role],
                "roleAssignmentScope": scope,
                "roleAssignmentId": assignment.replace("-", ""),
                "roleDefinitionId": caller.role,
                "principalId": caller.principal.oid.replace("-", ""),
                "principalType": "User" if caller.principal.kind == "user" else "ServicePrincipal",
            },
        },
        "claims": _claims(company, caller),
    }
    made = []
    for number, (result, seconds) in enumerate(act.stages):
        ticks = at + int(seconds * TICKS_PER_SECOND) + (mixed_one(key + number) % 9_000_000 if number else 0)
        made.append((ticks, encoded(_record(company, ticks, act, caller, identity, key, number, result, seconds))))
    return made


def _record(
    company: Company,
    ticks: int,
    act: Act,
    caller: Caller,
    identity: dict[str, Any],
    key: int,
    number: int,
    result: str,
    seconds: float,
) -> dict[str, Any]:
    subscription = act.resource.split("/")[2]
    signature = {"Start": "Started.", "Accept": "Accepted.Accepted", "Success": f"Succeeded.{act.status}"}
    properties: dict[str, Any] = {}
    if result != "Start":
        properties |= {"statusCode": act.status, "serviceRequestId": guid_one(key + 40 + number)}
    elif act.request is not None:
        properties["requestbody"] = _json(act.request)
    if act.response is not None and number == len(act.stages) - 1:
        properties["responseBody"] = _json(act.response)
    properties |= {
        "eventCategory": "Administrative",
        "entity": act.resource,
        "message": act.operation,
        "hierarchy": f"{company.tenant}/{subscription}",
    }
    return {
        "RoleLocation": "West Europe",
        "Stamp": "FDWeb",
        "ReleaseVersion": "6.2025.26.4+8f1c7a9b2.release_2025w26",
        "time": time_one(ticks),
        "resourceId": act.resource.upper(),
        "operationName": act.operation.upper(),
        "category": "Administrative",
        "resultType": result,
        "resultSignature": signature.get(result, f"Failed.{act.status}"),
        "durationMs": str(int(seconds * 1000)),
        "callerIpAddress": caller.address,
        "correlationId": guid_one(key),
        "identity": identity,
        "level": act.level,
        "properties": properties,
        "tenantId": company.tenant,
    }


def _json(body: dict[str, Any]) -> str:
    return msgspec.json.encode(body).decode()


def _claims(company: Company, caller: Caller) -> dict[str, str]:
    """Claims of the Resource Manager token, in the order of published records."""
    who = caller.principal
    user = who.kind == "user"
    seconds = str(caller.issued - 300)
    claims = {
        "aud": "https://management.core.windows.net/",
        "iss": f"https://sts.windows.net/{company.tenant}/",
        "iat": seconds,
        "nbf": seconds,
        "exp": str(caller.issued + 3_600),
    }
    if user:
        claims["http://schemas.microsoft.com/claims/authnclassreference"] = "1"
        claims["http://schemas.microsoft.com/claims/authnmethodsreferences"] = caller.methods
    claims |= {"appid": caller.appid, "appidacr": {"user": "0", "secret": "1"}.get(who.kind, "2")}
    if user:
        claims |= {
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname": who.family_name,
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname": who.given_name,
            "groups": ",".join(company.guid("group", who.oid, number) for number in range(who.groups)),
        }
    claims |= {
        "idtyp": "user" if user else "app",
        "ipaddr": caller.address,
    }
    if user:
        claims["name"] = who.name
    claims |= {
        "http://schemas.microsoft.com/identity/claims/objectidentifier": who.oid,
    }
    if user:
        claims |= {
            "puid": f"{key_of(who.oid) % (1 << 64):016X}",
            "http://schemas.microsoft.com/identity/claims/scope": "user_impersonation",
        }
    claims["http://schemas.microsoft.com/identity/claims/tenantid"] = company.tenant
    if user:
        claims |= {
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": who.upn,
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": who.upn,
        }
    claims |= {
        "uti": uti_one(caller.token),
        "ver": "1.0",
        "xms_tcdt": "1391159646",
    }
    return claims
