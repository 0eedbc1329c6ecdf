"""Everybody's access to every vault at once, in sets of bits.

Per vault the rights that hold there are gathered by what they allow, not by whom they are for: a few dozen masks, each
with the set of its principals, groups taken apart once. What is inherited is joined from the scope above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from keywitness.access.operations import Capability, Operation, operations
from keywitness.access.question import Answer
from keywitness.access.tenant import Denial, Tenant, Vault

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    #: A set of principals, one bit each, in whole 64-bit words.
    Bits = NDArray[np.uint64]

#: What a right says: by which answer, which operations and which capabilities.
Right = tuple[Answer, int, int]
Rights = Mapping[Right, "Bits"]
#: Disjoint sets of principals by answer; whoever is in none has the answer NO.
Answers = Mapping[Answer, "Bits"]

ORDER = (Answer.YES, Answer.CONDITIONAL, Answer.ELIGIBLE, Answer.UNKNOWN)
_ALL = (1 << 64) - 1
#: Up to so many numbers it is quicker to set bit after bit than to pack flags.
_FEW = 4_000


@dataclass(frozen=True, slots=True)
class Row:
    """How many principals have one operation on one vault.

    Args:
        counts: By the answers of `ORDER`.
    """

    vault: Vault
    operation: Operation
    counts: tuple[int, ...]


class Survey:
    """Sets of principals over a tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.words = -(-len(tenant.principals) // 64) or 1
        self._inside: dict[int, NDArray[np.int32]] = {}
        self._rights: dict[int, Rights] = {}
        self._held: dict[int, tuple[NDArray[np.int64], NDArray[np.int8]]] = {}

    # ------------------------------------------------------------ sets

    def none(self) -> Bits:
        """The empty set."""
        import numpy as np

        return np.zeros(self.words, np.uint64)

    def of(self, numbers: Iterable[int] | NDArray[np.int32]) -> Bits:
        """The set of principals and everything in them where they are groups."""
        import numpy as np

        listed = np.asarray(numbers if isinstance(numbers, np.ndarray) else list(numbers), np.int32)
        groups = listed[self._has_members[listed]]
        return self.packed([listed, *(self.inside(g) for g in groups.tolist())])

    @cached_property
    def _has_members(self) -> NDArray[np.bool_]:
        import numpy as np

        flags = np.diff(self.tenant.membership.members_of.starts) > 0
        return np.append(flags, np.zeros(len(self.tenant.principals) - len(flags), np.bool_))

    def inside(self, number: int) -> NDArray[np.int32]:
        """A principal and everything in it."""
        import numpy as np

        found = self._inside.get(number)
        if found is None:
            found = np.fromiter(self.tenant.membership.downwards(number), np.int32)
            self._inside[number] = found
        return found

    def union(self, answers: Answers) -> Bits:
        """Everybody in any of the sets."""
        whole = self.none()
        for bits in answers.values():
            whole = whole | bits
        return whole

    def packed(self, parts: Sequence[NDArray[np.int32] | NDArray[np.int64]]) -> Bits:
        """The set of some columns of numbers, at least one."""
        import numpy as np

        if sum(map(len, parts)) < _FEW:
            bits, numbers = self.none(), np.concatenate(parts).astype(np.uint64)
            digits = np.uint64(1) << (numbers & np.uint64(63))
            np.bitwise_or.at(bits, (numbers >> np.uint64(6)).astype(np.int64), digits)
            return bits
        flags = np.zeros(self.words * 64, np.bool_)
        for part in parts:
            flags[part] = True
        return np.packbits(flags, bitorder="little").view(np.uint64)

    def members(self, bits: Bits) -> NDArray[np.int64]:
        """The numbers in a set, ascending."""
        import numpy as np

        words = np.flatnonzero(bits)
        flags = np.unpackbits(bits[words].view(np.uint8), bitorder="little").reshape(-1, 64)
        places, digits = np.nonzero(flags)
        return words[places] * 64 + digits

    # ------------------------------------------------------------ rights

    @cached_property
    def _right_numbers(self) -> tuple[tuple[tuple[Right, ...], ...], tuple[tuple[Right, ...], ...]]:
        """The rights that each grant gives: when active, and when eligible."""
        active: list[tuple[Right, ...]] = []
        eligible: list[tuple[Right, ...]] = []
        for given in self.tenant.grants:
            operations_, capabilities_ = given.maybe_operations, given.maybe_capabilities
            sure: Right = (Answer.YES, given.operations, given.capabilities)
            maybe: Right = (Answer.CONDITIONAL, operations_, capabilities_)
            both: Right = (Answer.ELIGIBLE, given.operations | operations_, given.capabilities | capabilities_)
            missing: Right = (Answer.UNKNOWN, _ALL, _ALL)
            if given.role.blocks is None:
                active.append((missing,))
                eligible.append((missing,))
            else:
                active.append(tuple(r for r in (sure, maybe) if r[1] or r[2]))
                eligible.append((both,) if both[1] or both[2] else ())
        return tuple(active), tuple(eligible)

    def own_rights(self, scope: int) -> Rights:
        """What is assigned at a scope itself."""
        places = self.tenant.by_scope.all_of(scope)
        if not len(places):
            return {}
        assignments, (active, eligible) = self.tenant.assignments, self._right_numbers
        gathered: dict[Right, list[int]] = {}
        columns = (assignments.grants[places], assignments.eligible[places], assignments.principals[places])
        for given, must_activate, who in zip(*(c.tolist() for c in columns), strict=True):
            for right in (eligible if must_activate else active)[given]:
                gathered.setdefault(right, []).append(who)
        return {right: self.of(numbers) for right, numbers in gathered.items()}

    def rights(self, scope: int, *, keep: bool = True) -> Rights:
        """What holds at a scope, inherited rights included; denials are not looked at."""
        known = self._rights.get(scope)
        if known is not None:
            return known
        parent = self.tenant.scopes.parents[scope]
        joined = dict(self.rights(parent)) if parent >= 0 else {}
        for right, bits in self.own_rights(scope).items():
            joined[right] = joined[right] | bits if right in joined else bits
        if keep:
            self._rights[scope] = joined
        return joined

    # ------------------------------------------------------------ answers

    def answers(self, vault: Vault, act: Operation | Capability, rights: Rights | None = None) -> Answers:
        """Who may do an act to a vault.

        Args:
            rights: Those of the vault's scope, where they are at hand.
        """
        if isinstance(act, Capability):
            return self._capability_answers(vault, act, rights)
        if vault.rbac is False:
            return self._by_policies(vault, act)
        here = self.rights(vault.scope, keep=False) if rights is None else rights
        by_roles = self.by_roles_at(here, vault.scope, act)
        return by_roles if vault.rbac else self._by_either(self._by_policies(vault, act), by_roles)

    def _capability_answers(self, vault: Vault, act: Capability, rights: Rights | None) -> Answers:
        if act.at == "anywhere":
            return self.anywhere(act)
        scope = vault.subscription if act.at == "subscription" else vault.scope
        here = rights if rights is not None and scope == vault.scope else self.rights(scope, keep=scope != vault.scope)
        return self.by_roles_at(here, scope, act)

    def at(self, scope: int, act: Capability) -> Answers:
        """Who has a capability at a scope."""
        return self.by_roles_at(self.rights(scope, keep=False), scope, act)

    def anywhere(self, act: Capability) -> Answers:
        """Who has a capability at any scope at all."""
        places, codes = self._holding(act)
        return self._by_codes(self.tenant.assignments.principals[places], codes)

    def creating(self, act: Capability, subscription: int | None) -> Answers:
        """Who has a capability where things of its kind are created, or over one that is there.

        Args:
            subscription: Only there, and above it; None for everywhere.
        """
        import numpy as np

        places, codes = self._holding(act)
        assignments = self.tenant.assignments
        scopes = assignments.scopes[places]
        wanted = self.tenant.creates(act)[scopes]
        if subscription is not None:
            above = list(self.tenant.scopes.upwards(subscription))
            wanted &= (self._subscriptions[scopes] == subscription) | np.isin(scopes, above)
        return self._by_codes(assignments.principals[places[wanted]], codes[wanted])

    def _by_codes(self, who: NDArray[np.int32], codes: NDArray[np.int8]) -> Answers:
        import numpy as np

        sets = {a: self.of(np.unique(who[codes == code])) for code, a in enumerate(ORDER, start=1)}
        return _disjoint(sets)

    def _holding(self, act: Capability) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """The places of the assignments that give a capability; of each the place in `ORDER` of its answer, from 1."""
        import numpy as np

        if act.bit not in self._held:
            assignments = self.tenant.assignments
            listed = [[_code(rights, act) for rights in side] or [0] for side in self._right_numbers]
            codes = np.array(listed, np.int8)[assignments.eligible.astype(np.int64), assignments.grants]
            places = np.flatnonzero(codes)
            self._held[act.bit] = (places, codes[places])
        return self._held[act.bit]

    @cached_property
    def _subscriptions(self) -> NDArray[np.int64]:
        """The subscription that each scope is below, -1 for those above."""
        import numpy as np

        scopes = self.tenant.scopes
        found = np.full(len(scopes.names), -1, np.int64)
        for scope, name in enumerate(scopes.names):
            parts = name.split("/", 3)
            number = scopes.find(f"/subscriptions/{parts[2]}") if parts[1] == "subscriptions" else None
            found[scope] = -1 if number is None else number
        return found

    def by_roles_at(self, rights: Rights, scope: int, act: Operation | Capability) -> Answers:
        """Who may do an act at a scope, by the rights that hold there."""
        sets: dict[Answer, Bits] = {}
        for (answer, operations_, capabilities_), bits in rights.items():
            if (operations_ if isinstance(act, Operation) else capabilities_) >> act.bit & 1:
                sets[answer] = sets[answer] | bits if answer in sets else bits
        return self._without_denied(_disjoint(sets), scope, act)

    def _without_denied(self, answers: Answers, scope: int, act: Operation | Capability) -> Answers:
        found = dict(answers)
        for denial in self._denials_at(scope):
            sure, maybe = (
                (denial.grant.operations, denial.grant.maybe_operations)
                if isinstance(act, Operation)
                else (denial.grant.capabilities, denial.grant.maybe_capabilities)
            )
            if sure >> act.bit & 1:
                found = {answer: bits & ~self._denied(denial) for answer, bits in found.items()}
            elif maybe >> act.bit & 1 and Answer.YES in found:
                unsure = found[Answer.YES] & self._denied(denial)
                found[Answer.YES] = found[Answer.YES] & ~unsure
                found[Answer.CONDITIONAL] = found.get(Answer.CONDITIONAL, self.none()) | unsure
        return found

    def _denials_at(self, scope: int) -> Iterator[Denial]:
        place = set(self.tenant.scopes.upwards(scope)) if self.tenant.denials else set()
        return (d for d in self.tenant.denials if (d.scope in place if d.below else d.scope == scope))

    def _denied(self, denial: Denial) -> Bits:
        named = ~self.none() if denial.everyone else self.of(denial.principals)
        return named & ~self.of(denial.excluded)

    def _by_policies(self, vault: Vault, act: Operation) -> Answers:
        if not vault.policies_known:
            return {Answer.UNKNOWN: ~self.none()}
        entries = self.tenant.policies
        sure: list[int] = []
        maybe: list[int] = []
        for place in self._entries_with(vault, act):
            side = maybe if entries.applications[place] or entries.foreign[place] else sure
            side.append(int(entries.principals[place]))
        return _disjoint({Answer.YES: self.of(sure), Answer.CONDITIONAL: self.of(maybe)})

    def _by_either(self, policies: Answers, roles: Answers) -> Answers:
        """As `question`: what both models say is sure, all else is not known."""
        nobody = self.none()
        same = {a: policies.get(a, nobody) & roles.get(a, nobody) for a in ORDER}
        some = nobody
        for answers in (policies, roles):
            for bits in answers.values():
                some = some | bits
        agreed = nobody
        for bits in same.values():
            agreed = agreed | bits
        same[Answer.UNKNOWN] = same[Answer.UNKNOWN] | (some & ~agreed)
        return same

    # ------------------------------------------------------------ everything

    def by_scope(self) -> Iterator[Vault]:
        """The vaults in the order of their scopes, so that what is inherited is at hand; other rights are let go."""
        names = self.tenant.scopes.names
        above = -1
        for vault in sorted(self.tenant.vaults, key=lambda v: names[v.scope]):
            parent = self.tenant.scopes.parents[vault.scope]
            if parent != above:
                self._rights.pop(above, None)
                above = parent
            yield vault

    def rows(self, vault: Vault, rights: Rights) -> Iterator[Row]:
        """The number of principals of every operation on a vault.

        Args:
            rights: Those of the vault's scope.
        """
        everybody = len(self.tenant.principals)
        counted: dict[tuple[object, ...], tuple[int, ...]] = {}
        denied = vault.rbac is not False and any(self._denials_at(vault.scope))
        for act in operations():
            key = self._alike(vault, rights, act, denied=denied)
            if key not in counted:
                answers = self.answers(vault, act, rights)
                counted[key] = tuple(min(self.size(answers.get(a)), everybody) for a in ORDER)
            yield Row(vault, act, counted[key])

    def _alike(self, vault: Vault, rights: Rights, act: Operation, *, denied: bool) -> tuple[object, ...]:
        """Equal for operations that the same entries and rights of a vault allow."""
        if denied:
            return (act.bit,)
        entries = () if vault.rbac else self._entries_with(vault, act)
        return (*entries, *(r for r in rights if r[1] >> act.bit & 1))

    def _entries_with(self, vault: Vault, act: Operation) -> list[int]:
        """The places of a vault's access policy entries that allow an operation."""
        starts, masks = self.tenant.policies.starts, self._masks
        places = range(int(starts[vault.number]), int(starts[vault.number + 1]))
        return [place for place in places if masks[place] >> act.bit & 1]

    @cached_property
    def _masks(self) -> list[int]:
        masks: list[int] = self.tenant.policies.masks.tolist()
        return masks

    def size(self, bits: Bits | None) -> int:
        """How many are in a set."""
        import numpy as np

        return 0 if bits is None else int(np.bitwise_count(bits).sum())


def holds(bits: Bits, number: int) -> bool:
    """Whether a principal is in a set."""
    return bool(int(bits[number >> 6]) >> (number & 63) & 1)


def _code(rights: Iterable[Right], act: Capability) -> int:
    """The place in `ORDER`, from 1, of what rights say about a capability; 0 when they do not give it."""
    return next((ORDER.index(answer) + 1 for answer, _, mask in rights if mask >> act.bit & 1), 0)


def _disjoint(sets: Mapping[Answer, Bits]) -> dict[Answer, Bits]:
    """The strongest answer of each principal."""
    found: dict[Answer, Bits] = {}
    stronger = None
    for answer in ORDER:
        bits = sets.get(answer)
        if bits is not None:
            found[answer] = bits if stronger is None else bits & ~stronger
            stronger = bits if stronger is None else stronger | bits
    return found
