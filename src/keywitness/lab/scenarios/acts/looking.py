"""Acts that look around: a sign-in, lists of every vault, guessed names."""

from __future__ import annotations

from keywitness.lab import clients, entra
from keywitness.lab.audit_event import (
    missing,
    secret_get,
)
from keywitness.lab.columns import key_of
from keywitness.lab.company import Vault
from keywitness.lab.scenarios.intruder import Intruder
from keywitness.lab.visits import (
    portal_opens_vault,
    shell_lists,
    shell_reads,
)


def signs_in(i: Intruder, vault: Vault) -> None:
    """Two wrong passwords, then a sign-in and a look at a vault."""
    with i.step("sign-in", "The account signs in from an address never seen before", "T1078.004", client="portal") as v:
        for number in (0, 1):
            i.journal.entra(
                entra.user_sign_in(
                    i.company,
                    i.who,
                    key=key_of(i.company.seed, "intruder-failed", number),
                    created=v.now,
                    appid=clients.AZURE_PORTAL,
                    resource=entra.RESOURCE_MANAGER,
                    address=i.address,
                    place=i.place,
                    agent=clients.EDGE,
                    interactive=True,
                    error=50126,
                    failure="Invalid username or password or Invalid on-premise username or password.",
                )
            )
            v.wait(20)
        portal_opens_vault(v, vault)


def sweeps(i: Intruder, allowed: frozenset[int] = frozenset(), client: str = "") -> None:
    """Secrets and certificates of every vault listed; most refuse."""
    with i.step(
        "sweep", "Secrets and certificates of many vaults are listed; most refuse", "T1555.006", client=client
    ) as v:
        v.stay.classes = ("denied-enumeration",)
        for vault in i.company.vaults:
            for operation, kind in (("SecretList", "secrets"), ("CertificateList", "certificates")):
                shell_lists(v, vault, operation, kind, allowed=vault.index in allowed, pause=0.3)


def guesses_names(i: Intruder, vault: Vault) -> None:
    """Names that vaults often hold, asked for one after the other; one of them is there."""
    hit = vault.secrets[1]
    with i.step(
        "name-guessing", "Secrets are asked for by guessed names", "T1555.006", vault=vault, client="curl"
    ) as v:
        v.stay.classes = ("name-guessing",)
        for name in ("password", "admin", "root", "db-password", "sa", "api-key", "token", "prod", "master", "backup"):
            v.ask(missing(secret_get(v.blank(vault), name, ""), name), 0.4)
        i.took(vault, "secret", hit, shell_reads(v, vault, hit.name, hit.current))
