"""What each operation does to an object: hands it out, uses it, lists it, replaces it, brings it back.

learn.microsoft.com/azure/key-vault/general/logging has the names; the REST reference says what each answer holds.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Operations that hand out the object itself.
REVEALING = ("SecretGet", "SecretBackup", "KeyBackup", "CertificateBackup", "KeyRelease")
#: Of these, those whose answer holds every version of the object, encrypted for vaults of the same subscription.
BACKUPS = ("SecretBackup", "KeyBackup", "CertificateBackup")
#: Operations that use a key and leave it in the vault.
USES = ("KeySign", "KeyVerify", "KeyEncrypt", "KeyDecrypt", "KeyWrap", "KeyUnwrap")
#: Operations that tell names: of all objects of a vault, of all versions of one, of what was deleted.
LISTS = (
    *("SecretList", "KeyList", "CertificateList"),
    *("SecretListVersions", "KeyListVersions", "CertificateListVersions"),
    *("SecretListDeleted", "KeyListDeleted", "CertificateListDeleted"),
)
#: Operations on one deleted object. The answer has its attributes, not its value: that takes a recovery and a read.
DELETED_GETS = ("SecretGetDeleted", "KeyGetDeleted", "CertificateGetDeleted")
RECOVERIES = ("SecretRecover", "KeyRecover", "CertificateRecover")
RESTORES = ("SecretRestore", "KeyRestore", "CertificateRestore")
#: Operations after which another version is the current one.
CREATING = (
    *("SecretSet", "KeyCreate", "KeyImport", "KeyRotate", "KeyRotateIfDue"),
    *("CertificateCreate", "CertificateImport", "CertificateEnroll", "CertificateRenew", "CertificatePendingMerge"),
)

#: What a trace is called, by operation; an operation that hands out is a trace only where it was refused.
TRACES: Mapping[str, str] = {
    **dict.fromkeys(USES, "used"),
    **dict.fromkeys(LISTS, "listed"),
    **dict.fromkeys(DELETED_GETS, "looked at, deleted"),
    **dict.fromkeys(RECOVERIES, "recovered"),
    **dict.fromkeys(RESTORES, "restored"),
}


def kind_of(operation: str) -> str:
    """The kind of object that an operation is about: secret, key or certificate.

    Example:
        >>> kind_of("KeyBackup")
        'key'
    """
    return next((kind.lower() for kind in ("Secret", "Key", "Certificate") if operation.startswith(kind)), "")
