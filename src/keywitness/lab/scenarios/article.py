"""The attack of the article, start to end, by one attacker.

A member of staff's account is used from an address never seen before: vaults are tried one after the other, a
certificate leaves through the portal, the account gives itself access to one vault and empties it, turns another from
RBAC to access policies and reads the break-glass password there, and deletes a diagnostic setting. A stolen certificate
then signs in as the Entra application it belongs to, makes an account Global Administrator, and that account signs in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from keywitness.lab import clients, entra
from keywitness.lab.activity import CONTRIBUTOR, USER_ACCESS_ADMINISTRATOR, Act
from keywitness.lab.administration import grant_role, write_access_policy
from keywitness.lab.columns import TICKS_PER_SECOND, key_of, time_one
from keywitness.lab.company import Company, Principal, Vault, VaultObject
from keywitness.lab.directory import identity_automation
from keywitness.lab.journal import Journal, Visit
from keywitness.lab.scenario import Scenario, StepDraft, Story
from keywitness.lab.scenarios.acts.directory import calls_graph, makes_administrator
from keywitness.lab.scenarios.acts.opening import turns_model
from keywitness.lab.scenarios.intruder import ELSEWHERE, MINUTE, SECOND_ADDRESS, accomplice, starts_at
from keywitness.lab.truth import Actor, Exposed
from keywitness.lab.visits import (
    portal_exports_certificate,
    portal_lists_secrets,
    portal_opens_vault,
    portal_shows_secret,
    shell_lists,
    shell_reads,
)

BREAK_GLASS = "BreakGlassAccountTenant"
STOLEN_CERTIFICATE = "identity-automation"
OWNER_ROLE = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


class _Attack:
    """The attacker at work; each method is one step."""

    def __init__(self, journal: Journal, begin: int, end: int) -> None:
        self.journal = journal
        self.company: Company = journal.company
        self.story = Story()
        self.victim: Principal = self.company.victim.principal
        self.start = starts_at(begin, end) + self.company.intruder * 180 * MINUTE
        self.turned = self.restored = 0  # when the vault of the permission model was turned, in ticks
        self.accomplice = accomplice(self.company)

    def visit(self, client: str, minutes: float, label: str) -> Visit:
        now = self.start + int(minutes * MINUTE) + key_of(self.company.seed, label) % (30 * TICKS_PER_SECOND)
        return Visit(self.journal, self.victim, self.company.outside, ELSEWHERE, client, now, f"attack:{label}")

    def step(
        self,
        id: str,
        name: str,
        technique: str,
        rules: tuple[str, ...],
        *,
        vault: Vault | None = None,
        object: str = "",
        application: str = "",
        identity: str = "",
        address: str = "",
    ) -> str:
        self.story.steps.append(
            StepDraft(
                id=id,
                name=name,
                technique=technique,
                expected_rules=rules,
                vault=vault.name if vault else "",
                identity=identity or self.victim.oid,
                address=address or self.company.outside,
                application=application,
                object=object,
            )
        )
        return id

    def took(self, vault: Vault, kind: str, taken: VaultObject, at: int, *, logged: bool = True) -> None:
        self.story.exposed.append(
            Exposed(
                vault=vault.name,
                type=kind,
                name=taken.name,
                version=taken.current,
                private_key=kind == "certificate",
                at=time_one(at),
                logged=logged,
            )
        )

    @property
    def application_token(self) -> tuple[int, int]:
        """Key and time (ticks) of the stolen application's token."""
        return key_of(self.company.seed, "stolen-application"), self.start + 152 * MINUTE

    # ---- steps ----

    def sign_in(self) -> None:
        vault = self.company.vault("portal")
        step = self.step(
            "01-sign-in", "The account signs in from an address never seen before", "T1078.004",
            ("first-seen-address",), vault=vault, application=clients.AZURE_PORTAL,
        )  # fmt: skip
        with self.journal.telling(step):
            for number in (0, 1):
                created = self.start + number * 21 * TICKS_PER_SECOND
                self.journal.entra(
                    entra.user_sign_in(
                        self.company,
                        self.victim,
                        key=key_of(self.company.seed, "failed", number),
                        created=created,
                        appid=clients.AZURE_PORTAL,
                        resource=entra.RESOURCE_MANAGER,
                        address=self.company.outside,
                        place=ELSEWHERE,
                        agent=clients.EDGE,
                        interactive=True,
                        error=50126,
                        failure="Invalid username or password or Invalid on-premise username or password.",
                    )
                )
            portal_opens_vault(self.visit("portal", 1.2, "sign-in"), vault)

    def enumerate(self) -> None:
        step = self.step(
            "02-enumeration", "Secrets and certificates of many vaults are listed; most refuse", "T1555.006",
            ("unauthorised-access-pattern", "vault-listing-sweep"),
            application=clients.AZURE_POWERSHELL,
        )  # fmt: skip
        visit = self.visit("powershell", 4, "enumeration")
        visit.stay.classes = ("denied-enumeration",)
        with self.journal.telling(step):
            for vault in self.company.vaults:
                allowed = vault.index in self.company.victim.vaults
                for operation, kind in (("SecretList", "secrets"), ("CertificateList", "certificates")):
                    shell_lists(visit, vault, operation, kind, allowed=allowed, pause=0.3)

    def export_in_portal(self) -> None:
        vault = self.company.vault("portal")
        certificate = vault.certificates[0]
        step = self.step(
            "03-certificate-portal", "A certificate is downloaded with its private key in the portal", "T1552.004",
            ("certificate-export-portal",), vault=vault, object=certificate.name, application=clients.AZURE_PORTAL,
        )  # fmt: skip
        visit = self.visit("portal", 18, "portal-certificate")
        with self.journal.telling(step):
            portal_opens_vault(visit, vault)
            at = portal_exports_certificate(visit, vault, certificate)
        self.took(vault, "certificate", certificate, at)

    def grant_self(self) -> None:
        vault = self.company.vault("granted")
        step = self.step(
            "04-self-grant", "The account adds itself to a vault's access policies", "T1098.003",
            ("access-policy-added",), vault=vault, application=clients.AZURE_PORTAL,
        )  # fmt: skip
        visit = self.visit("portal", 31, "self-grant")
        with self.journal.telling(step):
            portal_opens_vault(visit, vault)
            write_access_policy(
                visit, vault, "addedAccessPolicy", self.victim.oid, "", "get,list", "get,list", CONTRIBUTOR
            )

    def empty_vault(self) -> None:
        vault = self.company.vault("granted")
        step = self.step(
            "05-secrets-read", "All secrets of that vault are listed and read within seconds", "T1555.006",
            ("list-then-read", "self-grant-then-read", "unusual-volume"),
            vault=vault, application=clients.AZURE_POWERSHELL,
        )  # fmt: skip
        visit = self.visit("powershell", 36, "dump")
        visit.stay.classes = ("dump-tool",)
        with self.journal.telling(step):
            shell_lists(visit, vault, "SecretList", "secrets")
            for secret in vault.secrets:
                at = shell_reads(visit, vault, secret.name, secret.current, pause=0.2)
                self.took(vault, "secret", secret, at)

    def export_by_api(self) -> None:
        vault = self.company.vault("granted")
        certificate = _object(vault.certificates, STOLEN_CERTIFICATE)
        step = self.step(
            "06-certificate-api", "A certificate is listed and read with its private key through the API", "T1552.004",
            ("certificate-export-api", "self-grant-then-read"),
            vault=vault, object=certificate.name, application=clients.AZURE_CLI,
        )  # fmt: skip
        visit = self.visit("curl", 44, "api-certificate")
        with self.journal.telling(step):
            shell_lists(visit, vault, "CertificateList", "certificates", pause=9.0)
            at = shell_reads(visit, vault, certificate.name, certificate.current)
        self.took(vault, "certificate", certificate, at)

    def change_model(self) -> None:
        vault = self.company.vault("model")
        step = self.step(
            "07-permission-model", "The account makes itself Owner and turns a vault from RBAC to access policies",
            "T1556", ("permission-model-changed",), vault=vault, application=clients.AZURE_PORTAL,
        )  # fmt: skip
        visit = self.visit("portal", 70, "model")
        scope = f"/subscriptions/{vault.subscription}/resourceGroups/{vault.group}"
        with self.journal.telling(step):
            portal_opens_vault(visit, vault)
            grant_role(
                visit, scope, self.victim.oid, "User", OWNER_ROLE, self.company.guid("attack", "assignment"),
                USER_ACCESS_ADMINISTRATOR,
            )  # fmt: skip
            visit.wait(75)
            self.turned = turns_model(visit, vault, rbac=False)

    def grant_self_again(self) -> None:
        vault = self.company.vault("model")
        step = self.step(
            "08-self-grant-again", "The account adds itself to the access policies of the vault it has turned",
            "T1098.003", ("access-policy-added",), vault=vault, application=clients.AZURE_PORTAL,
        )  # fmt: skip
        visit = self.visit("portal", 78, "self-grant-again")
        with self.journal.telling(step):
            write_access_policy(
                visit, vault, "addedAccessPolicy", self.victim.oid, "", "get,list", "", _owner(),
                rbac=False, by_template=True,
            )  # fmt: skip

    def read_break_glass(self) -> None:
        vault = replace(self.company.vault("model"), model="policy")
        secret = _object(vault.secrets, BREAK_GLASS)
        step = self.step(
            "09-break-glass", "The break-glass password is read in the portal", "T1555.006",
            ("watched-secret-read", "self-grant-then-read"),
            vault=vault, object=secret.name, application=clients.PORTAL_VAULT_BLADE,
        )  # fmt: skip
        visit = self.visit("portal", 84, "break-glass")
        with self.journal.telling(step):
            portal_opens_vault(visit, vault, rbac=False)
            portal_lists_secrets(visit, vault)
            at = portal_shows_secret(visit, vault, secret)
        self.took(vault, "secret", secret, at)

    def restore_model(self) -> None:
        vault = self.company.vault("model")
        step = self.step(
            "10-model-restored", "The vault is turned back to RBAC to look untouched", "T1070",
            ("permission-model-changed",), vault=vault, application=clients.AZURE_PORTAL,
        )  # fmt: skip
        with self.journal.telling(step):
            self.restored = turns_model(self.visit("portal", 92, "restore"), vault, rbac=True)

    def blind(self) -> None:
        vault = self.company.vault("blinded")
        step = self.step(
            "11-diagnostics-deleted", "A vault's diagnostic setting is deleted and the vault falls silent", "T1562.008",
            ("diagnostic-setting-deleted",), vault=vault, application=clients.AZURE_PORTAL,
        )  # fmt: skip
        visit = self.visit("portal", 103, "blind")
        setting = f"{vault.arm_id}/providers/Microsoft.Insights/diagnosticSettings/send-to-archive"
        with self.journal.telling(step):
            at = visit.act(Act("Microsoft.Insights/diagnosticSettings/delete", setting), CONTRIBUTOR)
        self.story.silenced[vault.index] = (at + 40 * TICKS_PER_SECOND, "diagnostic setting deleted by the attacker")
        for number, secret in enumerate(vault.secrets[:3]):
            self.took(vault, "secret", secret, at + (4 + number) * MINUTE, logged=False)

    def use_application(self) -> None:
        application = identity_automation(self.company)
        step = self.step(
            "12-application-used", "The stolen certificate signs in as its Entra application", "T1550.001",
            ("entra-app-used-after-export",), application=application.appid, identity=application.oid,
            object=STOLEN_CERTIFICATE,
        )  # fmt: skip
        key, at = self.application_token
        with self.journal.telling(step):
            self.journal.entra(
                entra.application_sign_in(
                    self.company,
                    application,
                    key=key,
                    created=at,
                    resource=entra.GRAPH,
                    address=self.company.outside,
                    place=ELSEWHERE,
                )
            )
            for number, path in enumerate(("/v1.0/directoryRoles", f"/v1.0/users/{self.accomplice.upn}")):
                calls_graph(
                    self.journal,
                    application,
                    at + (6 + 9 * number) * TICKS_PER_SECOND,
                    "GET",
                    path,
                    200,
                    key,
                    at,
                    self.company.outside,
                )

    def grant_administrator(self) -> None:
        token, issued = self.application_token
        application = identity_automation(self.company)
        step = self.step(
            "13-global-administrator", "The application makes an account Global Administrator", "T1098.003",
            ("global-administrator-granted",), application=application.appid, identity=application.oid,
            object=self.accomplice.upn,
        )  # fmt: skip
        at = issued + 64 * TICKS_PER_SECOND
        with self.journal.telling(step):
            path = "/v1.0/roleManagement/directory/roleAssignments"
            calls_graph(self.journal, application, at, "POST", path, 201, token, issued, self.company.outside)
            makes_administrator(self.journal, application, self.accomplice, at + 4_300_000)

    def administrator_signs_in(self) -> None:
        step = self.step(
            "14-administrator-sign-in", "The new Global Administrator signs in", "T1078.004",
            ("global-administrator-granted",), identity=self.accomplice.oid, address=SECOND_ADDRESS,
            application=clients.AZURE_PORTAL,
        )  # fmt: skip
        with self.journal.telling(step):
            self.journal.entra(
                entra.user_sign_in(
                    self.company,
                    self.accomplice,
                    key=key_of(self.company.seed, "accomplice"),
                    created=self.start + 171 * MINUTE,
                    appid=clients.AZURE_PORTAL,
                    resource=entra.RESOURCE_MANAGER,
                    address=SECOND_ADDRESS,
                    place=ELSEWHERE,
                    agent=clients.FIREFOX,
                    interactive=True,
                )
            )

    def clean_up(self) -> None:
        vault = self.company.vault("granted")
        step = self.step(
            "15-clean-up", "The account takes its own entry out of the access policies again", "T1070",
            ("access-policy-removed",), vault=vault, application=clients.AZURE_PORTAL,
        )  # fmt: skip
        with self.journal.telling(step):
            write_access_policy(
                self.visit("portal", 196, "clean-up"), vault, "removedAccessPolicy", self.victim.oid, "", "get,list",
                "get,list", CONTRIBUTOR,
            )  # fmt: skip

    def actors(self) -> list[Actor]:
        application = identity_automation(self.company)
        return [
            Actor(
                id="attacker",
                role="attacker",
                name="unknown",
                identity="",
                addresses=(self.company.outside, SECOND_ADDRESS),
                note="acts through the accounts and the application below",
            ),
            Actor(
                id="compromised-user",
                role="victim",
                name=self.victim.name,
                identity=self.victim.oid,
                upn=self.victim.upn,
                addresses=(self.company.outside,),
                note="the account's owner works from other addresses",
            ),
            Actor(
                id="stolen-application",
                role="application",
                name=application.name,
                identity=application.oid,
                application=application.appid,
                addresses=(self.company.outside,),
                note=f"certificate {STOLEN_CERTIFICATE}, credential {application.credential}",
            ),
            Actor(
                id="new-administrator",
                role="accomplice",
                name=self.accomplice.name,
                identity=self.accomplice.oid,
                upn=self.accomplice.upn,
                addresses=(SECOND_ADDRESS,),
                note="dormant account, made Global Administrator",
            ),
        ]


#: The article's steps in order, by the names they have when told alone.
STEPS: dict[str, Callable[[_Attack], None]] = {
    "sign-in": _Attack.sign_in,
    "enumeration": _Attack.enumerate,
    "certificate-portal": _Attack.export_in_portal,
    "self-grant": _Attack.grant_self,
    "secrets-read": _Attack.empty_vault,
    "certificate-api": _Attack.export_by_api,
    "permission-model": _Attack.change_model,
    "self-grant-again": _Attack.grant_self_again,
    "break-glass": _Attack.read_break_glass,
    "model-restored": _Attack.restore_model,
    "diagnostics-deleted": _Attack.blind,
    "application-used": _Attack.use_application,
    "global-administrator": _Attack.grant_administrator,
    "administrator-sign-in": _Attack.administrator_signs_in,
    "clean-up": _Attack.clean_up,
}


def tell_article(journal: Journal, begin: int, end: int) -> Story:
    """Write the attack into the journal and give its account."""
    return _tell(journal, begin, end, tuple(STEPS))


#: Steps that cannot happen without another: a vault must be turned before it can be turned back.
_NEEDS = {
    "self-grant-again": ("permission-model",),
    "break-glass": ("permission-model", "self-grant-again"),
    "model-restored": ("permission-model",),
}


def tell_alone(step: str) -> Scenario:
    """One step of the article, with no other than those that it cannot be without."""
    return lambda journal, begin, end: _tell(journal, begin, end, (*_NEEDS.get(step, ()), step))


def _tell(journal: Journal, begin: int, end: int, steps: Sequence[str]) -> Story:
    attack = _Attack(journal, begin, end)
    for step in steps:
        STEPS[step](attack)
    story = attack.story
    story.actors = attack.actors()
    if attack.turned:
        story.policy_spans[journal.company.vault("model").index] = (attack.turned, attack.restored or end)
    return story


def _owner() -> str:
    return OWNER_ROLE.replace("-", "")


def _object(objects: tuple[VaultObject, ...], name: str) -> VaultObject:
    return next(item for item in objects if item.name == name)
