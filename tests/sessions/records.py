"""Raw audit records as Key Vault writes them, one helper per kind of caller."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36"
AZURECLI = "AZURECLI/2.74.0 (DEB) azsdk-python-core/1.31.0 Python/3.12.10 (Linux-6.8.0-1030-azure-x86_64)"
POWERSHELL = "FxVersion/8.0.724.31311 Microsoft.Azure.KeyVault.KeyVaultClient/3.0.5.0 AzurePowershell/v12.1.0"
NET = "azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0.6; Debian GNU/Linux 12)"
PYTHON = "azsdk-python-keyvault-secrets/4.8.0 Python/3.11.9 (Linux-5.15.0-1064-azure-x86_64)"
JAVASCRIPT = "azsdk-js-keyvault-secrets/4.8.0 core-rest-pipeline/1.16.0 Node/v20.15.1 OS/(x64-Linux)"
PORTAL_ID = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
PORTAL_PAGES_ID = "3686488a-04fc-4d8a-b967-61f98ec41efe"
CLI_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
POWERSHELL_ID = "1950a258-227b-4e31-a9cf-717495945fc2"
OWN_ID = "8f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e0a"
_REASON = {200: "OK", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
_PLURAL = {"Secret": "secrets", "Certificate": "certificates", "Key": "keys"}


@dataclass
class Caller:
    """Somebody whose requests become records, one after the other."""

    oid: str
    agent: str
    appid: str
    upn: str = ""
    resource: str = ""
    address: str = "198.51.100.20"
    vault: str = "kv-a"
    token: str = ""
    clock: list[datetime] = field(default_factory=lambda: [BEGIN])
    records: list[dict[str, Any]] = field(default_factory=list)

    def but(self, **more: Any) -> Caller:
        """The same caller with something different, on the same clock and writing into the same log."""
        return replace(self, **more)

    def ask(
        self, operation: str, name: str = "", status: int = 200, *, after: float = 1.0, version: str = "", **more: Any
    ) -> Caller:
        """One request, `after` seconds after the one before."""
        self.clock[0] += timedelta(seconds=after)
        control = operation.startswith("Vault")
        claim = {"oid": self.oid, "appid": self.appid}
        if self.upn:
            claim |= {"upn": self.upn, "scp": "user_impersonation", "idtyp": "user"}
        else:
            claim |= {"idtyp": "app", "appidacr": "2" if self.resource else "1"}
        if self.resource:
            claim["xms_mirid"] = self.resource
        if self.token and not control:
            claim["uti"] = self.token
        kind = next((plural for word, plural in _PLURAL.items() if operation.startswith(word)), "")
        root = f"https://{self.vault}.vault.azure.net/{kind}"
        uri = f"{root}/{name}/{version}?api-version=7.4" if name else f"{root}?api-version=7.4&maxresults=25"
        if self.appid == PORTAL_PAGES_ID:
            uri += f"&_={int(self.clock[0].timestamp() * 1000)}"
        properties: dict[str, Any] = {"clientInfo": self.agent, "requestUri": uri, "httpStatusCode": status}
        if control:
            properties["requestUri"] = f"https://management.azure.com/vaults/{self.vault}?api-version=2023-07-01"
            properties["id"] = f"https://{self.vault}.vault.azure.net/"
        elif name:
            properties["id"] = f"{root}/{name}" + (f"/{'0' * 32}" if status == 200 and operation == "SecretGet" else "")
        self.records.append(
            {
                "time": self.clock[0].strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z",
                "category": "AuditEvent",
                "operationName": operation,
                "operationVersion": "7.4",
                "resultType": "Success",
                "resultSignature": _REASON.get(status, "Error"),
                "durationMs": "20",
                "callerIpAddress": self.address,
                "correlationId": f"{self.oid}-{len(self.records)}",
                "identity": {} if status == 401 else {"claim": claim},
                "properties": properties,
                "resourceId": "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG/PROVIDERS/"
                f"MICROSOFT.KEYVAULT/VAULTS/{self.vault.upper()}",
                **more,
            }
        )
        return self

    def later(self, **span: float) -> Caller:
        """The same after some time."""
        self.clock[0] += timedelta(**span)
        return self


def alice(agent: str = AZURECLI, appid: str = CLI_ID, **more: Any) -> Caller:
    """A person."""
    return Caller("6f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e01", agent, appid, upn="alice@contoso.com", **more)


def principal(agent: str = NET, appid: str = OWN_ID, **more: Any) -> Caller:
    """An application with a secret of its own."""
    return Caller("7f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e02", agent, appid, **more)


def managed(resource: str = "Microsoft.Compute/virtualMachines/vm-shop", agent: str = NET, **more: Any) -> Caller:
    """A managed identity of a resource."""
    whole = f"/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/rg/providers/{resource}"
    return Caller("8f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e03", agent, OWN_ID, resource=whole, **more)


def portal(operation_id: str = PORTAL_PAGES_ID, **more: Any) -> Caller:
    """A person in the portal."""
    return alice(BROWSER, operation_id, **more)
