"""Acts that open a vault: grants, roles, the permission model, the firewall; and that close it again."""

from __future__ import annotations

from dataclasses import replace

from keywitness.lab import entra
from keywitness.lab.activity import CONTRIBUTOR, OWNER, Act
from keywitness.lab.administration import grant_role, write_access_policy
from keywitness.lab.audit_event import (
    firewalled,
    secret_get,
    settings,
    vault_operation,
)
from keywitness.lab.columns import TICKS_PER_SECOND
from keywitness.lab.company import Vault
from keywitness.lab.journal import Visit
from keywitness.lab.scenarios.acts.reading import shows_secrets
from keywitness.lab.scenarios.intruder import Intruder
from keywitness.lab.visits import (
    portal_opens_vault,
    shell_lists,
    shell_reads,
)

SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"


def grants_policy(i: Intruder, vault: Vault) -> None:
    with i.step(
        "policy-granted",
        "The account adds itself to a vault's access policies",
        "T1098.003",
        vault=vault,
        client="portal",
    ) as v:
        portal_opens_vault(v, vault)
        write_access_policy(
            v, vault, "addedAccessPolicy", i.who.oid, "", "get,list,backup,restore", "get,list", CONTRIBUTOR
        )


def revokes_policy(i: Intruder, vault: Vault) -> None:
    with i.step(
        "policy-removed",
        "The account takes itself out of the access policies again",
        "T1070",
        vault=vault,
        client="portal",
    ) as v:
        write_access_policy(
            v, vault, "removedAccessPolicy", i.who.oid, "", "get,list,backup,restore", "get,list", CONTRIBUTOR
        )


def grants_role(i: Intruder, vault: Vault) -> None:
    """Key Vault Secrets User on the vault, for himself."""
    with i.step(
        "role-granted", "The account gives itself a role on a vault", "T1098.003", vault=vault, client="portal"
    ) as v:
        portal_opens_vault(v, vault)
        _assigns(v, vault, "User" if i.who.kind == "user" else "ServicePrincipal")


def _assigns(v: Visit, vault: Vault, kind: str) -> None:
    hex32 = v.company.assignment(vault, v.who.oid)
    dashed = f"{hex32[:8]}-{hex32[8:12]}-{hex32[12:16]}-{hex32[16:20]}-{hex32[20:]}"
    grant_role(v, vault.arm_id, v.who.oid, kind, SECRETS_USER, dashed, OWNER)


def revokes_role(i: Intruder, vault: Vault) -> None:
    hex32 = i.company.assignment(vault, i.who.oid)
    name = f"{hex32[:8]}-{hex32[8:12]}-{hex32[12:16]}-{hex32[16:20]}-{hex32[20:]}"
    with i.step("role-removed", "The role is taken away again", "T1070", vault=vault, client="portal") as v:
        resource = f"{vault.arm_id}/providers/Microsoft.Authorization/roleAssignments/{name}"
        v.act(Act("Microsoft.Authorization/roleAssignments/delete", resource), OWNER)


def is_refused(i: Intruder, vault: Vault) -> None:
    """A list and reads that the vault refuses."""
    with i.step("refused", "The vault refuses a list and reads", "T1555.006", vault=vault) as v:
        v.stay.classes = ("denied-enumeration", "powershell")  # three refusals in one vault are the least of it
        shell_lists(v, vault, "SecretList", "secrets", allowed=False)
        for secret in vault.secrets[:3]:
            shell_reads(v, vault, secret.name, "", allowed=False, pause=3)


def meets_firewall(i: Intruder, vault: Vault) -> None:
    with i.step("firewalled", "The vault's firewall stops a read", "T1555.006", vault=vault) as v:
        v.ask(firewalled(secret_get(v.blank(vault), vault.secrets[0].name, "")))


def opens_firewall(i: Intruder, vault: Vault, *, close: bool = False) -> None:
    """The intruder's own address added to the vault's firewall, or taken out."""
    slug, name, technique = (
        ("firewall-closed", "The address is taken out of the firewall again", "T1070")
        if close
        else ("firewall-opened", "The intruder's own address is let through the vault's firewall", "T1562.007")
    )
    with i.step(slug, name, technique, vault=vault, client="cli") as v:
        address = f"{i.address}/32"
        acls = {"defaultAction": "Deny", "bypass": "AzureServices", "ipRules": [] if close else [{"value": address}]}
        act = Act("Microsoft.KeyVault/vaults/write", vault.arm_id, request={"properties": {"networkAcls": acls}})
        rule = f',"{"removed" if close else "added"}IpRule":{{"Value":"{address}"}}'
        _patched(v, replace(vault, private=True), act, CONTRIBUTOR, rule)


def _patched(v: Visit, vault: Vault, act: Act, role: str, extra: str = "", *, rbac: bool | None = None) -> int:
    """An act on the vault: the Activity Log's records, and VaultPatch in the vault's own."""
    token, issued = v.token(entra.RESOURCE_MANAGER)
    at = v.act(act, role, 0.0)
    shown = settings(vault, v.company.tenant, rbac=rbac) + extra
    patch = vault_operation(v.blank(vault, control=True), "VaultPatch", extra=shown)
    v.journal.audit(patch, at + 2 * TICKS_PER_SECOND + 36_000, token=token, issued=issued, stay=v.stay)
    v.wait(14)
    return at


def turns_model(v: Visit, vault: Vault, *, rbac: bool) -> int:
    """enableRbacAuthorization changed: vaults/write in the Activity Log, VaultPatch in the vault's own."""
    body = {"properties": {"enableRbacAuthorization": rbac}}
    return _patched(v, vault, Act("Microsoft.KeyVault/vaults/write", vault.arm_id, request=body), OWNER, rbac=rbac)


def flips_model(i: Intruder, vault: Vault) -> None:
    """From RBAC to access policies, an entry for himself, everything read, and back."""
    with i.step(
        "model-changed", "A vault is turned from RBAC to access policies", "T1556", vault=vault, client="portal"
    ) as v:
        turned = turns_model(v, vault, rbac=False)
    flipped = replace(vault, model="policy")
    grants_policy(i, flipped)
    shows_secrets(i, flipped)
    with i.step("model-restored", "The vault is turned back to RBAC", "T1070", vault=vault, client="portal") as v:
        i.story.policy_spans[vault.index] = (turned, turns_model(v, vault, rbac=True))
