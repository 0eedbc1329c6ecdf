"""One question: may this principal do this to that vault, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from keywitness.access.membership import way
from keywitness.access.operations import Capability, Operation
from keywitness.access.roles import Grant
from keywitness.access.tenant import Denial, Tenant, Vault

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: A principal and his groups, as `Membership.upwards` gives them.
Reached = dict[int, tuple[int, int]]


class Answer(StrEnum):
    """What the exports prove."""

    YES = "yes"
    CONDITIONAL = "conditional"  # it depends on what no export says
    ELIGIBLE = "eligible"  # after activation (PIM)
    UNKNOWN = "unknown"  # something that decides is missing
    NO = "no"


@dataclass(frozen=True, slots=True)
class Reason:
    """One grant or denial that bears on the answer.

    Args:
        effect: What it says by itself; a denial says `NO`.
        by: "access policy", "role assignment" or "deny assignment".
        role: Role or deny assignment; "" for an access policy.
        scope: Where it is assigned, as the tree has it.
        groups: Names of the groups through which the principal has it, his own first.
        remarks: What to know about it.
        rows: References of the rows that prove it: the grant, then the memberships.
        through: The number of the principal or group that has it; -1 for everybody.
        role_id: GUID of the role, or "".
    """

    effect: Answer
    by: str
    role: str
    scope: str
    groups: tuple[str, ...]
    remarks: tuple[str, ...]
    rows: tuple[str, ...]
    through: int = -1
    role_id: str = ""

    def sentence(self) -> str:
        """The reason in words."""
        through = f" through {' > '.join(self.groups)}" if self.groups else ""
        what = f"{self.by} '{self.role}'" if self.role else self.by
        tail = f" ({'; '.join(self.remarks)})" if self.remarks else ""
        return f"{what} at {self.scope}{through}{tail}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one question.

    Args:
        reasons: Everything that bears on it, the strongest first.
        remarks: What is not known and could change it.
    """

    answer: Answer
    reasons: tuple[Reason, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def grant(self) -> Reason | None:
        """The strongest reason that gives something."""
        return next((r for r in self.reasons if r.by != "deny assignment"), None)


_STRENGTH = (Answer.YES, Answer.CONDITIONAL, Answer.ELIGIBLE, Answer.UNKNOWN)

MODEL_UNKNOWN = (
    "the export does not say which permission model the vault has; "
    "Azure's documented default for null is access policies"
)
POLICIES_UNKNOWN = "the export does not hold the vault's access policies"


def ask(
    tenant: Tenant, principal: int, vault: Vault, act: Operation | Capability, *, object_scope: int | None = None
) -> Verdict:
    """Whether a principal may do an act to a vault or to one object in it.

    Args:
        object_scope: The scope of one object, below the vault's; roles may be assigned there.
    """
    reached = tenant.membership.upwards(principal)
    return ask_reached(tenant, reached, vault, act, object_scope=object_scope)


def ask_reached(
    tenant: Tenant,
    reached: Reached,
    vault: Vault,
    act: Operation | Capability,
    *,
    object_scope: int | None = None,
    every: bool = True,
) -> Verdict:
    """As `ask`, of a principal and his groups that are at hand.

    Args:
        every: Give every role assignment as a reason; otherwise the strongest alone, which decides the answer.
    """
    if isinstance(act, Capability):
        return _by_roles(tenant, reached, _place(tenant, vault, act), act, every=every)
    place = tenant.scopes.upwards(vault.scope if object_scope is None else object_scope)
    if vault.rbac is True:
        return _by_roles(tenant, reached, place, act, every=every)
    if vault.rbac is False:
        return _by_policies(tenant, reached, vault, act)
    by_roles = _by_roles(tenant, reached, place, act, every=every)
    return _by_either(_by_policies(tenant, reached, vault, act), by_roles)


def _by_either(policies: Verdict, roles: Verdict) -> Verdict:
    """The model is not known: only what both say is sure."""
    if policies.answer == roles.answer:
        return Verdict(policies.answer, policies.reasons + roles.reasons, (MODEL_UNKNOWN, *policies.remarks))
    said = f"under access policies: {policies.answer}; under Azure roles: {roles.answer}"
    reasons = policies.reasons + roles.reasons
    return Verdict(Answer.UNKNOWN, reasons, (MODEL_UNKNOWN, said, *policies.remarks, *roles.remarks))


def _place(tenant: Tenant, vault: Vault, act: Capability) -> tuple[int, ...] | None:
    if act.at == "anywhere":
        return None
    return tenant.scopes.upwards(vault.subscription if act.at == "subscription" else vault.scope)


def ask_capability(
    tenant: Tenant,
    reached: Reached,
    act: Capability,
    place: tuple[int, ...] | None,
    *,
    every: bool = True,
) -> Verdict:
    """Whether somebody has a capability, by roles.

    Args:
        reached: He and his groups, as `Membership.upwards` gives them.
        place: The scope where Azure checks it and all above it; None for any scope at all.
        every: As in `ask_reached`.
    """
    return _by_roles(tenant, reached, place, act, every=every)


def ask_creating(tenant: Tenant, reached: Reached, act: Capability, subscription: int | None = None) -> Verdict:
    """Whether somebody has a capability where things of its kind are created, or over one that is there.

    Args:
        subscription: Only there, and above it; None for everywhere.
    """
    creates, above = tenant.creates(act), () if subscription is None else tenant.scopes.upwards(subscription)
    held = [
        h
        for h in _holdings(tenant, reached, None, act)
        if creates[h.scope] and (subscription is None or _near(tenant, h.scope, subscription, above))
    ]
    return _verdict(_reasons(tenant, reached, held, every=False))


def _near(tenant: Tenant, scope: int, within: int, above: tuple[int, ...]) -> bool:
    return scope in above or within in tenant.scopes.upwards(scope)


def _by_policies(tenant: Tenant, reached: Reached, vault: Vault, act: Operation) -> Verdict:
    if not vault.policies_known:
        return Verdict(Answer.UNKNOWN, (), (POLICIES_UNKNOWN,))
    return _verdict(list(_policy_reasons(tenant, reached, vault, act)))


def _policy_reasons(tenant: Tenant, reached: Reached, vault: Vault, act: Operation) -> Iterator[Reason]:
    entries = tenant.policies
    for place in range(int(entries.starts[vault.number]), int(entries.starts[vault.number + 1])):
        who = int(entries.principals[place])
        if who not in reached or not int(entries.masks[place]) >> act.bit & 1:
            continue
        remarks = []
        if application := entries.applications[place]:
            remarks.append(f"only through application {application}")
        if tenant_id := entries.foreign[place]:
            remarks.append(f"the entry names tenant {tenant_id}, the vault is of another")
        groups, rows = _groups(tenant, reached, who)
        says = Answer.CONDITIONAL if remarks else Answer.YES
        scope, proof = tenant.scopes.names[vault.scope], (entries.rows[place], *rows)
        yield Reason(says, "access policy", "", scope, groups, tuple(remarks), proof, who)


def _by_roles(
    tenant: Tenant, reached: Reached, place: tuple[int, ...] | None, act: Operation | Capability, *, every: bool
) -> Verdict:
    denied = () if place is None else _denials(tenant, reached, place, act)
    return _verdict([*_reasons(tenant, reached, list(_holdings(tenant, reached, place, act)), every=every), *denied])


class _Holding(NamedTuple):
    """A role assignment that bears on a question.

    Args:
        effect: What it says by itself.
        at: Its place in `Tenant.assignments`.
        who: The number of the principal or group that has it.
    """

    effect: Answer
    at: int
    who: int
    scope: int


def _holdings(
    tenant: Tenant, reached: Reached, place: tuple[int, ...] | None, act: Operation | Capability
) -> Iterator[_Holding]:
    import numpy as np

    assignments = tenant.assignments
    places = np.concatenate([tenant.by_principal.all_of(who) for who in reached])
    codes = _effects(tenant, act)[assignments.grants[places]]
    for at, code in zip(places[codes > 0].tolist(), codes[codes > 0].tolist(), strict=True):
        scope = int(assignments.scopes[at])
        if place is not None and scope not in place:
            continue
        says = _STRENGTH[code - 1]
        if assignments.eligible[at] and says is not Answer.UNKNOWN:
            says = Answer.ELIGIBLE
        yield _Holding(says, at, int(assignments.principals[at]), scope)


def _effects(tenant: Tenant, act: Operation | Capability) -> NDArray[np.int8]:
    """What each grant of a tenant says about an act: the place in `_STRENGTH`, from 1; 0 for no."""
    import numpy as np

    key = (isinstance(act, Operation), act.bit)
    if key not in tenant.effects:
        said = (effect(given, act) for given in tenant.grants)
        codes = [0 if says is Answer.NO else _STRENGTH.index(says) + 1 for says in said]
        tenant.effects[key] = np.array(codes, np.int8)
    return tenant.effects[key]


def _reasons(tenant: Tenant, reached: Reached, held: list[_Holding], *, every: bool) -> list[Reason]:
    """What assignments say, with what proves it: that costs more than to find them."""
    strongest = [] if every or not held else [min(held, key=lambda h: _STRENGTH.index(h.effect))]
    return [_reason(tenant, reached, holding) for holding in (held if every else strongest)]


def _reason(tenant: Tenant, reached: Reached, holding: _Holding) -> Reason:
    assignments = tenant.assignments
    given = tenant.grants[assignments.grants[holding.at]]
    remarks = list(given.remarks) + ([f"condition: {given.condition}"] if given.condition else [])
    if given.role.blocks is None:
        remarks.append("the definition of the role is not in the export")
    if holding.effect is Answer.ELIGIBLE:
        remarks.append("eligible: must be activated first")
    groups, rows = _groups(tenant, reached, holding.who)
    row = tenant.row("RoleAssignments", int(assignments.rows[holding.at]))
    scope, role = tenant.scopes.names[holding.scope], given.role
    proof = (row, *rows)
    return Reason(
        holding.effect, "role assignment", role.name, scope, groups, tuple(remarks), proof, holding.who, role.id
    )


def effect(given: Grant, act: Operation | Capability) -> Answer:
    """What a grant says about an act."""
    if given.role.blocks is None:
        return Answer.UNKNOWN
    sure, maybe = (
        (given.operations, given.maybe_operations)
        if isinstance(act, Operation)
        else (given.capabilities, given.maybe_capabilities)
    )
    if sure >> act.bit & 1:
        return Answer.YES
    return Answer.CONDITIONAL if maybe >> act.bit & 1 else Answer.NO


def _denials(tenant: Tenant, reached: Reached, place: tuple[int, ...], act: Operation | Capability) -> Iterator[Reason]:
    for denial in tenant.denials:
        says = effect(denial.grant, act)
        if says is Answer.NO or not _applies(denial, reached, place):
            continue
        sure = says is Answer.YES
        remarks = denial.grant.remarks + (() if sure else (f"condition: {denial.grant.condition}",))
        who = next((p for p in reached if p in denial.principals), -1)
        groups, rows = _groups(tenant, reached, who)
        says = Answer.NO if sure else Answer.CONDITIONAL
        scope = tenant.scopes.names[denial.scope]
        yield Reason(says, "deny assignment", denial.name, scope, groups, remarks, (denial.row, *rows))


def _applies(denial: Denial, reached: Reached, place: tuple[int, ...]) -> bool:
    here = denial.scope in place if denial.below else denial.scope == place[0]
    named = denial.everyone or any(p in denial.principals for p in reached)
    return here and named and not any(p in denial.excluded for p in reached)


def _groups(tenant: Tenant, reached: Reached, who: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the groups that lead to `who`, and the rows of the memberships."""
    steps = way(reached, who)
    names = tuple(tenant.principals.names[n] or tenant.principals.ids[n] for n, _ in steps)
    return names, tuple(tenant.row("GroupMembers", row) for _, row in steps)


def _verdict(reasons: list[Reason]) -> Verdict:
    """Denials win; then the strongest grant counts."""
    denied = [r for r in reasons if r.by == "deny assignment"]
    given = sorted((r for r in reasons if r.by != "deny assignment"), key=lambda r: _STRENGTH.index(r.effect))
    ordered = (*denied, *given)
    if not given or any(r.effect is Answer.NO for r in denied):
        return Verdict(Answer.NO, ordered)
    answer = given[0].effect
    if denied and answer is Answer.YES:
        answer = Answer.CONDITIONAL
    return Verdict(answer, ordered)
