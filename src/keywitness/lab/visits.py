"""What a visit to a vault looks like in the log: through the portal's pages, with the CLI or with PowerShell."""

from __future__ import annotations

from dataclasses import replace

from keywitness.lab.audit_event import (
    Request,
    challenge,
    listing,
    object_request,
    refused,
    secret_get,
    settings,
    vault_operation,
)
from keywitness.lab.company import Vault, VaultObject
from keywitness.lab.journal import Visit


def portal_opens_vault(visit: Visit, vault: Vault, *, rbac: bool | None = None) -> int:
    """The vault's page: VaultGet through Resource Manager."""
    extra = settings(vault, visit.company.tenant, rbac=rbac)
    return visit.ask(vault_operation(visit.blank(vault, control=True), "VaultGet", extra=extra), 1.5)


def portal_lists_secrets(visit: Visit, vault: Vault, *, allowed: bool = True) -> int:
    request = listing(visit.blank(vault), "SecretList", "secrets", page=25)
    return visit.ask(request if allowed else refused(request), 4.0)


def portal_shows_secret(visit: Visit, vault: Vault, secret: VaultObject) -> int:
    """A secret's page lists its versions; `Show Secret Value` reads the chosen one."""
    if visit.stay.classes == ("portal-browsing",):
        visit.stay.classes = ("portal-show-secret",)
    blank = visit.blank(vault)
    visit.ask(
        object_request(blank, "SecretListVersions", "secrets", secret.name, tail="versions"),
        3.0,
    )
    return visit.ask(secret_get(blank, secret.name, secret.current, version=secret.current), 6.0)


def portal_exports_certificate(visit: Visit, vault: Vault, certificate: VaultObject) -> int:
    """List, certificate, versions, version, then `Download in PFX/PEM format`: SecretGet on the certificate's name."""
    visit.stay.classes = ("portal-certificate-download",)
    blank = visit.blank(vault)
    name, version = certificate.name, certificate.current
    visit.ask(listing(blank, "CertificateList", "certificates", page=25), 5.0)
    visit.ask(_with_der(object_request(blank, "CertificateGet", "certificates", name)), 0.6)
    visit.ask(object_request(blank, "CertificateListVersions", "certificates", name, tail="versions"), 4.0)
    visit.ask(object_request(blank, "CertificateGet", "certificates", name, version=version, resolved=version), 7.0)
    return visit.ask(secret_get(blank, name, version, version=version), 4.0)


def _with_der(request: Request) -> Request:
    """The portal asks for the certificate's bytes too."""
    return replace(request, uri=request.uri + "&x-ms-include-der=true")


def shell_lists(
    visit: Visit, vault: Vault, operation: str, kind: str, *, allowed: bool = True, pause: float = 0.4
) -> int:
    """A list by CLI, PowerShell or a script. The CLI's SDK is challenged first."""
    blank = visit.blank(vault)
    if visit.client in ("cli", "sdk"):
        _challenged(visit, challenge(blank, kind, ""))
    request = listing(blank, operation, kind, page=0 if visit.client == "curl" else 25)
    return visit.ask(request if allowed else refused(request), pause)


def shell_reads(
    visit: Visit, vault: Vault, name: str, resolved: str, *, allowed: bool = True, pause: float = 0.4
) -> int:
    """A read of a secret's value by CLI, PowerShell or a script."""
    blank = visit.blank(vault)
    if visit.client in ("cli", "sdk"):
        _challenged(visit, challenge(blank, "secrets", name))
    request = secret_get(blank, name, resolved)
    return visit.ask(request if allowed else refused(request), pause)


def _challenged(visit: Visit, request: Request) -> None:
    visit.ask(request, 0.05)
