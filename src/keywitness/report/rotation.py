"""How an object is replaced: the commands of Azure CLI and of PowerShell.

Names come out of logs, which an intruder may have written: a command is only made of names that Azure allows
(learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates), so that nothing in it needs quoting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keywitness.report.document import Exposure

_VAULT = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]")
_NAME = re.compile(r"[A-Za-z0-9-]{1,127}")
_SEVERITIES = ("high", "medium", "informational")
_VERSION = re.compile(r"[0-9A-Fa-f]{32}")


@dataclass(frozen=True, slots=True)
class Rotation:
    """Commands that put a new version in the place of an exposed one and disable that; empty where there are none."""

    azure_cli: str = ""
    powershell: str = ""


def rotation(item: Exposure) -> Rotation:
    """The commands for one object version. The new value is asked for, never part of a command."""
    if not (_VAULT.fullmatch(item.vault) and _NAME.fullmatch(item.name)):
        return Rotation()
    cli, shell = f"--vault-name {item.vault} --name {item.name}", f"-VaultName {item.vault} -Name {item.name}"
    managed = any(other.startswith("certificate ") for other in item.same_material)
    kind = "certificate" if item.private_key_left or managed else item.object_type
    match kind:
        case "certificate":
            return Rotation(
                f"az keyvault certificate show {cli} --query policy > policy.json && "
                f"az keyvault certificate create {cli} --policy @policy.json",
                f"Add-AzKeyVaultCertificate {shell} -CertificatePolicy (Get-AzKeyVaultCertificatePolicy {shell})",
            )
        case "key":
            return Rotation(f"az keyvault key rotate {cli}", f"Invoke-AzKeyVaultKeyRotation {shell}")
    new = Rotation(
        f"az keyvault secret set {cli} --file NEW_VALUE_FILE",
        f"Set-AzKeyVaultSecret {shell} -SecretValue (Read-Host -AsSecureString)",
    )
    if not _VERSION.fullmatch(item.version):
        return new
    return Rotation(
        f"{new.azure_cli} && az keyvault secret set-attributes {cli} --version {item.version} --enabled false",
        f"{new.powershell}; Update-AzKeyVaultSecret {shell} -Version {item.version} -Enable $false",
    )


def by_urgency(items: tuple[Exposure, ...]) -> tuple[Exposure, ...]:
    """What to replace first: by severity, private keys that left, what has no newer version yet, then many readers."""

    def order(item: Exposure) -> tuple[bool, int, bool, bool, int, str]:
        suspicious = sum(reader.suspicious for reader in item.readers)
        grave = -_SEVERITIES.index(item.severity) if item.severity in _SEVERITIES else -len(_SEVERITIES)
        return item.rotate_now, grave, item.private_key_left, not item.replaced_at, suspicious, item.last_at

    return tuple(sorted(items, key=order, reverse=True))
