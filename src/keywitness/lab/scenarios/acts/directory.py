"""Acts beyond the vault: what a stolen certificate or a credential of one's own opens."""

from __future__ import annotations

from dataclasses import replace

from keywitness.lab import clients, entra
from keywitness.lab.columns import TICKS_PER_SECOND, key_of
from keywitness.lab.company import Principal
from keywitness.lab.directory import AUTOMATION_ROLES, identity_automation
from keywitness.lab.journal import Journal
from keywitness.lab.scenarios.intruder import SECOND_ADDRESS, Intruder, accomplice


def calls_graph(
    journal: Journal,
    who: Principal,
    at: int,
    method: str,
    path: str,
    status: int,
    token: int,
    issued: int,
    address: str,
) -> None:
    """A call to Microsoft Graph with an application's token."""
    journal.entra(
        entra.graph_activity(
            journal.company,
            who,
            at=at,
            method=method,
            uri=f"https://graph.microsoft.com{path}",
            status=status,
            token=token,
            issued=issued,
            address=address,
            roles=AUTOMATION_ROLES,
            agent="curl/8.5.0",
        )
    )


def uses_application(i: Intruder) -> None:
    """The certificate's application signs in and makes a dormant account Global Administrator, which signs in too."""
    application, friend = identity_automation(i.company), accomplice(i.company)
    issued, key = i.now, key_of(i.company.seed, "intruder-application")
    with i.step("application-used", "The stolen certificate signs in as its Entra application", "T1550.001") as v:
        i.journal.entra(
            entra.application_sign_in(
                i.company, application, key=key, created=issued, resource=entra.GRAPH, address=i.address, place=i.place
            )
        )
        for number, path in enumerate(("/v1.0/directoryRoles", f"/v1.0/users/{friend.upn}")):
            at = issued + (6 + 9 * number) * TICKS_PER_SECOND
            calls_graph(i.journal, application, at, "GET", path, 200, key, issued, i.address)
        v.wait(60)
    with i.step("global-administrator", "The application makes an account Global Administrator", "T1098.003") as v:
        path = "/v1.0/roleManagement/directory/roleAssignments"
        calls_graph(i.journal, application, v.now, "POST", path, 201, key, issued, i.address)
        makes_administrator(i.journal, application, friend, v.now + 4_300_000)
    with i.step("administrator-sign-in", "The new Global Administrator signs in", "T1078.004") as v:
        signs_in_as(i, friend, v.now)


def makes_administrator(journal: Journal, application: Principal, friend: Principal, at: int) -> None:
    journal.entrusted.append((at, friend, entra.GLOBAL_ADMINISTRATOR))
    journal.entra(
        entra.directory_audit(
            journal.company,
            at=at,
            activity="Add member to role",
            category="RoleManagement",
            operation="Assign",
            initiated_by=entra.by_application(application),
            targets=entra.role_targets(journal.company, friend, "Global Administrator", entra.GLOBAL_ADMINISTRATOR),
        )
    )


def signs_in_as(i: Intruder, friend: Principal, at: int) -> None:
    i.journal.entra(
        entra.user_sign_in(
            i.company,
            friend,
            key=key_of(i.company.seed, "intruder-accomplice"),
            created=at,
            appid=clients.AZURE_PORTAL,
            resource=entra.RESOURCE_MANAGER,
            address=SECOND_ADDRESS,
            place=i.place,
            agent=clients.FIREFOX,
            interactive=True,
        )
    )


def adds_credential(i: Intruder) -> None:
    """A secret of the intruder's own on an application, which then signs in from outside."""
    application = identity_automation(i.company)
    key_id = i.company.guid("intruder-credential")
    old = (
        f"[KeyIdentifier={application.credential},KeyType=AsymmetricX509Cert,KeyUsage=Verify,DisplayName=CN=automation]"
    )
    new = f"[KeyIdentifier={key_id},KeyType=Password,KeyUsage=Verify,DisplayName=backup]"
    with i.step("credential-added", "A credential is added to an application", "T1098.001", client="portal") as v:
        i.journal.credentials.append((v.now, application, key_id))
        i.journal.entra(
            entra.directory_audit(
                i.company,
                at=v.now,
                activity="Update application – Certificates and secrets management ",
                category="ApplicationManagement",
                operation="Update",
                initiated_by=entra.by_user(i.who, i.address),
                address=i.address,
                targets=[
                    {
                        "id": i.company.guid("application-registration", application.name),
                        "displayName": application.name,
                        "type": "Application",
                        "modifiedProperties": [
                            {"displayName": "KeyDescription", "oldValue": _texts(old), "newValue": _texts(old, new)}
                        ],
                        "administrativeUnits": [],
                    }
                ],
            )
        )
        v.wait(240)
    with i.step("credential-used", "The application signs in with it from outside", "T1550.001") as v:
        stolen = replace(application, kind="secret", credential=key_id)
        i.journal.entra(
            entra.application_sign_in(
                i.company,
                stolen,
                key=key_of(i.company.seed, "credential-used"),
                created=v.now,
                resource=entra.KEY_VAULT,
                address=i.address,
                place=i.place,
            )
        )


def _texts(*values: str) -> str:
    return "[" + ",".join(f'"{value}"' for value in values) + "]"
