"""Ordinary care of a vault's contents: a certificate imported, a key made, a secret marked, deleted or backed up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from keywitness.lab import entra
from keywitness.lab.audit_event import Request, object_request
from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_SECOND, key_of
from keywitness.lab.company import Vault
from keywitness.lab.journal import Journal, Visit


def write_housekeeping(journal: Journal, begin: int, end: int) -> None:
    """One act of care for each vault that the story leaves alone, on some working morning."""
    company = journal.company
    engineers = [person for person in company.people if person.role == "platform"]
    days = range(begin // TICKS_PER_DAY, end // TICKS_PER_DAY)
    working = [day for day in days if (day + 3) % 7 < 5] or list(days)
    for vault in company.vaults[8:]:
        rng = company.random("housekeeping", vault.index)
        engineer = rng.choice(engineers)
        hours = rng.uniform(8.0, 11.0)
        visit = Visit(
            journal,
            engineer.principal,
            engineer.addresses[0],
            entra.Place(engineer.country, engineer.city),
            "powershell",
            rng.choice(working) * TICKS_PER_DAY + int(hours * TICKS_PER_HOUR),
            f"housekeeping:{vault.index}",
            "pwd,mfa",
        )
        act = rng.choice(_ACTS)
        visit.ask(act(visit, vault))


def _import_certificate(visit: Visit, vault: Vault) -> Request:
    """CertificateImport shows certificate, policy, key and secret in one record, and no version."""
    name = f"campaign-{vault.index}"
    begins = datetime.fromtimestamp(visit.now // TICKS_PER_SECOND, UTC).replace(microsecond=0)
    ends = begins + timedelta(days=397)
    mark = f"{key_of(vault.name, name):016X}"
    subject = f"CN={name}.{visit.company.profile.domain}"
    shown = {
        "certificateProperties": {
            "attributes": {"enabled": True},
            "subject": subject,
            "sha1": (mark * 3)[:40],
            "sha256": mark * 4,
            "nbf": begins.isoformat(),
            "exp": ends.isoformat(),
        },
        "certificatePolicyProperties": {
            "certificateProperties": {"subject": subject, "validityInMonths": 13},
            "keyProperties": {"type": "RSA", "size": 2048, "reuse": False, "export": True},
            "secretProperties": {"type": "application/x-pkcs12"},
            "certificateIssuerProperties": {"name": "Unknown"},
            "attributes": {"enabled": True},
        },
        "keyProperties": {"type": "RSA", "size": 2048, "attributes": {"enabled": True, "hsmPlatform": "0"}},
        "secretProperties": {
            "type": "application/x-pkcs12",
            "attributes": {"enabled": True, "exp": int(ends.timestamp())},
        },
    }
    made = object_request(visit.blank(vault), "CertificateImport", "certificates", name, tail="import")
    return replace(made, extra=_members(shown))


def _create_key(visit: Visit, vault: Vault) -> Request:
    name = f"envelope-{vault.index}"
    shown = {
        "keyProperties": {
            "type": "RSA",
            "size": 3072,
            "operations": ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
            "attributes": {"enabled": True, "hsmPlatform": "0"},
        }
    }
    version = visit.company.hex32("key", vault.name, name)
    made = object_request(visit.blank(vault), "KeyCreate", "keys", name, tail="create", resolved=version)
    return replace(made, extra=_members(shown))


def _update_secret(visit: Visit, vault: Vault) -> Request:
    """SecretUpdate: an end date for a secret."""
    secret = vault.secrets[-1]
    expires = visit.now // TICKS_PER_SECOND + 180 * 86_400
    shown = {"secretProperties": {"attributes": {"enabled": True, "exp": expires}}}
    made = object_request(
        visit.blank(vault), "SecretUpdate", "secrets", secret.name, version=secret.current, resolved=secret.current
    )
    return replace(made, extra=_members(shown))


def _delete_secret(visit: Visit, vault: Vault) -> Request:
    return object_request(visit.blank(vault), "SecretDelete", "secrets", "deploy-token-old")


def _backup_key(visit: Visit, vault: Vault) -> Request:
    return object_request(visit.blank(vault), "KeyBackup", "keys", vault.keys[0].name, tail="backup")


_ACTS: tuple[Callable[[Visit, Vault], Request], ...] = (
    _import_certificate,
    _create_key,
    _update_secret,
    _delete_secret,
    _backup_key,
)


def _members(shown: dict[str, Any]) -> str:
    """Further members of `properties`, comma first."""
    return "," + json.dumps(shown, separators=(",", ":"))[1:-1]
