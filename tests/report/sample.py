"""A document as an investigation at an invented company would make it, hostile log texts included.

Everything here is invented: contoso, documentation addresses, random identifiers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from keywitness.report.document import (
    SCHEMA_VERSION,
    Coverage,
    CustodyEntry,
    Document,
    EvidenceFile,
    Exposure,
    ExposureReader,
    Finding,
    Incident,
    RejectedRecord,
    RowRef,
    RuleRun,
    Scope,
    Session,
    SessionMismatch,
    SessionStep,
    TableCoverage,
    Technique,
    TimelineEvent,
    VaultCoverage,
)

#: What an intruder may write into a log, and what a page must not do with it.
HOSTILE_AGENT = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
HOSTILE_NAME = "prod-db\u202egnp.exe \x1b[31mred\x07 \"quoted\" 'single' & =cmd|' /C calc'!A0"
HOSTILE_LINK = "javascript:document.title='owned'"

BEGIN = datetime(2026, 3, 5, tzinfo=UTC)
DAYS = 12
ATTACK = datetime(2026, 3, 14, 8, 52, 11, 482913, tzinfo=UTC)
VAULTS = ("kv-contoso-prod", "kv-contoso-identity", "kv-contoso-web", "kv-contoso-dev", "kv-contoso-data")
INTRUDER = "jordan.meyer@contoso.com"
INTRUDER_ID = "7c1f0b52-9d3e-4a58-8a67-2f6f0c1d9be4"
ADDRESS = "203.0.113.77"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
UNAUTHORISED = """AzureDiagnostics
| where ResourceType == 'VAULTS' and OperationName != "Authentication"
| summarize
    MinTime = min(TimeGenerated),
    MaxTime = max(TimeGenerated),
    OperationCount = count(),
    UnauthorizedAccess = countif(httpStatusCode_d >= 400),
    OperationNames = make_set(OperationName),
    VaultName = make_set(Resource)
    by CallerIPAddress
| where OperationNames has_any ("SecretList", "CertificateList") and UnauthorizedAccess > 0"""


def iso(at: datetime) -> str:
    """As the document writes times: seven digits, Z."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}0Z"


def after(minutes: float) -> str:
    """A time of the attack."""
    return iso(ATTACK + timedelta(minutes=minutes))


def row(number: int, item: int = 3) -> str:
    """A row reference."""
    return f"E{item}:{number * 1311}"


def ref(number: int, minutes: float, summary: str, *, table: str = "AzureDiagnostics", item: int = 3) -> RowRef:
    return RowRef(row=row(number, item), table=table, at=after(minutes), summary=summary, source=_source(item))


def _source(item: int) -> str:
    return f"insights-logs-auditevent/y=2026/m=03/d=14/h=08/m=00/PT1H-{item}.json"


def _hours(vault: int) -> tuple[int, ...]:
    counts = []
    for hour in range(24 * DAYS):
        daily = 40 if 7 <= hour % 24 <= 18 else 9
        count = daily * (5 - vault) + (hour * 7919 + vault * 104729) % 23
        if vault == 3 and hour % 24 not in range(8, 18):
            count = 0
        if vault == 1 and 226 <= hour < 241:
            count = 0
        if vault == 4 and hour < 90:
            count = 0
        if vault == 0 and hour in range(225, 227):
            count = 900
        counts.append(count)
    return tuple(counts)


def _coverage() -> Coverage:
    def vault(index: int, silent: tuple[tuple[int, int], ...] = (), note: str = "") -> VaultCoverage:
        hours = _hours(index)
        seen = [hour for hour, count in enumerate(hours) if count]
        return VaultCoverage(
            vault=VAULTS[index],
            resource_id=f"/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000001/RESOURCEGROUPS/RG-PROD/PROVIDERS/"
            f"MICROSOFT.KEYVAULT/VAULTS/{VAULTS[index].upper()}",
            first_at=iso(BEGIN + timedelta(hours=seen[0], minutes=3)),
            last_at=iso(BEGIN + timedelta(hours=seen[-1], minutes=58)),
            records=sum(hours),
            hours=hours,
            silent_spans=tuple((iso(BEGIN + timedelta(hours=a)), iso(BEGIN + timedelta(hours=b))) for a, b in silent),
            note=note,
        )

    return Coverage(
        since=iso(BEGIN),
        until=iso(BEGIN + timedelta(days=DAYS)),
        vaults=(
            vault(0),
            vault(1, ((226, 241),), "diagnostic setting deleted on 14 March"),
            vault(2),
            vault(3, note="a development vault that rests at night"),
            vault(4, ((0, 90),), "no record before 8 March: logging may have begun then"),
        ),
        tables=(
            TableCoverage(
                table="AzureDiagnostics", rows=98_211, first_at=iso(BEGIN), last_at=iso(BEGIN + timedelta(days=12))
            ),
            TableCoverage(
                table="AzureActivity", rows=4_120, first_at=iso(BEGIN), last_at=iso(BEGIN + timedelta(days=12))
            ),
            TableCoverage(table="AuditLogs", rows=611, first_at=iso(BEGIN), last_at=iso(BEGIN + timedelta(days=11))),
            TableCoverage(
                table="AADServicePrincipalSignInLogs",
                rows=0,
                first_at="",
                last_at="",
                note="without it, it cannot be seen whether a stolen certificate was used to sign in",
            ),
            TableCoverage(
                table="MicrosoftGraphActivityLogs",
                rows=0,
                first_at="",
                last_at="",
                note="without it, what an application did in Microsoft Graph cannot be seen",
            ),
        ),
        evidence=_evidence(),
        rejected=(
            RejectedRecord(
                row="E2:88120",
                source=_source(2),
                line=67,
                reason="the record ends in the middle of a string",
                text='{"time":"2026-03-14T07:59:58.1","resourceId":"/SUBSCRIPTIONS/0000\x00\x00',
            ),
            RejectedRecord(
                row="E4:0",
                source="exports/activity.json",
                line=1,
                reason="not JSON: an HTML page",
                text="<!doctype html><script>document.title='owned'</script>",
            ),
        ),
        rules=_rules(),
        cannot_conclude=(
            "What was read from kv-contoso-identity between 14 March 10:00 and 15 March 01:00 UTC cannot be known: its "
            "diagnostic setting was deleted, and 15 hours have no record.",
            "Whether the certificate graph-automation was used to sign in cannot be known: no service principal "
            "sign-in log was given.",
            "What was read from kv-contoso-data before 8 March 18:00 UTC cannot be known: the first record of the "
            "vault is of that hour.",
        ),
        custody=(
            CustodyEntry(
                at=iso(BEGIN + timedelta(days=13)),
                who="responder@ir-laptop",
                action="case made",
                version="keywitness 0.1.0",
                hash="3f" * 32,
            ),
            CustodyEntry(
                at=iso(BEGIN + timedelta(days=13, minutes=1)),
                who="responder@ir-laptop",
                action="4 evidence items ingested",
                version="keywitness 0.1.0",
                hash="9b41" * 16,
            ),
        ),
    )


def _evidence() -> tuple[EvidenceFile, ...]:
    return (
        EvidenceFile(
            number=1,
            path="exports/auditevent-part-1.json.gz",
            member="",
            sha256="a1b2c3d4" * 8,
            size=18_311_202,
            shape="AuditEvent, JSON Lines",
            read=61_204,
            stored=61_204,
            duplicate=0,
            rejected=0,
        ),
        EvidenceFile(
            number=2,
            path="exports/auditevent-part-2.zip",
            member=_source(2),
            sha256="0f1e2d3c" * 8,
            size=12_090_114,
            shape="AuditEvent, JSON Lines",
            read=37_433,
            stored=36_500,
            duplicate=932,
            rejected=1,
        ),
        EvidenceFile(
            number=3,
            path="exports/<img src=x onerror=alert(1)>/PT1H.json",
            member="",
            sha256="77aa99cc" * 8,
            size=991_233,
            shape="AuditEvent, JSON Lines",
            read=507,
            stored=507,
            duplicate=0,
            rejected=0,
        ),
        EvidenceFile(
            number=4,
            path="exports/activity.json",
            member="",
            sha256="5566ddee" * 8,
            size=5_000_121,
            shape="Activity Log, array",
            read=4_732,
            stored=4_731,
            duplicate=0,
            rejected=1,
        ),
    )


def _rules() -> tuple[RuleRun, ...]:
    ran = (
        ("unauthorised-access-pattern", "Refused listing over several vaults", 1),
        ("list-then-read", "Listing followed by reading", 1),
        ("watched-secret-read", "Read of a watched secret", 1),
        ("certificate-export-api", "Certificate with private key exported", 1),
        ("access-policy-added", "Access policy added", 1),
        ("diagnostic-setting-deleted", "Diagnostic setting deleted", 1),
        ("first-seen-address", "Address never seen for the identity", 1),
        ("permission-model-changed", "Permission model changed", 0),
        ("unusual-volume", "Unusual volume of reads", 0),
    )
    rules = [RuleRun(rule_id=i, name=n, status="ran", reason="", findings=f) for i, n, f in ran]
    rules.append(
        RuleRun(
            rule_id="application-used-after-export",
            name="Application used after its certificate was exported",
            status="not run",
            reason="table AADServicePrincipalSignInLogs has no rows",
            findings=0,
        )
    )
    rules.append(
        RuleRun(
            rule_id="custom-hunt",
            name="Hunt <b>of the customer</b>",
            status="failed",
            reason="error[KS142] at 3:11: 'CallerIPAdress' is not a column here",
            findings=0,
        )
    )
    return tuple(rules)


def _finding(number: int, rule: str, severity: str, title: str, first: float, last: float, **more: object) -> Finding:
    values: dict[str, object] = {
        "confidence": "high",
        "what": title + ".",
        "why": "",
        "techniques": (
            Technique(id="T1555.006", name="Credentials from Password Stores: Cloud Secrets Management Stores"),
        ),
        "tactics": ("credential access",),
        "identities": (INTRUDER,),
        "addresses": (ADDRESS,),
        "applications": ("Azure CLI",),
        "vaults": ("kv-contoso-prod",),
        "objects": (),
        "query": f"AzureDiagnostics\n| where OperationName == 'SecretGet'\n| where CallerIPAddress == '{ADDRESS}'",
        "rows": (ref(number * 10, first, title),),
        "row_count": 1,
    } | more
    return Finding(
        id=f"{rule}/{number:04d}",
        rule_id=rule,
        rule_name=rule.replace("-", " ").capitalize(),
        rule_version="1",
        severity=severity,
        title=title,
        first_at=after(first),
        last_at=after(last),
        **values,  # type: ignore[arg-type]
    )


def _findings() -> tuple[Finding, ...]:
    refused = tuple(
        ref(100 + i, i * 0.3, f"{'SecretList' if i % 2 else 'CertificateList'} {VAULTS[i % 5]} 403 {ADDRESS}")
        for i in range(14)
    )
    return (
        _finding(
            1,
            "unauthorised-access-pattern",
            "medium",
            "Refused attempts to list secrets in 5 vaults from one address",
            0,
            4.1,
            what=f"{INTRUDER} tried to list secrets and certificates in five vaults from {ADDRESS}; 9 of 14 requests "
            "were refused with HTTP 403.",
            why="Somebody who owns the access does not try doors. Refused listing over many vaults is how an intruder "
            "learns what his stolen identity opens.",
            vaults=VAULTS,
            query=UNAUTHORISED,
            rows=refused,
            row_count=14,
            techniques=(Technique(id="T1526", name="Cloud Service Discovery"),),
            tactics=("discovery",),
            false_positives=("An inventory tool that runs with too few rights.",),
            response=("Ask the owner of the identity whether he ran these commands.", "Revoke its sessions."),
            blind_spots=("Vaults without a diagnostic setting do not appear.",),
            session_ids=("S0002", "S9999"),
        ),
        _finding(
            2,
            "access-policy-added",
            "high",
            "jordan.meyer granted himself get and list on secrets of kv-contoso-prod",
            11.4,
            11.4,
            what=f"{INTRUDER} wrote an access policy to kv-contoso-prod that gives his own object id get and list on "
            "secrets and certificates. Before, he had none.",
            why="Whoever may write a vault in the access-policy model can open it for himself. He then did.",
            techniques=(Technique(id="T1098.003", name="Account Manipulation: Additional Cloud Roles"),),
            tactics=("privilege escalation", "persistence"),
            rows=(
                ref(210, 11.4, "VaultPatch kv-contoso-prod 200 added access policy for " + INTRUDER_ID),
                ref(
                    7,
                    11.5,
                    "MICROSOFT.KEYVAULT/VAULTS/ACCESSPOLICIES/WRITE Succeeded",
                    table="AzureActivity",
                    item=4,
                ),
            ),
            row_count=2,
            response=("Remove the policy.", "Move the vault to Azure RBAC."),
        ),
        _finding(
            3,
            "watched-secret-read",
            "high",
            "The break-glass password BreakGlassAccountTenant was read in the portal",
            23.7,
            23.7,
            what="The secret BreakGlassAccountTenant was read once, successfully, in the order that the Azure portal "
            "produces: VaultGet, SecretList, SecretListVersions, SecretGet.",
            why="It holds the password of a Global Administrator. No process of the company reads it.",
            applications=("Azure Portal",),
            objects=("secret BreakGlassAccountTenant",),
            rows=(ref(333, 23.7, "SecretGet BreakGlassAccountTenant 200 " + HOSTILE_AGENT),),
            response=("Change the password now.", "Review the account's sign-ins."),
            blind_spots=("A copy of the password that is kept elsewhere.",),
        ),
        _finding(
            4,
            "certificate-export-api",
            "high",
            "Certificate graph-automation left kv-contoso-identity with its private key",
            41.2,
            42.9,
            what="CertificateList was followed by SecretGet of the same name: this is how a certificate is exported "
            "with its private key.",
            why="Whoever has the key can sign in as the application graph-automation, which holds "
            "RoleManagement.ReadWrite.Directory.",
            vaults=("kv-contoso-identity",),
            objects=("certificate graph-automation",),
            techniques=(Technique(id="T1552.004", name="Unsecured Credentials: Private Keys"),),
            rows=(
                ref(400, 41.2, "CertificateList kv-contoso-identity 200"),
                ref(401, 42.9, "SecretGet graph-automation 200"),
            ),
            row_count=2,
        ),
        _finding(
            5,
            "diagnostic-setting-deleted",
            "high",
            "The diagnostic setting of kv-contoso-identity was deleted",
            67.8,
            67.8,
            vaults=("kv-contoso-identity",),
            what="Logging of the vault was switched off. The next record of the vault is 15 hours later.",
            why="What was read in that time is not known, and was meant not to be.",
            techniques=(Technique(id="T1562.008", name="Impair Defenses: Disable or Modify Cloud Logs"),),
            tactics=("defense evasion",),
            rows=(
                ref(
                    9,
                    67.8,
                    "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE Succeeded",
                    table="AzureActivity",
                    item=4,
                ),
            ),
        ),
        _finding(
            6,
            "list-then-read",
            "medium",
            "All 37 secrets of kv-contoso-prod were listed and then read in 4 minutes",
            14.2,
            18.4,
            what="SecretList was followed by 37 SecretGet, one per secret, at even intervals.",
            why="An application reads the secrets it needs. Reading everything is copying.",
            objects=(*(f"secret app-setting-{i:02d}" for i in range(36)), "secret " + HOSTILE_NAME),
            rows=tuple(ref(500 + i, 14.2 + i * 0.11, f"SecretGet app-setting-{i:02d} 200") for i in range(37)),
            row_count=37,
        ),
        _finding(
            7,
            "first-seen-address",
            "low",
            f"{ADDRESS} was never used by {INTRUDER} before",
            0,
            67.8,
            confidence="medium",
            why="A new address alone proves nothing; here it ties the other findings together.",
            techniques=(Technique(id="T1078.004", name="Valid Accounts: Cloud Accounts"),),
            false_positives=("Travel, a new provider, a changed VPN.",),
        ),
    )


def _step(minutes: float, operation: str, name: str, status: int, number: int, vault: str) -> SessionStep:
    return SessionStep(at=after(minutes), operation=operation, object=name, status=status, row=row(number), vault=vault)


def _sessions() -> tuple[Session, ...]:
    listing = tuple(
        _step(i * 0.3, ("CertificateList", "SecretList")[i % 2], "", 403 if i % 3 else 200, 100 + i, VAULTS[i % 5])
        for i in range(14)
    )
    dump = (
        _step(14.0, "Authentication", "", 401, 498, VAULTS[0]),
        _step(14.2, "SecretList", "", 200, 499, VAULTS[0]),
        *(_step(14.2 + i * 0.11, "SecretGet", f"app-setting-{i:02d}", 200, 500 + i, VAULTS[0]) for i in range(37)),
    )
    portal = (
        _step(22.1, "VaultGet", "", 200, 329, VAULTS[0]),
        _step(22.3, "SecretList", "", 200, 330, VAULTS[0]),
        _step(23.1, "SecretListVersions", "BreakGlassAccountTenant", 200, 331, VAULTS[0]),
        _step(23.7, "SecretGet", "BreakGlassAccountTenant", 200, 333, VAULTS[0]),
        _step(41.2, "CertificateList", "", 200, 400, VAULTS[1]),
        _step(42.9, "SecretGet", "graph-automation", 200, 401, VAULTS[1]),
    )

    def session(number: int, name: str, steps: tuple[SessionStep, ...], sentence: str, **more: object) -> Session:
        values: dict[str, object] = {
            "identity": INTRUDER,
            "identity_id": INTRUDER_ID,
            "application": "Azure CLI",
            "application_id": AZURE_CLI,
            "address": ADDRESS,
            "client": "AZURECLI/2.66.0 azsdk-python-keyvault-secrets/4.9.0 Python/3.12.7 (Linux)",
            "tool": "azure-cli",
            "confidence": "high",
            "reasons": ("the application id is that of the Azure CLI", "the user agent names AZURECLI"),
            "mismatches": (),
            "operations": len(steps),
            "failures": sum(step.status >= 400 and step.status != 401 for step in steps),
        } | more
        return Session(
            id=f"S{number:04d}",
            vaults=tuple(dict.fromkeys(step.vault for step in steps)),
            session_class=name,
            first_at=steps[0].at,
            last_at=steps[-1].at,
            steps=steps,
            sentence=sentence,
            **values,  # type: ignore[arg-type]
        )

    ordinary = tuple(
        session(
            10 + i,
            "sdk-application",
            (
                _step(i * 31.0 - 3000, "SecretGet", f"db-password-{i % 4}", 200, 2000 + i, VAULTS[i % 3]),
                _step(i * 31.0 - 2999, "SecretGet", f"api-token-{i % 4}", 200, 2100 + i, VAULTS[i % 3]),
            ),
            f"app-orders-{i % 3} read 2 secrets, as it does every half hour.",
            identity=f"app-orders-{i % 3}",
            identity_id="f00dfeed-0000-4000-8000-00000000000" + str(i % 3),
            application="managed identity",
            application_id="",
            address="192.0.2.10",
            client="azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0.11; Linux)",
            reasons=("a managed identity", "equal intervals"),
        )
        for i in range(24)
    )
    return (
        session(
            1,
            "denied-enumeration",
            listing,
            "Jordan Meyer listed secrets and certificates in 5 vaults with the Azure CLI; 9 of 14 were refused.",
            finding_ids=("unauthorised-access-pattern/0001", "first-seen-address/0007"),
        ),
        session(
            2,
            "dump-tool",
            dump,
            "Jordan Meyer listed kv-contoso-prod and read all 37 secrets in 4 minutes, one every 6.6 seconds.",
            finding_ids=("list-then-read/0006",),
            client=HOSTILE_AGENT,
            reasons=("an even rhythm of 6.6 s", "an SDK's challenge before the first request"),
            mismatches=(
                SessionMismatch(
                    mismatch="agent-does-not-fit-application",
                    text="the agent names another program, which does not fit Azure CLI",
                ),
            ),
        ),
        session(
            3,
            "portal-show-secret",
            portal,
            "Jordan Meyer opened kv-contoso-prod in the Azure portal, looked at BreakGlassAccountTenant and read it; "
            "then he exported graph-automation.",
            finding_ids=("watched-secret-read/0003", "certificate-export-api/0004"),
            application="Azure Portal",
            application_id=PORTAL,
            client="Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
            reasons=(
                "VaultGet, SecretList, SecretListVersions, SecretGet in this order",
                "the portal's application id",
            ),
        ),
        *ordinary,
    )


def _exposure() -> tuple[Exposure, ...]:
    def reader(minutes: float, numbers: tuple[int, ...], **more: object) -> ExposureReader:
        values: dict[str, object] = {
            "identity": INTRUDER,
            "identity_id": INTRUDER_ID,
            "application": "Azure CLI",
            "address": ADDRESS,
            "suspicious": True,
            "reasons": ("its session belongs to findings of high severity",),
        } | more
        return ExposureReader(
            reads=len(numbers),
            first_at=after(minutes),
            last_at=after(minutes),
            session_ids=("S0002",),
            rows=tuple(row(number) for number in numbers),
            **values,  # type: ignore[arg-type]
        )

    def read(kind: str, vault: str, name: str, version: str, readers: tuple[ExposureReader, ...], **more: object):
        values: dict[str, object] = {"private_key_left": False, "how": "SecretGet", "reason": ""} | more
        return Exposure(
            vault=vault,
            object_type=kind,
            name=name,
            version=version,
            readers=readers,
            reads=sum(item.reads for item in readers),
            first_at=readers[0].first_at,
            last_at=readers[-1].last_at,
            rotate_now=any(item.suspicious for item in readers),
            **values,  # type: ignore[arg-type]
        )

    application = reader(
        -3000,
        (2001, 2003, 2005),
        identity="app-orders-1",
        identity_id="f00dfeed-0000-4000-8000-000000000001",
        application="managed identity",
        address="192.0.2.10",
        suspicious=False,
        reasons=(),
    )
    return (
        read(
            "secret",
            VAULTS[0],
            "BreakGlassAccountTenant",
            "8f2b61c09d4e4d1fa1f54f07f2cf2d11",
            (reader(23.7, (333,), application="Azure Portal"),),
            reason="A watched secret, read by an identity that never read it before.",
        ),
        read(
            "certificate",
            VAULTS[1],
            "graph-automation",
            "1b1f0e1d2c3b4a59687786958473a2b1",
            (reader(42.9, (401,)),),
            private_key_left=True,
            reason="Exported with its private key; replace it and remove the old one from the application.",
        ),
        *(
            read(
                "secret",
                VAULTS[0],
                f"app-setting-{i:02d}" if i < 5 else HOSTILE_NAME,
                f"{i:032x}",
                (application, reader(14.2 + i * 0.11, (500 + i,)))
                if i == 2
                else (reader(14.2 + i * 0.11, (500 + i,)),),
                reason="Read in the session that copied the whole vault.",
            )
            for i in range(6)
        ),
        *(read("secret", VAULTS[i % 3], f"db-password-{i}", f"{i + 100:032x}", (application,)) for i in range(9)),
    )


def _timeline() -> tuple[TimelineEvent, ...]:
    def event(at: str, lane: str, kind: str, title: str, number: int, severity: str = "none", **more: object):
        values: dict[str, object] = {"identity": INTRUDER, "finding_ids": (), "status": 200} | more
        return TimelineEvent(
            at=at,
            lane=lane,
            kind=kind,
            title=title,
            severity=severity,
            row=row(number),
            **values,  # type: ignore[arg-type]
        )

    quiet = [
        event(
            iso(BEGIN + timedelta(hours=3 * i, minutes=i % 60)),
            VAULTS[i % 5],
            "read",
            f"SecretGet db-password-{i % 4}",
            3000 + i,
            identity=f"app-orders-{i % 3}",
        )
        for i in range(95)
    ]
    refused = [
        event(
            after(i * 0.3),
            VAULTS[i % 5],
            "denied",
            ("CertificateList", "SecretList")[i % 2] + " refused",
            100 + i,
            "medium",
            finding_ids=("unauthorised-access-pattern/0001",),
            status=403,
        )
        for i in range(14)
    ]
    dump = [
        event(
            after(14.2 + i * 0.11),
            VAULTS[0],
            "read",
            f"SecretGet app-setting-{i:02d}",
            500 + i,
            "medium",
            finding_ids=("list-then-read/0006",),
        )
        for i in range(37)
    ]
    rest = [
        event(after(-6), "Entra sign-ins", "sign-in", "Sign-in from a new address", 1, "low",
              finding_ids=("first-seen-address/0007",)),
        event(after(11.4), VAULTS[0], "grant", "Access policy added for himself", 210, "high",
              finding_ids=("access-policy-added/0002",)),
        event(after(14.1), VAULTS[0], "list", "SecretList", 499, "medium", finding_ids=("list-then-read/0006",)),
        event(after(23.7), VAULTS[0], "read", "SecretGet BreakGlassAccountTenant", 333, "high",
              finding_ids=("watched-secret-read/0003",)),
        event(after(41.2), VAULTS[1], "list", "CertificateList", 400, "high",
              finding_ids=("certificate-export-api/0004",)),
        event(after(42.9), VAULTS[1], "read", "SecretGet graph-automation: the private key left", 401, "high",
              finding_ids=("certificate-export-api/0004",)),
        event(after(55), "Entra directory", "directory", "Global Administrator granted to " + HOSTILE_AGENT, 2, "high",
              finding_ids=(), identity="graph-automation"),
        event(after(67.8), "Activity Log", "change", "Diagnostic setting of kv-contoso-identity deleted", 9, "high",
              finding_ids=("diagnostic-setting-deleted/0005",)),
    ]  # fmt: skip
    return tuple(sorted([*quiet, *refused, *dump, *rest], key=lambda item: item.at))


def _incidents() -> tuple[Incident, ...]:
    story = sorted(_findings(), key=lambda one: one.first_at)
    return (
        Incident(
            id="I-0badcafe",
            severity="high",
            first_at=story[0].first_at,
            last_at=max(one.last_at for one in story),
            sentence=f"{len(story)} findings by {INTRUDER} at {ADDRESS} in {VAULTS[0]} and {len(VAULTS) - 1} more.",
            links=(f"the caller {INTRUDER}", f"the address {ADDRESS}"),
            tactics=("Discovery", "PrivilegeEscalation", "CredentialAccess"),
            identities=(INTRUDER,),
            addresses=(ADDRESS,),
            vaults=VAULTS,
            finding_ids=tuple(one.id for one in story),
        ),
    )


def document() -> Document:
    """The sample: the attack of the article at contoso, in 12 days of logs of five vaults."""
    return Document(
        schema_version=SCHEMA_VERSION,
        title="What left the key vaults of Contoso, 5 to 17 March 2026",
        case="cases/contoso 2026-03",
        made_at="2026-03-18T09:30:00.0000000Z",
        made_by="keywitness 0.1.0",
        custody_head="9b41" * 16,
        scope=Scope(identities=(INTRUDER,), addresses=(ADDRESS,), watchlist=("BreakGlassAccountTenant",)),
        summary=(
            "On 14 March 2026 an intruder using jordan.meyer@contoso.com from 203.0.113.77 took 38 secrets from "
            "kv-contoso-prod, among them the break-glass password, and the private key of the certificate "
            "graph-automation from kv-contoso-identity.",
            "He had granted himself access to kv-contoso-prod eleven minutes after the first refused attempt, and "
            "switched off the logging of kv-contoso-identity at 10:00 UTC.",
            "Further reads from kv-contoso-identity in the 15 hours after it cannot be excluded: no record is there.",
        ),
        coverage=_coverage(),
        findings=_findings(),
        sessions=_sessions(),
        exposure=_exposure(),
        timeline=_timeline(),
        incidents=_incidents(),
    )


def small_document() -> Document:
    """What a snapshot can show whole: the certificate, the hostile names, the log that was switched off."""
    whole = document()
    kept = ("certificate-export-api/0004", "list-then-read/0006", "diagnostic-setting-deleted/0005")
    replace = msgspec.structs.replace
    findings = tuple(
        replace(one, rows=one.rows[:2], objects=one.objects[-2:]) for one in whole.findings if one.id in kept
    )
    return replace(
        whole,
        findings=findings,
        sessions=tuple(replace(one, steps=one.steps[:2]) for one in whole.sessions[1:3]),
        exposure=(whole.exposure[1], whole.exposure[4], whole.exposure[7], whole.exposure[-1]),
        timeline=tuple(one for one in whole.timeline if one.severity == "high")[-4:],
        incidents=tuple(replace(one, finding_ids=kept) for one in whole.incidents),
    )


def big_document(findings: int = 500, sessions: int = 2_000) -> Document:
    """The sample blown up, for speed."""
    small = document()
    many = tuple(
        Finding(**{f: getattr(one, f) for f in one.__struct_fields__} | {"id": f"{one.rule_id}/{i:05d}"})
        for i in range(findings)
        for one in (small.findings[i % len(small.findings)],)
    )
    visits = tuple(
        Session(**{f: getattr(one, f) for f in one.__struct_fields__} | {"id": f"S{i:05d}"})
        for i in range(sessions)
        for one in (small.sessions[i % len(small.sessions)],)
    )
    fields = {f: getattr(small, f) for f in small.__struct_fields__}
    return Document(**fields | {"findings": many, "sessions": visits})
