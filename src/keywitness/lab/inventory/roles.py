"""Azure roles that the company uses, and what each operation on a vault asks for.

Facts: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security and
https://learn.microsoft.com/azure/key-vault/general/rbac-guide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

_VAULTS = "Microsoft.KeyVault/vaults/"


@dataclass(frozen=True, slots=True)
class Role:
    """A built-in role. `data` are its data actions without `Microsoft.KeyVault/vaults/`."""

    id: str
    name: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data: tuple[str, ...] = ()

    @property
    def data_actions(self) -> list[str]:
        return [_VAULTS + action for action in self.data]

    def allows(self, action: str) -> bool:
        return any(fnmatchcase(action, pattern) for pattern in self.data)


_WATCHING = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
    "Microsoft.KeyVault/checkNameAvailability/read",
    "Microsoft.KeyVault/deletedVaults/read",
    "Microsoft.KeyVault/locations/*/read",
    "Microsoft.KeyVault/vaults/*/read",
    "Microsoft.KeyVault/operations/read",
)
_METADATA = "secrets/readMetadata/action"
#: Roles over contents, those that allow least first.
CONTENT_ROLES = (
    Role(
        "4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User", data=("secrets/getSecret/action", _METADATA)
    ),
    Role(
        "e147488a-f6f5-4113-8e2d-b22465e65bf6",
        "Key Vault Crypto Service Encryption User",
        data=("keys/read", "keys/wrap/action", "keys/unwrap/action"),
    ),
    Role("21090545-7ca7-4776-b22c-e363652d74d2", "Key Vault Reader", _WATCHING, data=("*/read", _METADATA)),
    Role(
        "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
        "Key Vault Certificate User",
        data=("certificates/read", "secrets/getSecret/action", _METADATA, "keys/read"),
    ),
    Role(
        "12338af0-0e69-4776-bea7-57ae8d297424",
        "Key Vault Crypto User",
        data=(
            "keys/read",
            "keys/update/action",
            "keys/backup/action",
            "keys/encrypt/action",
            "keys/decrypt/action",
            "keys/wrap/action",
            "keys/unwrap/action",
            "keys/sign/action",
            "keys/verify/action",
        ),
    ),
    Role("b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer", _WATCHING, data=("secrets/*",)),
    Role(
        "a4417e6f-fecd-4de8-b567-7b0420556985",
        "Key Vault Certificates Officer",
        _WATCHING,
        data=("certificatecas/*", "certificates/*", "certificatecontacts/write"),
    ),
    Role(
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
        "Key Vault Crypto Officer",
        _WATCHING,
        data=("keys/*", "keyrotationpolicies/*"),
    ),
    Role("00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator", _WATCHING, data=("*",)),
)
OWNER = Role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", ("*",))
CONTRIBUTOR = Role(
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Contributor",
    ("*",),
    (
        "Microsoft.Authorization/*/Delete",
        "Microsoft.Authorization/*/Write",
        "Microsoft.Authorization/elevateAccess/Action",
        "Microsoft.Blueprint/blueprintAssignments/write",
        "Microsoft.Blueprint/blueprintAssignments/delete",
        "Microsoft.Compute/galleries/share/action",
        "Microsoft.Purview/consents/write",
        "Microsoft.Purview/consents/delete",
    ),
)
ACCESS_ADMINISTRATOR = Role(
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "User Access Administrator",
    ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
)
VAULT_CONTRIBUTOR = Role(
    "f25e0fa2-a7c8-4377-a976-54943a77a395",
    "Key Vault Contributor",
    (
        "Microsoft.Authorization/*/read",
        "Microsoft.Insights/alertRules/*",
        "Microsoft.KeyVault/*",
        "Microsoft.Resources/deployments/*",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Support/*",
    ),
    (
        "Microsoft.KeyVault/locations/deletedVaults/purge/action",
        "Microsoft.KeyVault/hsmPools/*",
        "Microsoft.KeyVault/managedHsms/*",
    ),
)
READER = Role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", ("*/read",))
ROLES = (*CONTENT_ROLES, OWNER, CONTRIBUTOR, ACCESS_ADMINISTRATOR, VAULT_CONTRIBUTOR, READER)
BY_ID = {role.id: role for role in ROLES}

#: What an operation asks for: the data action of a role, and kind and permission of an access policy.
ASKS: dict[str, tuple[str, str, str]] = {
    "SecretGet": ("secrets/getSecret/action", "secrets", "get"),
    "SecretList": (_METADATA, "secrets", "list"),
    "SecretListVersions": (_METADATA, "secrets", "list"),
    "SecretListDeleted": (_METADATA, "secrets", "list"),
    "SecretGetDeleted": (_METADATA, "secrets", "get"),
    "SecretSet": ("secrets/setSecret/action", "secrets", "set"),
    "SecretUpdate": ("secrets/update/action", "secrets", "set"),
    "SecretDelete": ("secrets/delete", "secrets", "delete"),
    "SecretRecover": ("secrets/recover/action", "secrets", "recover"),
    "SecretBackup": ("secrets/backup/action", "secrets", "backup"),
    "SecretRestore": ("secrets/restore/action", "secrets", "restore"),
    "SecretPurge": ("secrets/purge/action", "secrets", "purge"),
    "KeyGet": ("keys/read", "keys", "get"),
    "KeyList": ("keys/read", "keys", "list"),
    "KeyCreate": ("keys/create/action", "keys", "create"),
    "KeyBackup": ("keys/backup/action", "keys", "backup"),
    "KeyDelete": ("keys/delete", "keys", "delete"),
    "KeyPurge": ("keys/purge/action", "keys", "purge"),
    "KeyDecrypt": ("keys/decrypt/action", "keys", "decrypt"),
    "KeySign": ("keys/sign/action", "keys", "sign"),
    "KeyWrap": ("keys/wrap/action", "keys", "wrapKey"),
    "KeyUnwrap": ("keys/unwrap/action", "keys", "unwrapKey"),
    "CertificateGet": ("certificates/read", "certificates", "get"),
    "CertificateList": ("certificates/read", "certificates", "list"),
    "CertificateListVersions": ("certificates/read", "certificates", "list"),
    "CertificateImport": ("certificates/import/action", "certificates", "import"),
}


def least_role(operations: Iterable[str]) -> Role:
    """The first role that allows all of some operations."""
    actions = {ASKS[operation][0] for operation in operations}
    return next(role for role in CONTENT_ROLES if all(map(role.allows, actions)))


def permissions(operations: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Permissions of an access policy that allow all of some operations, by kind of object."""
    asked = sorted({ASKS[operation][1:] for operation in operations})
    return {kind: tuple(p for k, p in asked if k == kind) for kind in ("keys", "secrets", "certificates")}
