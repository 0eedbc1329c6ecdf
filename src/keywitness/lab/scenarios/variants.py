"""Attacks as rows of acts: who, with what, from where, and what he does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keywitness.lab import entra
from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_HOUR
from keywitness.lab.company import Company, Principal, Vault
from keywitness.lab.journal import Journal
from keywitness.lab.scenario import Story
from keywitness.lab.scenarios.acts import covering, directory, looking, opening, reading
from keywitness.lab.scenarios.intruder import ELSEWHERE, OUTSIDE, Intruder, starts_at
from keywitness.lab.workload import managed, registered


@dataclass(frozen=True, slots=True)
class Targets:
    """The vaults of a story, by what they are.

    Args:
        policy: Decides by access policies, full of secrets.
        rbac: Decides by roles; the account's owner visits it.
        strange: Decides by roles; the account's owner never visits it.
        emergency: Decides by roles and holds the break-glass passwords.
        portal: Decides by roles and holds certificates; a site's identity reads it.
        blinded: Decides by roles; nobody misses its log at first.
    """

    policy: Vault
    rbac: Vault
    strange: Vault
    emergency: Vault
    portal: Vault
    blinded: Vault


#: An act on the vaults of the story.
Doing = Callable[[Intruder, Targets], None]


def at(place: str, act: Callable[..., None], **values: Any) -> Doing:
    """An act on one vault: the target that `place` names."""
    return lambda intruder, reached: act(intruder, getattr(reached, place), **values)


@dataclass(frozen=True, slots=True)
class Disguise:
    """As whom the intruder comes, and from where."""

    who: Principal
    address: str = OUTSIDE
    place: entra.Place = ELSEWHERE


@dataclass(frozen=True, slots=True)
class Variant:
    """One attack.

    Args:
        acts: Does them in order.
        disguise: As whom.
        share: When it begins, as a share of the time simulated.
        hour: Local hour of the beginning instead of the night's; None: at night.
    """

    name: str
    about: str
    acts: tuple[Doing, ...]
    client: str = "powershell"
    disguise: Callable[[Company], Disguise] | None = None
    share: float = 0.62
    hour: float | None = None

    def tell(self, journal: Journal, begin: int, end: int) -> Story:
        """Write the attack into the journal and give its account."""
        company = journal.company
        disguise = self.disguise(company) if self.disguise else Disguise(company.victim.principal, company.outside)
        start = starts_at(begin, end, self.share) + company.intruder * 3 * TICKS_PER_HOUR
        if self.hour is not None:
            offset = company.victim.utc_offset
            start = start // TICKS_PER_DAY * TICKS_PER_DAY + int((self.hour - offset) * TICKS_PER_HOUR)
        intruder = Intruder(
            journal, disguise.who, start, end, address=disguise.address, place=disguise.place, client=self.client
        )
        reached = targets(company)
        for act in self.acts:
            act(intruder, reached)
        intruder.story.actors.append(intruder.actor(note=self.about))
        return intruder.story


def targets(company: Company) -> Targets:
    """The vaults that a story may visit. Those whose log has holes are no targets of reads: nobody could find these."""
    unheard = {company.roles[role] for role in ("blinded", "late", "gap", "quiet")}
    visited = set(company.victim.vaults) - unheard
    strange = [v for v in company.vaults[8:] if v.model == "rbac" and v.index not in visited]
    usual = [v for v in company.vaults if v.model == "rbac" and v.index in visited]
    return Targets(
        policy=company.vault("granted"),
        rbac=usual[0] if usual else company.vault("portal"),
        strange=strange[0] if strange else company.vault("twice"),
        emergency=company.vault("model"),
        portal=company.vault("portal"),
        blinded=company.vault("blinded"),
    )


# ---- as whom ----


def as_insider(company: Company) -> Disguise:
    """The account's owner at his own desk."""
    person = company.victim
    return Disguise(person.principal, person.addresses[0], entra.Place(person.country, person.city))


def as_managed_identity(company: Company) -> Disguise:
    """The identity of a site, whose token was asked for on its machine and is used from outside."""
    vault = company.vault("portal")
    site = vault.name.removeprefix(f"kv-{company.profile.name}-")
    return Disguise(managed(company, vault, f"app-{site}-api"), company.outside)


def as_managed_identity_inside(company: Company) -> Disguise:
    """The same identity, used on the machine itself: the address is one of the company's."""
    return Disguise(as_managed_identity(company).who, "198.51.100.33", entra.Place("NL", "Amsterdam", 64501))


def as_pipeline(company: Company) -> Disguise:
    """A release pipeline's application, with its secret, from outside."""
    return Disguise(registered(company, f"pipeline-{company.vault('granted').group}", "secret"), company.outside)


# ---- the table ----

VARIANTS = (
    Variant(
        "shell-dump-policy",
        "PowerShell from outside: access policy for himself, everything listed and read, the entry removed",
        (
            at("policy", looking.signs_in),
            at("policy", opening.grants_policy),
            at("policy", reading.dumps),
            at("policy", opening.revokes_policy),
        ),
    ),
    Variant(
        "cli-dump-rbac",
        "Azure CLI from outside: a role for himself, everything listed and read, the role removed",
        (
            at("strange", opening.grants_role),
            at("strange", reading.dumps),
            at("strange", opening.revokes_role),
        ),
        client="cli",
    ),
    Variant(
        "portal-browse-and-show",
        "The portal from outside, secrets shown one by one in a vault that the account may read",
        (
            at("rbac", looking.signs_in),
            at("rbac", reading.shows_secrets, names=3),
        ),
        client="portal",
    ),
    Variant(
        "sdk-dump",
        "A script with an SDK, as a pipeline's application from outside",
        (at("policy", reading.dumps),),
        client="sdk",
        disguise=as_pipeline,
    ),
    Variant(
        "slow-and-low",
        "One secret a day by name, from outside, with PowerShell; nothing is ever listed",
        (at("rbac", reading.reads_slowly),),
        share=0.6,
    ),
    Variant(
        "slow-and-low-strange-vault",
        "A role once, then two secrets a day by name with the CLI in a vault that the account never visits",
        (
            at("strange", opening.grants_role),
            at("strange", reading.reads_slowly, each_day=2),
        ),
        client="cli",
        share=0.6,
    ),
    Variant(
        "managed-identity-outside",
        "A managed identity's token used from outside with curl: its vault dumped",
        (at("portal", reading.dumps, client="curl"),),
        disguise=as_managed_identity,
        client="curl",
    ),
    Variant(
        "managed-identity-inside",
        "A site taken over: its identity sweeps all vaults and dumps its own, from the company's addresses",
        (
            lambda i, v: looking.sweeps(i, frozenset((v.portal.index,))),
            at("portal", reading.dumps),
        ),
        disguise=as_managed_identity_inside,
        client="curl",
    ),
    Variant(
        "insider-portal",
        "An employee at his desk shows half a vault's secrets in the portal",
        (at("rbac", reading.shows_secrets, names=6),),
        client="portal",
        disguise=as_insider,
        hour=11.0,
    ),
    Variant(
        "insider-dump",
        "An employee at his desk lists and reads a whole vault with PowerShell",
        (at("rbac", reading.dumps),),
        disguise=as_insider,
        hour=16.5,
    ),
    Variant(
        "backup-restored",
        "Everything backed up, restored into another vault and read there",
        (
            at("policy", opening.grants_policy),
            at("policy", reading.backs_up),
            lambda i, v: reading.restores(i, v.policy, v.strange),
        ),
    ),
    Variant(
        "deleted-read",
        "A deleted secret listed, recovered, read and deleted again",
        (at("rbac", reading.reads_deleted),),
    ),
    Variant(
        "firewall-opened",
        "Stopped by the firewall, the intruder lets his own address in, reads, and closes it again",
        (
            at("strange", opening.meets_firewall),
            at("strange", opening.opens_firewall),
            at("strange", reading.dumps),
            at("strange", opening.opens_firewall, close=True),
        ),
        client="cli",
    ),
    Variant(
        "refused-granted-read-policy",
        "403, an access policy for himself, 200",
        (
            at("policy", opening.is_refused),
            at("policy", opening.grants_policy),
            at("policy", reading.shows_secrets),
        ),
    ),
    Variant(
        "refused-granted-read-rbac",
        "403, a role for himself, 200",
        (
            at("strange", opening.is_refused),
            at("strange", opening.grants_role),
            at("strange", reading.dumps),
        ),
    ),
    Variant(
        "log-off-first",
        "The diagnostic setting goes before anything is read; then another vault",
        (
            at("blinded", covering.blinds),
            at("strange", reading.dumps),
        ),
    ),
    Variant(
        "model-flipped",
        "From RBAC to access policies, an entry for himself, secrets shown, and back",
        (at("emergency", opening.flips_model),),
        client="portal",
    ),
    Variant(
        "certificate-to-application",
        "A certificate exported through the API; its Entra application makes an account Global Administrator",
        (
            at("policy", reading.exports_by_api),
            lambda i, _: directory.uses_application(i),
        ),
        client="cli",
    ),
    Variant(
        "certificate-portal",
        "A certificate downloaded in the portal by the account from outside",
        (at("portal", reading.exports_in_portal),),
        client="portal",
    ),
    Variant(
        "credential-added",
        "A credential of the intruder's own on an application, which signs in from outside",
        (lambda i, _: directory.adds_credential(i),),
    ),
    Variant(
        "name-guessing",
        "Guessed names, one after the other, until one is there",
        (at("rbac", looking.guesses_names),),
        client="curl",
    ),
    Variant(
        "denied-sweep",
        "Every vault asked for its lists, all refused",
        (lambda i, _: looking.sweeps(i),),
        client="cli",
    ),
    Variant(
        "key-abuse",
        "A key backed up and used to decrypt, from outside",
        (at("rbac", reading.uses_keys),),
        client="cli",
    ),
    Variant(
        "deployment-read",
        "A template deployment reads a secret for the intruder, who may not read it himself",
        (at("strange", covering.deploys),),
        client="cli",
    ),
    Variant(
        "dump-and-destroy",
        "Everything read, then deleted and purged",
        (
            at("policy", reading.dumps),
            at("policy", covering.destroys),
        ),
    ),
)
