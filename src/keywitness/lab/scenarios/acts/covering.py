"""Acts that blind, destroy, or let somebody else read."""

from __future__ import annotations

from dataclasses import replace

from keywitness.lab import clients
from keywitness.lab.activity import CONTRIBUTOR, Act
from keywitness.lab.audit_event import (
    object_request,
    secret_get,
)
from keywitness.lab.columns import TICKS_PER_SECOND, key_of
from keywitness.lab.company import Principal, Vault
from keywitness.lab.scenarios.intruder import Intruder


def blinds(i: Intruder, vault: Vault) -> None:
    """The diagnostic setting deleted; what is read afterwards no log shows."""
    with i.step(
        "diagnostics-deleted", "A vault's diagnostic setting is deleted", "T1562.008", vault=vault, client="portal"
    ) as v:
        setting = f"{vault.arm_id}/providers/Microsoft.Insights/diagnosticSettings/send-to-archive"
        at = v.act(Act("Microsoft.Insights/diagnosticSettings/delete", setting), CONTRIBUTOR)
    i.story.silenced[vault.index] = (at + 40 * TICKS_PER_SECOND, "diagnostic setting deleted by the attacker")
    for number, secret in enumerate(vault.secrets[:3]):
        i.took(vault, "secret", secret, at + (4 + number) * 60 * TICKS_PER_SECOND, logged=False)


def destroys(i: Intruder, vault: Vault) -> None:
    """Secrets and keys deleted and purged."""
    with i.step("destruction", "Secrets and keys are deleted and purged", "T1485", vault=vault) as v:
        for kind, items in (("Secret", vault.secrets), ("Key", vault.keys)):
            for item in items:
                v.ask(object_request(v.blank(vault), f"{kind}Delete", item.kind, item.name), 0.5)
                root = f"{vault.uri}/deleted{item.kind}/{item.name}"
                blank = v.blank(vault)
                v.ask(replace(blank, operation=f"{kind}Purge", id=root, uri=f"{root}?api-version={blank.api}"), 0.5)


def deploys(i: Intruder, vault: Vault) -> None:
    """A template that names a secret: deployed, and Azure Resource Manager reads it for the intruder."""
    secret = vault.secrets[0]
    group = vault.group_id
    with i.step(
        "deployment",
        "A template deployment reads a secret for the intruder",
        "T1555.006",
        vault=vault,
        object=secret.name,
        client="cli",
    ) as v:
        deployment = f"{group}/providers/Microsoft.Resources/deployments/deploy-{key_of(vault.name) % 9000}"
        v.act(Act("Microsoft.KeyVault/vaults/deploy/action", vault.arm_id), CONTRIBUTOR, 0.5)
        stages = (("Start", 0.0), ("Accept", 1.1), ("Success", 31.0))
        v.act(Act("Microsoft.Resources/deployments/write", deployment, stages, status="Created"), CONTRIBUTOR, 1.0)
        manager = Principal(
            "service",
            "azure-resource-manager",
            i.company.guid("service", "azure-resource-manager"),
            clients.RESOURCE_MANAGER,
        )
        blank = replace(
            v.blank(vault), principal=manager, agent=clients.RESOURCE_MANAGER_AGENT, appid="", address="198.51.100.236"
        )
        i.took(vault, "secret", secret, i.journal.audit(secret_get(blank, secret.name, secret.current), v.now))
