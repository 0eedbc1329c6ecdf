"""Somebody who should not be there: an account, an address, a clock, and the account of what he did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from keywitness.lab import clients, entra
from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_SECOND, key_of, time_one
from keywitness.lab.company import Company, Principal, Vault, VaultObject
from keywitness.lab.journal import Journal, Visit
from keywitness.lab.scenario import StepDraft, Story
from keywitness.lab.truth import Actor, Exposed

OUTSIDE = "203.0.113.66"
SECOND_ADDRESS = "203.0.113.147"
ELSEWHERE = entra.Place("ZZ", "", 64511)
MINUTE = 60 * TICKS_PER_SECOND


def starts_at(begin: int, end: int, share: float = 0.62) -> int:
    """When an attack begins: at night, some 60 % into the time simulated; in the morning of a short one."""
    days = (end - begin) // TICKS_PER_DAY
    if days < 3:
        return begin + (days - 1) * TICKS_PER_DAY + 8 * TICKS_PER_HOUR
    return begin + int(days * share) * TICKS_PER_DAY + TICKS_PER_HOUR + 12 * MINUTE


@dataclass(slots=True)
class Intruder:
    """An attack while it happens; acts move `now` forward and number their steps.

    Args:
        who: Whose account or identity is used.
        client: What it is used with, unless an act needs another.
    """

    journal: Journal
    who: Principal
    now: int
    end: int
    address: str = OUTSIDE
    place: entra.Place = ELSEWHERE
    client: str = "powershell"
    story: Story = field(default_factory=Story)

    @property
    def company(self) -> Company:
        return self.journal.company

    @contextmanager
    def step(
        self, slug: str, name: str, technique: str, *, vault: Vault | None = None, object: str = "", client: str = ""
    ) -> Iterator[Visit]:
        """One step, as a visit of its own; the next begins some minutes after its last record."""
        id = f"{len(self.story.steps) + 1:02}-{slug}"
        visit = self.visit(client, id)
        with self.journal.telling(id):
            yield visit
        self.story.steps.append(
            StepDraft(
                id=id,
                name=name,
                technique=technique,
                expected_rules=(),
                vault=vault.name if vault else "",
                identity=self.who.oid,
                address=self.address,
                application=visit.appid(entra.KEY_VAULT),
                object=object,
            )
        )
        self.now = max(self.now, visit.now) + 4 * MINUTE + key_of(self.company.seed, id) % (5 * MINUTE)

    def visit(self, client: str, label: str) -> Visit:
        return Visit(
            self.journal, self.who, self.address, self.place, client or self.client, self.now, f"intruder:{label}"
        )

    def took(
        self, vault: Vault, kind: str, taken: VaultObject, at: int, *, logged: bool = True, whole: bool = False
    ) -> None:
        """Note an object version as received; `whole`: with all its versions, as a backup holds them."""
        self.story.exposed.append(
            Exposed(
                vault=vault.name,
                type=kind,
                name=taken.name,
                version="" if whole else taken.current,
                private_key=kind == "certificate",
                at=time_one(at),
                logged=logged,
            )
        )

    def actor(self, role: str = "victim", note: str = "") -> Actor:
        return Actor(
            id="intruder",
            role=role,
            name=self.who.name,
            identity=self.who.oid,
            upn=self.who.upn,
            application="" if self.who.kind == "user" else self.who.appid,
            addresses=(self.address,),
            note=note,
        )


def accomplice(company: Company) -> Principal:
    """A dormant account of the directory."""
    return Principal(
        kind="user",
        name="Scan Service",
        oid=company.guid("accomplice"),
        appid=clients.AZURE_PORTAL,
        upn=f"svc-scanner@{company.profile.domain}",
    )
