"""What some tables need beyond names: parts of ids, nested values, spellings of permissions.

Each function takes an object's properties and gives them as the table's columns want them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from keywitness.evidence.decoding.resource import parse_resource

_SETTING = re.compile(r"/providers/microsoft\.insights/diagnosticsettings/[^/]+/?\Z", re.IGNORECASE)
_OBJECT_ID = re.compile(
    r"(?P<vault>https://[^/:]+)(?::443)?/(?P<kind>secret|key|certificate)s/(?P<name>[^/]+)(?:/(?P<version>[^/]+))?/?\Z",
    re.IGNORECASE,
)
_GUID_END = re.compile(r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/?\Z")


@dataclass(frozen=True, slots=True)
class Named:
    """Properties of an object.

    Args:
        values: By name in lower case.
        spelling: The name as the object has it.
    """

    values: dict[str, Any]
    spelling: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A property that is text, else ""."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def but(self, without: tuple[str, ...] = (), **changed: Any) -> Named:
        """The same with other values; those that are None are left as they were."""
        values = {n: v for n, v in self.values.items() if n not in without}
        values.update({n: v for n, v in changed.items() if v is not None})
        return Named(values, self.spelling)


Details = Callable[[Named, Mapping[str, str]], Named]


def _vault(named: Named, _: Mapping[str, str]) -> Named:
    resource = parse_resource(named.text("id") or named.text("resourceid"))
    system = named.values.get("systemdata")
    made = system if isinstance(system, dict) else {}
    sku = named.values.get("sku")
    return named.but(
        ("type",),
        resourcegroup=named.values.get("resourcegroup") or resource.group or None,
        subscriptionid=named.values.get("subscriptionid") or resource.subscription,
        createdat=made.get("createdAt"),
        createdby=made.get("createdBy"),
        sku=sku.get("name") if isinstance(sku, dict) else None,
    )


def _role_assignment(named: Named, _: Mapping[str, str]) -> Named:
    type_ = named.text("type").lower() or named.text("id").lower()
    expanded = named.values.get("expandedproperties")
    expanded = expanded if isinstance(expanded, dict) else {}
    role, principal = expanded.get("roleDefinition") or {}, expanded.get("principal") or {}
    return named.but(
        ("type",),
        state="Eligible" if "roleeligibility" in type_ else "Active",
        roledefinitionname=named.values.get("roledefinitionname") or role.get("displayName"),
        principalname=named.values.get("principalname")
        or principal.get("userPrincipalName")
        or principal.get("displayName"),
    )


def _role_definition(named: Named, _: Mapping[str, str]) -> Named:
    match = _GUID_END.search(named.text("id"))
    name = named.text("name")
    return named.but(("type",), name=name or (match[1] if match else None))


def _diagnostic_setting(named: Named, _: Mapping[str, str]) -> Named:
    return named.but(("type", "value", "takenat"), resourceid=_SETTING.sub("", named.text("id")) or None)


def _policy_assignment(named: Named, _: Mapping[str, str]) -> Named:
    return named.but(("type",))


def _vault_object(named: Named, _: Mapping[str, str]) -> Named:
    """A secret, key or certificate. A value that somebody exported with it is left in the file: no table repeats it."""
    key = named.values.get("key")
    id_ = named.text("id") or named.text("kid") or (key.get("kid", "") if isinstance(key, dict) else "")
    match = _OBJECT_ID.match(id_)
    if match is None:
        return _arm_vault_object(named)
    attributes = named.values.get("attributes")
    flat = {n.lower(): v for n, v in attributes.items()} if isinstance(attributes, dict) else {}
    print_ = named.text("x509thumbprinthex") or _hex_of(named.text("x509thumbprint"))
    return named.but(
        (
            "value",
            "attributes",
            "x509thumbprint",
            "x509thumbprinthex",
            "kid",
            "vaultname",
            "secretvalue",
            "secretvaluetext",
        ),
        id=id_,
        vaulturi=f"{match['vault']}/",
        objectkind=match["kind"].lower(),
        name=match["name"],
        version=match["version"] or named.values.get("version"),
        thumbprint=print_ or None,
        **{n: _time(v) for n, v in flat.items() if v is not None},
    )


def _arm_vault_object(named: Named) -> Named:
    """The object as ARM shows it, without its value: `Microsoft.KeyVault/vaults/secrets`."""
    uri = named.text("secreturi") or named.text("keyuri")
    if _OBJECT_ID.match(uri):
        kept = named.but(("type", "id"), armid=named.text("id"))
        kept.values["id"] = named.text("secreturiwithversion") or named.text("keyuriwithversion") or uri
        return _vault_object(kept, {})
    return named


def _management_group(named: Named, _: Mapping[str, str]) -> Named:
    details = named.values.get("details")
    parent = details.get("parent") if isinstance(details, dict) else None
    return named.but(
        ("type", "parent"), parentid=parent.get("id") if isinstance(parent, dict) else named.values.get("parentid")
    )


def _subscription(named: Named, _: Mapping[str, str]) -> Named:
    id_ = named.text("subscriptionid") or named.text("id")
    name = named.values.get("displayname") or named.values.get("name")
    chain = named.values.get("managementgroupancestorschain")
    return named.but(
        ("type", "id", "displayname"),
        subscriptionid=id_.strip("/").rpartition("/")[2],
        name=name,
        managementgroupancestorschain=chain,
    )


def _directory_role(named: Named, _: Mapping[str, str]) -> Named:
    definition = named.values.get("roledefinition")
    definition = definition if isinstance(definition, dict) else {}
    eligible = "eligib" in named.text("@odata.context").lower() or "eligib" in named.text("odata").lower()
    return named.but(
        (),
        rolename=definition.get("displayName"),
        roletemplateid=definition.get("templateId"),
        state=named.values.get("state") or ("Eligible" if eligible else "Active"),
    )


def _directory_role_in(named: Named, context: Mapping[str, str]) -> Named:
    if "eligib" in context.get("@odata.context", "").lower():
        named = named.but(state="Eligible")
    return _directory_role(named, context)


def _member(named: Named, context: Mapping[str, str]) -> Named:
    return named.but((), groupid=named.values.get("groupid") or context.get("groupId"), **_principal(named, "member"))


def _owner(named: Named, context: Mapping[str, str]) -> Named:
    return named.but(
        (),
        targetid=named.values.get("targetid") or context.get("ownersOf"),
        targettype=named.values.get("targettype") or context.get("targetType"),
        **_principal(named, "owner"),
    )


def _principal(named: Named, role: str) -> dict[str, Any]:
    type_ = named.text("@odata.type") or named.text("odatatype")
    return {
        f"{role}id": named.values.get(f"{role}id") or named.values.get("id"),
        f"{role}type": named.values.get(f"{role}type") or type_.removeprefix("#microsoft.graph.") or None,
        f"{role}name": named.text("userprincipalname") or named.text("displayname") or None,
    }


def _resource(named: Named, _: Mapping[str, str]) -> Named:
    """A user-assigned identity says its principal as a property, where others have `identity`."""
    own = named.text("type").lower() == "microsoft.managedidentity/userassignedidentities"
    principal = named.text("principalid")
    return named.but(identity={"principalId": principal}) if own and principal else named


def _hex_of(thumbprint: str) -> str:
    """A certificate's SHA-1 as 40 hex digits, whether it came so or in base64."""
    if re.fullmatch(r"[0-9A-Fa-f]{40}", thumbprint):
        return thumbprint.upper()
    try:
        raw = base64.b64decode(thumbprint + "=" * (-len(thumbprint) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return thumbprint
    return raw.hex().upper() if len(raw) == 20 else thumbprint


def _time(value: Any) -> Any:
    """Seconds since 1970, as REST has them, as text; anything else as it is."""
    if isinstance(value, int) and not isinstance(value, bool) and 10**8 < value < 10**11:
        return datetime.fromtimestamp(value, UTC).isoformat()
    return value


DETAILS: dict[str, Details] = {
    "KeyVaults": _vault,
    "VaultObjects": _vault_object,
    "RoleAssignments": _role_assignment,
    "RoleDefinitions": _role_definition,
    "DenyAssignments": _policy_assignment,
    "DiagnosticSettings": _diagnostic_setting,
    "PolicyAssignments": _policy_assignment,
    "ManagementGroups": _management_group,
    "Subscriptions": _subscription,
    "DirectoryRoleAssignments": _directory_role_in,
    "GroupMembers": _member,
    "Owners": _owner,
    "Resources": _resource,
}
