"""Ordinary days: people in the portal and at their shells."""

from __future__ import annotations

import random
from collections.abc import Sequence

from keywitness.lab import entra
from keywitness.lab.administration import write_administration, write_renewals
from keywitness.lab.audit_event import missing, secret_get
from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_SECOND
from keywitness.lab.company import VICTIM, Company, Person, Vault
from keywitness.lab.directory import write_directory_day
from keywitness.lab.housekeeping import write_housekeeping
from keywitness.lab.journal import Journal, Visit
from keywitness.lab.truth import Lookalike
from keywitness.lab.visits import (
    portal_lists_secrets,
    portal_opens_vault,
    portal_shows_secret,
    shell_lists,
    shell_reads,
)

HOTEL = "198.51.100.9"


def traveller(company: Company) -> Person:
    """Somebody whose address changes for a good reason: a business trip."""
    return company.people[VICTIM + 1]


def _days_away(begin: int, end: int) -> range:
    """Two days in the last third of the time simulated."""
    first = (begin + (end - begin) * 7 // 10) // TICKS_PER_DAY
    return range(first, first + 2)


def _note_new_addresses(journal: Journal) -> None:
    """Who may be seen at a new address for a good reason: the traveller, and people whose home is another network."""
    away = traveller(journal.company)
    for person in journal.company.people:
        who = person.principal
        if person is away:
            why = f"works from a hotel ({HOTEL}) on two days"
        elif ":" in person.addresses[1]:
            why = f"works from home ({person.addresses[1]}) now and then"
        else:
            continue
        journal.lookalikes.append(
            Lookalike(identity=who.oid, name=who.name, aliases=who.aliases, looks_like=("first-seen-address",), why=why)
        )


def write_office_days(journal: Journal, begin: int, end: int, workers: Sequence[Person]) -> None:
    """Everything that people do between two times (ticks)."""
    for day in range(begin // TICKS_PER_DAY, (end - 1) // TICKS_PER_DAY + 1):
        for person in workers:
            _day_of(journal, person, day, begin, end)
        write_administration(journal, day, begin, end)
        write_directory_day(journal, day, begin, end)
    write_renewals(journal, begin, end)
    write_housekeeping(journal, begin, end)
    _note_new_addresses(journal)


def _day_of(journal: Journal, person: Person, day: int, begin: int, end: int) -> None:
    rng = journal.company.random("day", person.principal.oid, day)
    weekend = (day + 3) % 7 >= 5
    profile = journal.company.profile
    rate = person.sessions_per_day * (profile.weekend if weekend else 1.0)
    visits = int(rate) + (rng.random() < rate % 1)
    for number in range(visits):
        local_hour = min(max(rng.gauss(*profile.workday), profile.hours[0]), profile.hours[1])
        now = day * TICKS_PER_DAY + int((local_hour - person.utc_offset) * TICKS_PER_HOUR)
        now += rng.randrange(TICKS_PER_SECOND * 60)
        if not begin <= now < end - TICKS_PER_HOUR:
            continue
        at_home = (weekend and profile.weekend < 0.5) or rng.random() < 0.3
        away = person is traveller(journal.company) and day in _days_away(begin, end)
        visit = Visit(
            journal=journal,
            who=person.principal,
            address=HOTEL if away else person.addresses[1 if at_home else 0],
            place=entra.Place(person.country, person.city),
            client=person.client if rng.random() < 0.8 else rng.choice(("portal", "cli")),
            now=now,
            label=f"{person.principal.oid}:{day}:{number}",
            methods="pwd,mfa" if rng.random() < 0.7 else "pwd",
        )
        _ordinary_visit(visit, person, rng)


def _ordinary_visit(visit: Visit, person: Person, rng: random.Random) -> None:
    chosen = visit.company.vaults[rng.choice(person.vaults)]
    vault = visit.journal.as_set(chosen, visit.now)
    if vault is not chosen:
        _visit_in_vain(visit, vault)
        return
    secrets = [secret for secret in vault.secrets if not secret.name.startswith("BreakGlass")]
    secret = rng.choice(secrets)
    if visit.client == "portal":
        portal_opens_vault(visit, vault)
        if rng.random() < 0.12:
            portal_lists_secrets(visit, vault, allowed=False)
            return
        portal_lists_secrets(visit, vault)
        if rng.random() < (0.8 if person.role == "operations" else 0.45):
            portal_shows_secret(visit, vault, secret)
        return
    if rng.random() < 0.1:
        visit.ask(missing(secret_get(visit.blank(vault), secret.name + "2", ""), secret.name + "2"))
    if rng.random() < 0.35:
        shell_lists(visit, vault, "SecretList", "secrets")
        visit.wait(rng.uniform(8, 60))
    if rng.random() < 0.7:
        shell_reads(visit, vault, secret.name, secret.current)


def _visit_in_vain(visit: Visit, vault: Vault) -> None:
    """A vault that somebody turned to access policies does not know those who came by a role."""
    if visit.client == "portal":
        portal_opens_vault(visit, vault)
        portal_lists_secrets(visit, vault, allowed=False)
    else:
        shell_lists(visit, vault, "SecretList", "secrets", allowed=False)
