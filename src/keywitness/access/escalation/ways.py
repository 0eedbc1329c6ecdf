"""The ways to a vault's secrets, as content says them, asked of one principal or of everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from keywitness.access.operations import Capability, Operation, capability, operation
from keywitness.access.question import Answer, Reached, Reason, Verdict, ask_capability, ask_creating, ask_reached
from keywitness.access.survey import Rights, Survey
from keywitness.access.tenant import Tenant, Vault
from keywitness.model.content import content

if TYPE_CHECKING:
    from keywitness.access.survey import Bits


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a way needs.

    Args:
        where: "vault"; "subscription" or "anywhere", where things of its kind can be created.
    """

    act: Operation | Capability
    where: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a principal to a vault, or from one principal to another.

    Args:
        model: The permission model in which it is open: "access policy", "role", or "" for both.
        flag: The setting of the vault that must be on, or "".
        needs: Joined by AND; of each tuple one suffices.
    """

    id: str
    edge: str
    step: str
    fix: str
    logs: str
    model: str = ""
    flag: str = ""
    needs: tuple[tuple[Need, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A way that is open to somebody.

    Args:
        answer: YES, or what it hangs on.
        reasons: The grants that open it, one for each need.
        remarks: What else it hangs on.
    """

    way: Way
    answer: Answer
    reasons: tuple[Reason, ...]
    remarks: tuple[str, ...]


@cache
def listed() -> Mapping[str, Any]:
    """`content/access/escalation.yaml`."""
    text = content("access", "escalation.yaml").read_text("utf-8")
    return dict(yaml.load(text, Loader=yaml.CSafeLoader))


@cache
def ways() -> tuple[Way, ...]:
    """The ways to a vault, the shortest first."""
    return tuple(Way(**{**entry, "needs": tuple(_needs(n) for n in entry["needs"])}) for entry in listed()["ways"])


@cache
def becoming() -> Mapping[str, Way]:
    """The ways to another principal, by id."""
    return {entry["id"]: Way(**entry) for entry in listed()["becoming"]}


def _needs(said: str | list[str]) -> tuple[Need, ...]:
    return tuple(_need(text) for text in ([said] if isinstance(said, str) else said))


def _need(text: str) -> Need:
    name, _, where = text.partition("@")
    kind, _, rest = name.partition(" ")
    return Need(operation(kind, rest) if rest else capability(name), where or "vault")


# ------------------------------------------------------------ one principal


_WORST = (Answer.YES, Answer.CONDITIONAL, Answer.ELIGIBLE, Answer.UNKNOWN, Answer.NO)


def open_ways(tenant: Tenant, reached: Reached, vault: Vault) -> Iterator[Opened]:
    """The ways to a vault that are open to a principal.

    Args:
        reached: He and his groups.
    """
    for way in ways():
        hangs_on = conditions(way, vault)
        if hangs_on is None:
            continue
        verdicts = _verdicts(tenant, reached, vault, way)
        if verdicts is not None:
            doubts = [v.answer for v in verdicts] + ([Answer.CONDITIONAL] if hangs_on else [])
            answer = max(doubts, key=_WORST.index)
            yield Opened(way, answer, tuple(v.grant for v in verdicts if v.grant), hangs_on)


def _verdicts(tenant: Tenant, reached: Reached, vault: Vault, way: Way) -> list[Verdict] | None:
    """What is said of each need of a way; None as soon as one is not met.

    A role without definition meets none: that is no way, but a problem.
    """
    verdicts = []
    for needs in way.needs:
        verdict = _best(tenant, reached, vault, needs)
        if verdict.answer in (Answer.NO, Answer.UNKNOWN):
            return None
        verdicts.append(verdict)
    return verdicts


def conditions(way: Way, vault: Vault) -> tuple[str, ...] | None:
    """What of a vault's settings a way hangs on because no export says it; None when it is closed."""
    hangs_on = []
    if way.model and vault.rbac is None:
        hangs_on.append(f"open only if the permission model is '{way.model}', which the export does not say")
    elif way.model and vault.rbac != (way.model == "role"):
        return None
    if way.flag:
        value = vault.facts[way.flag]
        if value is None:
            hangs_on.append(f"open only if {way.flag} is on, which the export does not say")
        elif not value:
            return None
    return tuple(hangs_on)


def _best(tenant: Tenant, reached: Reached, vault: Vault, needs: tuple[Need, ...]) -> Verdict:
    return min((_held(tenant, reached, vault, n) for n in needs), key=lambda v: _WORST.index(v.answer))


def _held(tenant: Tenant, reached: Reached, vault: Vault, need: Need) -> Verdict:
    act = need.act
    if isinstance(act, Operation):
        return ask_reached(tenant, reached, vault, act, every=False)
    if need.where == "vault":
        return ask_capability(tenant, reached, act, tenant.scopes.upwards(vault.scope), every=False)
    return ask_creating(tenant, reached, act, None if need.where == "anywhere" else vault.subscription)


# ------------------------------------------------------------ everybody


class Everybody:
    """The same over sets."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self._elsewhere: dict[tuple[int, int], tuple[Bits, Bits]] = {}

    def open_to(self, vault: Vault, rights: Rights, way: Way) -> tuple[Bits, Bits]:
        """Those to whom a way to a vault is surely open, and those to whom it may be, the first among them."""
        nobody = self.survey.none()
        hangs_on = conditions(way, vault)
        if hangs_on is None:
            return nobody, nobody
        sure, maybe = ~nobody, ~nobody
        for needs in way.needs:
            held = [self._held(vault, rights, n) for n in needs]
            some, perhaps = held[0]
            for other in held[1:]:
                some, perhaps = some | other[0], perhaps | other[1]
            sure, maybe = sure & some, maybe & perhaps
        return (nobody if hangs_on else sure), maybe

    def _held(self, vault: Vault, rights: Rights, need: Need) -> tuple[Bits, Bits]:
        if need.where == "vault":
            return self.levels(self.survey.answers(vault, need.act, rights))
        place = vault.subscription if need.where == "subscription" else -1
        key = (need.act.bit, place)
        if key not in self._elsewhere:
            act = need.act
            if not isinstance(act, Capability):
                raise TypeError(f"'{act.title}' is an operation, which is held at a vault only")
            found = self.survey.creating(act, None if place < 0 else place)
            self._elsewhere[key] = self.levels(found)
        return self._elsewhere[key]

    def levels(self, answers: Mapping[Answer, Bits]) -> tuple[Bits, Bits]:
        """Those who surely may, and those who perhaps may, the first among them."""
        sure = answers.get(Answer.YES, self.survey.none())
        return sure, self.survey.union({a: bits for a, bits in answers.items() if a is not Answer.UNKNOWN})
