"""The company that the simulated logs tell of: its tenant, vaults, applications and people.

Everything is invented. Addresses come from the documentation ranges (RFC 5737, RFC 3849) and from private ranges.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from keywitness.lab.columns import guid_one, key_of
from keywitness.lab.profiles import CONTOSO, Profile

REGIONS = ("westeurope", "northeurope", "eastus", "centralindia")
AREAS = (
    "pay", "ident", "web", "hr", "data", "log", "bkp", "shop", "crm", "mail", "edge", "iot", "fin", "legal", "sales",
    "stock", "ship", "media", "chat", "bill", "risk", "geo", "lab", "infra", "auth", "cards", "claims", "quote",
    "store", "track",
)  # fmt: skip
ENVIRONMENTS = ("prod", "test", "dev", "stg")
SECRET_NAMES = (
    "SqlConnectionString", "StorageAccountKey", "ServiceBusConnection", "RedisPassword", "JwtSigningKey",
    "SendGridApiKey", "CosmosPrimaryKey", "AppInsightsKey", "SmtpPassword", "FtpPartnerPassword", "WebhookSecret",
    "OAuthClientSecret", "EncryptionPepper", "PartnerApiToken", "LicenseKey", "SearchAdminKey", "MapsSubscriptionKey",
    "EventHubSas", "RabbitUri", "LdapBindPassword", "BackupPassphrase", "GithubDeployToken", "DatadogApiKey",
)  # fmt: skip
CERTIFICATE_NAMES = ("api-gateway-tls", "partner-mtls", "code-signing", "sso-signing")
KEY_NAMES = ("storage-cmk", "sql-tde", "document-signing")
GIVEN_NAMES = (
    "Adele", "Bruno", "Carla", "Dmitri", "Elena", "Farid", "Grete", "Hiro", "Ines", "Jonas", "Kavya", "Lukas", "Mirela",
    "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tomas", "Uma", "Viktor", "Wanda", "Ximena", "Yusuf", "Zoe",
)  # fmt: skip
FAMILY_NAMES = (
    "Amsel", "Berg", "Costa", "Dorn", "Ekström", "Fischer", "Greco", "Haas", "Ivanova", "Jansen", "Kumar", "Lindt",
    "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rao", "Santos", "Toth", "Ueda", "Vogel", "Weber", "Xu", "Yilmaz",
    "Zapata",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VaultObject:
    """A secret, key or certificate and the versions it has had, the current one last."""

    kind: str  # secrets | keys | certificates
    name: str
    versions: tuple[str, ...]

    @property
    def current(self) -> str:
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class Vault:
    """A key vault.

    Args:
        model: "rbac" or "policy", before anything the scenario changes.
        generation: The year whose claim spelling the vault's region writes: 2020, 2022, 2024 or 2025.
        private: Reached through Private Link, so callers have private addresses.
        dedicated: Its records come as rows of AZKVAuditLogs.
    """

    index: int
    name: str
    subscription: str
    group: str
    region: str
    model: str
    generation: int
    private: bool
    secrets: tuple[VaultObject, ...]
    keys: tuple[VaultObject, ...]
    certificates: tuple[VaultObject, ...]
    dedicated: bool = False

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    @property
    def arm_id(self) -> str:
        return self.group_id + f"/providers/Microsoft.KeyVault/vaults/{self.name}"

    @property
    def uri(self) -> str:
        return f"https://{self.name}.vault.azure.net"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: a user, an application or a managed identity.

    Args:
        kind: "user", "secret" (application with a client secret), "certificate" (application with a certificate),
            "managed" (managed identity) or "service" (first-party service of Microsoft).
        appid: The application in the token; for a user the default client.
        resource: ARM id of the managed identity's resource (claim `xms_mirid`).
        credential: Key id of the application's credential.
    """

    kind: str
    name: str
    oid: str
    appid: str
    upn: str = ""
    resource: str = ""
    credential: str = ""
    groups: int = 0

    @property
    def aliases(self) -> tuple[str, ...]:
        """Every way in which logs name this principal."""
        own = () if self.kind == "user" else (self.appid,)
        return tuple(alias for alias in (self.oid, self.name, self.upn, *own) if alias)

    @property
    def given_name(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def family_name(self) -> str:
        return self.name.split(" ", 1)[-1]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff with working habits. `utc_offset` in hours; `vaults` are indices."""

    principal: Principal
    role: str  # platform | developer | operations | security
    utc_offset: float
    addresses: tuple[str, ...]  # office first, then home
    country: str
    city: str
    client: str  # portal | cli | powershell
    vaults: tuple[int, ...]
    sessions_per_day: float


@dataclass(frozen=True, slots=True)
class Company:
    """Everything that exists before the first record."""

    seed: int
    tenant: str
    subscriptions: tuple[tuple[str, str], ...]  # id, name
    vaults: tuple[Vault, ...]
    people: tuple[Person, ...]
    late_vault: int  # its logging begins after the others'
    gap_vault: int  # falls silent for a while
    quiet_vault: int  # never logs: known from the Activity Log alone
    twice_vault: int  # a second diagnostic setting copies its records
    profile: Profile = CONTOSO
    roles: dict[str, int] = field(default_factory=dict)  # scenario's names for vaults
    intruder: int = 0  # which of several attacks in one simulation is being told

    def guid(self, *labels: object) -> str:
        return guid_one(key_of(self.seed, *labels))

    def hex32(self, *labels: object) -> str:
        return self.guid(*labels).replace("-", "")

    def random(self, *labels: object) -> random.Random:
        return random.Random(":".join(str(label) for label in (self.seed, *labels)))  # noqa: S311 - reproducible

    def assignment(self, vault: Vault, oid: str) -> str:
        """Id of the role assignment that lets `oid` read `vault`, undashed as the logs have it."""
        return self.hex32("assignment", vault.name, oid)

    def vault(self, role: str) -> Vault:
        """The vault that plays a role of the story (see ROLES)."""
        return self.vaults[self.roles[role]]

    @property
    def victim(self) -> Person:
        return self.people[VICTIMS[self.intruder]]

    @property
    def outside(self) -> str:
        """Where the intruder comes from: each from another address."""
        return f"203.0.113.{66 + 9 * self.intruder}"


#: Vaults that stories need, by area: the first seven of AREAS in the production environment.
ROLES = {"granted": 0, "model": 1, "portal": 2, "blinded": 3, "late": 4, "gap": 5, "quiet": 6, "twice": 7}
MINIMUM_VAULTS = 8
VICTIMS = (2, 4, 5, 6, 7, 8, 9, 10)  # of several attacks; the traveller is none of them
VICTIM = 2  # the member of staff whose account the scenario's attacker holds: a busy user of two vaults


def build_company(seed: int, vaults: int, profile: Profile = CONTOSO) -> Company:
    """Invent a company with `vaults` key vaults (at least 8) and the people and subscriptions to match."""

    def guid(*labels: object) -> str:
        return guid_one(key_of(seed, *labels))

    subscriptions = tuple((guid("subscription", name), name) for name in ("production", "non-production", "platform"))
    made = tuple(_vault(seed, index, subscriptions, profile) for index in range(vaults))
    return Company(
        seed=seed,
        tenant=guid("tenant"),
        subscriptions=subscriptions,
        vaults=made,
        people=_people(seed, made, profile),
        late_vault=ROLES["late"],
        gap_vault=ROLES["gap"],
        quiet_vault=ROLES["quiet"],
        twice_vault=ROLES["twice"],
        profile=profile,
        roles=dict(ROLES),
    )


def _vault(seed: int, index: int, subscriptions: tuple[tuple[str, str], ...], profile: Profile) -> Vault:
    rng = random.Random(f"{seed}:vault:{index}")  # noqa: S311 - reproducible, not secret
    area, environment = AREAS[index % len(AREAS)], ENVIRONMENTS[index // len(AREAS) % len(ENVIRONMENTS)]
    repeat = index // (len(AREAS) * len(ENVIRONMENTS))
    name = f"kv-{profile.name}-{area}-{environment}" + (f"{repeat}" if repeat else "")
    generation = 2025 if index < 8 else rng.choice(profile.generations)
    wildcard = f"wildcard-{profile.domain.replace('.', '-')}"
    certificates = [*rng.sample((wildcard, *CERTIFICATE_NAMES), rng.choice((0, 1, 2)))]
    secrets = [*rng.sample(SECRET_NAMES, 16 if index == ROLES["granted"] else rng.randint(4, 12))]
    if index == ROLES["granted"]:
        certificates = ["identity-automation", "card-gateway-mtls"]
    if index == ROLES["model"]:
        secrets += ["BreakGlassAccountTenant", "BreakGlassAccountAzure"]
    if index == ROLES["portal"]:
        certificates = [wildcard, "api-gateway-tls"]
    models = {ROLES["granted"]: "policy", ROLES["model"]: "rbac", ROLES["portal"]: "rbac", ROLES["blinded"]: "rbac"}
    subscription = subscriptions[0 if environment == "prod" else 1][0]
    return Vault(
        index=index,
        name=name,
        subscription=subscription,
        group=f"rg-{area}-{environment}",
        region=rng.choice(REGIONS),
        model=models.get(index, rng.choice(profile.models)),
        generation=generation,
        private=index not in models and rng.random() < profile.private,
        secrets=_objects(seed, name, "secrets", secrets, rng),
        keys=_objects(seed, name, "keys", rng.sample(KEY_NAMES, rng.choice((1, 1, 2))), rng),
        certificates=_objects(seed, name, "certificates", certificates, rng),
        dedicated=profile.dedicated,
    )


def _objects(seed: int, vault: str, kind: str, names: list[str], rng: random.Random) -> tuple[VaultObject, ...]:
    def version(name: str, number: int) -> str:
        return guid_one(key_of(seed, vault, kind, name, number)).replace("-", "")

    return tuple(
        VaultObject(kind, name, tuple(version(name, number) for number in range(rng.randint(1, 3)))) for name in names
    )


def _people(seed: int, vaults: tuple[Vault, ...], profile: Profile) -> tuple[Person, ...]:
    count = profile.people + len(vaults) // 3
    made = [_person(seed, number, vaults, profile) for number in range(min(count, 120))]
    reached = (ROLES["portal"], ROLES["blinded"])
    made[VICTIM] = replace(made[VICTIM], client="portal", vaults=reached, sessions_per_day=1.8)
    return tuple(made)


def _person(seed: int, number: int, vaults: tuple[Vault, ...], profile: Profile) -> Person:
    rng = random.Random(f"{seed}:person:{number}")  # noqa: S311 - reproducible, not secret
    given = GIVEN_NAMES[number % len(GIVEN_NAMES)]
    family = FAMILY_NAMES[(number * 7 + number // len(GIVEN_NAMES)) % len(FAMILY_NAMES)]
    login = f"{given}.{family}".lower().replace("ö", "o")
    offset, country, city, office = profile.places[number % len(profile.places)]
    role = ("platform", "developer", "operations", "developer", "security", "developer")[number % 6]
    reach = 4 if role == "platform" else 2
    home = f"2001:db8:{number + 16:x}::{rng.randint(2, 9000):x}" if rng.random() < 0.3 else f"192.0.2.{130 + number}"
    principal = Principal(
        kind="user",
        name=f"{given} {family}",
        oid=guid_one(key_of(seed, "person", number)),
        appid="c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
        upn=f"{login}@{profile.domain}",
        groups=rng.randint(2, 12),
    )
    return Person(
        principal=principal,
        role=role,
        utc_offset=offset,
        addresses=(office, home),
        country=country,
        city=city,
        client=rng.choice(profile.clients),
        vaults=tuple(sorted(rng.sample(range(len(vaults)), min(reach + rng.randint(0, 2), len(vaults))))),
        sessions_per_day=rng.uniform(*profile.sessions_per_day),
    )
