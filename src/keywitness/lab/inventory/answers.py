"""What is true of the exports, told by who made them: what a stolen certificate opens, and who could let himself in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from keywitness.lab.company import Vault
from keywitness.lab.directory import AUTOMATION_ROLES, identity_automation
from keywitness.lab.inventory.directory import AUTOMATION_CERTIFICATE, automation_print
from keywitness.lab.inventory.exports import Tenant
from keywitness.lab.inventory.holdings import Assignment, Holdings
from keywitness.lab.inventory.roles import ACCESS_ADMINISTRATOR, CONTRIBUTOR, OWNER, VAULT_CONTRIBUTOR
from keywitness.lab.truth import Able, Exposed, Opens

_WRITES_VAULT = (OWNER.id, CONTRIBUTOR.id, VAULT_CONTRIBUTOR.id)
_ASSIGNS_ROLES = (OWNER.id, ACCESS_ADMINISTRATOR.id)


def opened_by(tenant: Tenant, exposed: Iterable[Exposed]) -> Iterator[Opens]:
    """The applications that exposed certificates sign in as."""
    application, company = identity_automation(tenant.company), tenant.company
    for item in exposed:
        known = (item.vault, item.name) == (company.vault("granted").name, AUTOMATION_CERTIFICATE)
        if known and item.type == "certificate":
            yield Opens(
                vault=item.vault,
                name=item.name,
                thumbprint=automation_print(company),
                application=application.name,
                app_id=application.appid,
                identity=application.oid,
                key_id=application.credential,
                permissions=tuple(AUTOMATION_ROLES.split()),
                rules_by="RoleManagement.ReadWrite.Directory",
            )


def able_at(tenant: Tenant, at: int) -> Iterator[Able]:
    """Who could not read a vault's secrets at a moment (ticks), and could let himself in by what he held over it."""
    held = tenant.held
    members = {group.id: held.members(group.id) for group in held.groups}
    for vault in tenant.company.vaults:
        reading = {who for holder in _readers(held, vault, at) for who in members.get(holder, {holder})}
        for holder, (how, eligible) in sorted(_rulers(held.assignments, vault, at).items()):
            for oid in sorted(members.get(holder, {holder}) - reading):
                if (who := held.principals.get(oid)) is not None:
                    yield Able(vault=vault.name, identity=oid, name=who.upn or who.name, how=how, eligible=eligible)


def _readers(held: Holdings, vault: Vault, at: int) -> Iterator[str]:
    if vault.model == "policy":
        entries = (e for e in held.entries if e.vault == vault.index and e.span.at(at))
        yield from (e.holder for e in entries if "get" in e.permissions.get("secrets", ()))
        return
    for given in held.assignments:
        if given.scope == vault.arm_id and given.span.at(at) and given.role.allows("secrets/getSecret/action"):
            yield given.holder


def _rulers(assignments: Iterable[Assignment], vault: Vault, at: int) -> Mapping[str, tuple[str, bool]]:
    """Who may change who reads a vault: how, and whether he must activate a role first; the surest of each."""
    found: dict[str, tuple[str, bool]] = {}
    for given in assignments:
        if not given.span.at(at) or not f"{vault.arm_id}/".startswith(f"{given.scope}/"):
            continue
        policy = vault.model == "policy" and given.role.id in _WRITES_VAULT
        if policy or given.role.id in _ASSIGNS_ROLES:
            now = ("access policy" if policy else "role", given.eligible)
            found[given.holder] = min(now, found.get(given.holder, now), key=lambda way: (way[1], way[0]))
    return found
