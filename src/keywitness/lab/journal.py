"""Records written one by one: what people and attackers do, with the step of the story they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from keywitness.lab import clients, entra
from keywitness.lab.activity import Act, Caller, act_records
from keywitness.lab.audit_event import CONTROL_API, DATA_API, Request, Token, render
from keywitness.lab.blobs import activity_folder, audit_folder, entra_folder
from keywitness.lab.columns import TICKS_PER_HOUR, TICKS_PER_SECOND, guid_one, key_of, mixed_one, time_one, uti_one
from keywitness.lab.company import Company, Principal, Vault
from keywitness.lab.truth import Lookalike

USER_TOKEN_LIFE = 3_900 - 300  # exp - iat of a portal token is 3900 s


@dataclass(slots=True)
class Record:
    """A finished line and where it belongs. `vault` is -1 outside the audit container; `step` "" for ordinary life."""

    folder: str
    category: str
    at: int
    line: bytes
    vault: int = -1
    step: str = ""


@dataclass(slots=True)
class Stay:
    """One visit to vaults as its caller made it: what it was in truth, from its first record to its last.

    Args:
        classes: What kind of visit it was; several where the log alone cannot tell them apart.
        step: Of the story, or "".
    """

    classes: tuple[str, ...]
    step: str = ""
    identity: str = ""
    address: str = ""
    since: int = 0
    until: int = 0


@dataclass(slots=True)
class Journal:
    """Collects records; `step` marks those made while a step of the scenario runs.

    `lookalikes` are ordinary acts that a rule may name all the same. `turned` are vaults that the story turns from
    roles to access policies, by index, with the ticks from and until which ordinary life meets them so.

    For the exports of the tenant: `asked` and `acts` are what the records say, with their times in ticks; `entrusted`
    are roles of Entra given (time, to whom, role), `credentials` added ones (time, to which application, key id);
    `assigned` the roles that callers gave themselves, by caller and role, as scope and id.
    """

    company: Company
    records: list[Record] = field(default_factory=list)
    lookalikes: list[Lookalike] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    turned: dict[int, tuple[int, int]] = field(default_factory=dict)
    asked: list[tuple[int, Request]] = field(default_factory=list)
    acts: list[tuple[int, Act, Caller]] = field(default_factory=list)
    entrusted: list[tuple[int, Principal, str]] = field(default_factory=list)
    credentials: list[tuple[int, Principal, str]] = field(default_factory=list)
    assigned: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    step: str = ""
    _serial: int = 0

    @contextmanager
    def telling(self, step: str) -> Iterator[None]:
        """Mark what is written inside as part of a step."""
        before, self.step = self.step, step
        try:
            yield
        finally:
            self.step = before

    def as_set(self, vault: Vault, at: int) -> Vault:
        """The vault as it is set at a time (ticks)."""
        since, until = self.turned.get(vault.index, (0, 0))
        return replace(vault, model="policy") if since <= at < until else vault

    def audit(
        self,
        request: Request,
        at: int,
        *,
        token: int = 0,
        issued: int = 0,
        page: bool = False,
        stay: Stay | None = None,
    ) -> int:
        """Write an AuditEvent at `at` (ticks); `token` and `issued` (Unix seconds) are those of the caller's token."""
        if stay is not None and request.principal is not None:
            self._extend(stay, request.principal, request.address, at)
        self.asked.append((at, request))
        self._serial += 1
        challenged = request.operation == "Authentication"  # repeated at once, under the same correlation id
        key = key_of(self.company.seed, "journal", self._serial + challenged)
        life = 3_600
        line = render(
            request,
            at=time_one(at),
            correlation=guid_one(key),
            duration=str(12 + mixed_one(key + challenged) % 140),
            token=Token(uti_one(token), str(issued - 300), str(issued + life)),
            page_loaded=str(at // 10_000 - 35) if page else "",
        )
        vault = request.vault
        self._add(audit_folder(vault), "AuditEvent", at, line.encode() + b"\n", vault.index)
        return at

    def _extend(self, stay: Stay, who: Principal, address: str, at: int) -> None:
        if not stay.identity:
            stay.identity, stay.address, stay.since, stay.step = who.oid, address, at, self.step
            self.stays.append(stay)
        stay.until = max(stay.until, at)

    def act(self, act: Act, at: int, caller: Caller) -> None:
        """Write an act's Activity Log records."""
        self.acts.append((at, act, caller))
        subscription = act.resource.split("/")[2]
        for ticks, line in act_records(self.company, at, act, caller):
            self._add(activity_folder(subscription), "Administrative", ticks, line)

    def entra(self, made: tuple[str, int, bytes]) -> None:
        """Write a sign-in, directory audit or Graph record."""
        category, at, line = made
        self._add(entra_folder(category, self.company.tenant), category, at, line)

    def _add(self, folder: str, category: str, at: int, line: bytes, vault: int = -1) -> None:
        self.records.append(Record(folder, category, at, line, vault, self.step))


#: What a visit is while nothing tells more.
_CLASSES = {
    "portal": ("portal-browsing",),
    "cli": ("azure-cli",),
    "powershell": ("powershell",),
    "curl": ("azure-cli", "unknown"),  # a script with the CLI's token: the application id and the agent disagree
    "sdk": ("sdk-application",),
}


@dataclass(slots=True)
class Visit:
    """One person (or attacker) with one client at one address: signs in once per audience, then asks.

    Times are ticks and move forward with every request.
    """

    journal: Journal
    who: Principal
    address: str
    place: entra.Place
    client: str  # portal | cli | powershell | curl | sdk
    now: int
    label: str
    methods: str = "pwd"
    stay: Stay = field(init=False)
    _tokens: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stay = Stay(_CLASSES[self.client])

    @property
    def company(self) -> Company:
        return self.journal.company

    def wait(self, seconds: float) -> None:
        self.now += int(seconds * TICKS_PER_SECOND)

    def token(self, resource: entra.Resource) -> tuple[int, int]:
        """Key and issue time (Unix seconds) of the token for a resource; signs in when there is none."""
        held = self._tokens.get(resource.appid)
        if held is not None and self.now // TICKS_PER_SECOND < held[1] + USER_TOKEN_LIFE:
            return held
        key = key_of(self.company.seed, "visit", self.label, resource.appid, self.now)
        interactive = not self._tokens
        created = self.now
        issued = created // TICKS_PER_SECOND
        self._tokens[resource.appid] = (key, issued)
        self.journal.entra(self._sign_in(resource, key, created, interactive=interactive))
        self.wait(1.2 + key % 2_000 / 1_000)
        return key, issued

    def _sign_in(
        self, resource: entra.Resource, key: int, created: int, *, interactive: bool
    ) -> tuple[str, int, bytes]:
        if self.who.kind == "managed":
            return entra.managed_sign_in(self.company, self.who, key=key, created=created)
        if self.who.kind != "user":
            return entra.application_sign_in(
                self.company,
                self.who,
                key=key,
                created=created,
                resource=resource,
                address=self.address,
                place=self.place,
            )
        return entra.user_sign_in(
            self.company,
            self.who,
            key=key,
            created=created,
            appid=self.appid(resource),
            resource=resource,
            address=self.address,
            place=self.place,
            agent=self.agent(control=True),
            interactive=interactive,
            methods=self.methods,
        )

    def appid(self, resource: entra.Resource) -> str:
        if self.who.kind != "user":
            return self.who.appid
        if self.client == "portal":
            return clients.PORTAL_VAULT_BLADE if resource is entra.KEY_VAULT else clients.AZURE_PORTAL
        return clients.AZURE_CLI if self.client in ("cli", "curl") else clients.AZURE_POWERSHELL

    def agent(self, *, control: bool) -> str:
        if self.client == "portal":
            return clients.EDGE
        if self.client == "powershell":
            return clients.POWERSHELL_CONTROL if control else clients.POWERSHELL_DATA
        if self.client == "curl":
            return clients.CURL
        if self.client == "sdk":
            return clients.SDK_AGENTS[1]
        return clients.CLI_CONTROL if control else clients.CLI_DATA

    def blank(self, vault: Vault, *, control: bool = False) -> Request:
        """A request of this visit without its operation."""
        resource = entra.RESOURCE_MANAGER if control else entra.KEY_VAULT
        return Request(
            operation="",
            status=200,
            vault=vault,
            principal=self.who,
            agent=self.agent(control=control),
            address=self.address,
            uri="",
            api=CONTROL_API if control else DATA_API[vault.generation],
            control=control,
            appid=self.appid(resource),
            tenant=self.company.tenant,
            assignment=self.company.assignment(vault, self.who.oid),
            methods=self.methods,
        )

    def ask(self, request: Request, pause: float = 0.4) -> int:
        """Send a request to a vault: write its record and move on. Returns its time."""
        token, issued = self.token(entra.RESOURCE_MANAGER if request.control else entra.KEY_VAULT)
        page = self.client == "portal" and not request.control
        at = self.journal.audit(request, self.now, token=token, issued=issued, page=page, stay=self.stay)
        self.wait(pause + key_of(self.label, at) % 900 / 1_000)
        return at

    def caller(self, role: str) -> Caller:
        """This visit as the caller of control-plane acts."""
        token, issued = self.token(entra.RESOURCE_MANAGER)
        appid, own = self.appid(entra.RESOURCE_MANAGER), self.journal.assigned.get((self.who.oid, role))
        return Caller(self.who, appid, self.address, token, issued, role=role, methods=self.methods, assignment=own)

    def act(self, act: Act, role: str, pause: float = 3.0) -> int:
        """Do a control-plane act. Returns its time."""
        caller = self.caller(role)
        at = self.now
        self.journal.act(act, at, caller)
        self.wait(pause)
        return at


def hour_of(ticks: int) -> int:
    return ticks // TICKS_PER_HOUR
