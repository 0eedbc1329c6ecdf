"""Acts that take what a vault holds: reads, exports, backups, keys used."""

from __future__ import annotations

from dataclasses import replace

from keywitness.lab.audit_event import (
    object_request,
)
from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_SECOND, key_of
from keywitness.lab.company import Vault, VaultObject
from keywitness.lab.scenarios.intruder import Intruder
from keywitness.lab.visits import (
    portal_exports_certificate,
    portal_lists_secrets,
    portal_opens_vault,
    portal_shows_secret,
    shell_lists,
    shell_reads,
)

_DUMP = ("dump-tool",)


def dumps(i: Intruder, vault: Vault, client: str = "", pause: float = 0.2) -> None:
    """All secrets listed and read within seconds."""
    with i.step(
        "dump", "All secrets of a vault are listed and read within seconds", "T1555.006", vault=vault, client=client
    ) as v:
        v.stay.classes = _DUMP
        shell_lists(v, vault, "SecretList", "secrets")
        for secret in vault.secrets:
            i.took(vault, "secret", secret, shell_reads(v, vault, secret.name, secret.current, pause=pause))


def reads_slowly(i: Intruder, vault: Vault, client: str = "", each_day: int = 1) -> None:
    """A secret or two a day, by name, at changing times; no list."""
    with i.step("slow-reads", "Secrets are read by name, few a day", "T1555.006", vault=vault, client=client) as v:
        secrets = list(vault.secrets)
        day = 0
        while secrets and v.now + TICKS_PER_DAY < i.end:
            visit = v if day == 0 else i.visit(client, f"slow-{day}")
            visit.now = (
                i.now + day * TICKS_PER_DAY + key_of(i.company.seed, "slow", day) % (6 * 3600 * TICKS_PER_SECOND)
            )
            for secret in secrets[:each_day]:
                i.took(vault, "secret", secret, shell_reads(visit, vault, secret.name, secret.current, pause=40))
            secrets, day = secrets[each_day:], day + 1
            v.now = max(v.now, visit.now)


def shows_secrets(i: Intruder, vault: Vault, names: int = 2) -> None:
    """The portal's list, then `Show Secret Value` for some."""
    with i.step("portal-show", "Secrets are shown in the portal", "T1555.006", vault=vault, client="portal") as v:
        portal_opens_vault(v, vault)
        portal_lists_secrets(v, vault)
        for secret in vault.secrets[-names:]:
            i.took(vault, "secret", secret, portal_shows_secret(v, vault, secret))


def shows_break_glass(i: Intruder, vault: Vault) -> None:
    secret = next(item for item in vault.secrets if item.name.startswith("BreakGlass"))
    with i.step(
        "break-glass", "The break-glass password is shown in the portal", "T1555.006", vault=vault, object=secret.name,
        client="portal",
    ) as v:  # fmt: skip
        portal_opens_vault(v, vault)
        portal_lists_secrets(v, vault)
        i.took(vault, "secret", secret, portal_shows_secret(v, vault, secret))


def exports_in_portal(i: Intruder, vault: Vault) -> None:
    certificate = vault.certificates[0]
    with i.step(
        "certificate-portal", "A certificate is downloaded with its private key in the portal", "T1552.004",
        vault=vault, object=certificate.name, client="portal",
    ) as v:  # fmt: skip
        portal_opens_vault(v, vault)
        i.took(vault, "certificate", certificate, portal_exports_certificate(v, vault, certificate))


def exports_by_api(i: Intruder, vault: Vault, client: str = "curl") -> None:
    certificate = vault.certificates[0]
    with i.step(
        "certificate-api", "A certificate is listed and read with its private key through the API", "T1552.004",
        vault=vault, object=certificate.name, client=client,
    ) as v:  # fmt: skip
        shell_lists(v, vault, "CertificateList", "certificates", pause=9.0)
        i.took(vault, "certificate", certificate, shell_reads(v, vault, certificate.name, certificate.current))


def backs_up(i: Intruder, vault: Vault) -> None:
    """SecretBackup of every secret, KeyBackup of every key: all versions leave in one blob each."""
    with i.step("backup", "Every secret and key is backed up", "T1555.006", vault=vault) as v:
        v.stay.classes = ("backup-or-scan", "dump-tool")
        shell_lists(v, vault, "SecretList", "secrets")
        for kind, operation, items in (
            ("secret", "SecretBackup", vault.secrets),
            ("key", "KeyBackup", vault.keys),
        ):
            for item in items:
                at = v.ask(object_request(v.blank(vault), operation, item.kind, item.name, tail="backup"))
                i.took(vault, kind, item, at, whole=True)


def restores(i: Intruder, source: Vault, target: Vault) -> None:
    """The backups are restored into another vault and read there."""
    with i.step("restore", "Backups are restored into another vault and read there", "T1555.006", vault=target) as v:
        for secret in source.secrets[:4]:
            blank = v.blank(target)
            restored = object_request(blank, "SecretRestore", "secrets", secret.name, resolved=secret.current)
            v.ask(replace(restored, uri=f"{target.uri}/secrets/restore?api-version={blank.api}"))
            i.took(target, "secret", secret, shell_reads(v, target, secret.name, secret.current, pause=2))


def reads_deleted(i: Intruder, vault: Vault) -> None:
    """Deleted secrets listed, one recovered, read and deleted again."""
    gone = VaultObject("secrets", "SqlAdminPassword-old", (i.company.hex32("gone", vault.name),))
    with i.step(
        "deleted-read",
        "A deleted secret is recovered, read and deleted again",
        "T1555.006",
        vault=vault,
        object=gone.name,
    ) as v:
        blank = v.blank(vault)
        v.ask(
            replace(blank, operation="SecretListDeleted", uri=f"{vault.uri}/deletedsecrets?api-version={blank.api}"), 6
        )
        for operation, tail in (("SecretGetDeleted", ""), ("SecretRecover", "recover")):
            root = f"{vault.uri}/deletedsecrets/{gone.name}"
            v.ask(replace(blank, operation=operation, id=root, uri=f"{root}/{tail}?api-version={blank.api}"), 15)
        i.took(vault, "secret", gone, shell_reads(v, vault, gone.name, gone.current, pause=20))
        v.ask(object_request(v.blank(vault), "SecretDelete", "secrets", gone.name))


def uses_keys(i: Intruder, vault: Vault) -> None:
    """Keys listed, one backed up, and used to decrypt again and again."""
    key = vault.keys[0]
    with i.step("key-abuse", "A key is backed up and used to decrypt", "T1552.004", vault=vault, object=key.name) as v:
        v.stay.classes = ("sdk-application", "azure-cli", "powershell", "unknown")
        shell_lists(v, vault, "KeyList", "keys")
        v.ask(object_request(v.blank(vault), "KeyGet", "keys", key.name))
        i.took(
            vault,
            "key",
            key,
            v.ask(object_request(v.blank(vault), "KeyBackup", "keys", key.name, tail="backup")),
            whole=True,
        )
        for _ in range(40):
            v.ask(
                object_request(
                    v.blank(vault),
                    "KeyDecrypt",
                    "keys",
                    key.name,
                    version=key.current,
                    resolved=key.current,
                    tail="/decrypt",
                ),
                0.2,
            )
