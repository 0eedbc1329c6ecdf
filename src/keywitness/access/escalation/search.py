"""The paths of one principal to the secrets of one vault, the shortest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from keywitness.access.escalation.edges import (
    EVERY_APPLICATION,
    EVERY_GROUP,
    EVERY_ROLE_GROUP,
    OVER_EVERYTHING,
    VIRTUAL,
    Edge,
    Edges,
)
from keywitness.access.escalation.reach import Reach, Reaches
from keywitness.access.escalation.ways import Opened, Way, listed, open_ways, ways
from keywitness.access.membership import way as steps_between
from keywitness.access.operations import operation
from keywitness.access.question import Answer, Reached, Reason, ask_reached
from keywitness.access.survey import Survey, holds
from keywitness.access.tenant import Tenant, Vault

#: Principals that one path goes through at most.
MOST_STEPS = 6
#: Members of "every application" and the like that are followed; the path says how many there are.
MOST_OF_MANY = 3

_WORST = (Answer.YES, Answer.CONDITIONAL, Answer.ELIGIBLE, Answer.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Node:
    """One end of a step.

    Args:
        id: Object id or resource id; a word for what is no object.
        kind: User, Group, ServicePrincipal, KeyVault, or "".
    """

    id: str
    kind: str
    name: str

    @property
    def title(self) -> str:
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path.

    Args:
        edge: Its name, BloodHound's where it has one.
        permission: What exactly lets him take it.
        does: What he does, in words; "" for what needs no act.
        rows: References of the rows that prove it.
        way: Its id in `content/access/escalation.yaml`, "" for what needs no act.
    """

    source: Node
    edge: str
    target: Node
    permission: str
    does: str
    answer: Answer
    rows: tuple[str, ...]
    fix: str = ""
    logs: str = ""
    remarks: tuple[str, ...] = ()
    way: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """How somebody gets at the secrets of a vault.

    Args:
        steps: From him to the vault.
        escalates: He must do something first; without that he just reads.
    """

    steps: tuple[Step, ...]
    escalates: bool

    @property
    def answer(self) -> Answer:
        """YES, or what it hangs on."""
        return max((s.answer for s in self.steps), key=_WORST.index)

    def sentence(self) -> str:
        """The path in words."""
        acts = [s for s in self.steps if s.does] or [self.steps[-1]]
        return "; ".join(f"{s.source.title} {s.does or 'reads'} ({s.permission})" for s in acts)


class _Onward(NamedTuple):
    """Somebody as whom one can act.

    Args:
        doubt: The place in `_WORST` of what the steps hang on.
        acts: How many of the steps need an act.
    """

    target: int
    steps: tuple[Step, ...]
    doubt: int
    acts: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one gets from a principal.

    Args:
        ends: Last steps to the vault, and whether they are an act.
    """

    ends: tuple[tuple[tuple[Step, ...], bool], ...]
    onwards: tuple[_Onward, ...]


@dataclass(slots=True)
class _Known:
    """What is known of the ways to one vault: many go through the same principals.

    Args:
        edges: Edges of a principal that lead on, with how many more there are of each.
        useful: Of a virtual target some who get at the vault, and how many do.
        reach: None until it is needed.
    """

    vault: Vault
    places: dict[int, _Place]
    edges: dict[int, tuple[tuple[Edge, int], ...]]
    useful: dict[int, tuple[list[int], int]]
    reach: Reach | None


class Search:
    """Paths in one tenant.

    Args:
        reaches: Everybody's reach, where it is at hand.
        pruned: Of equal steps follow a few, to those who get at the vault; a path says how many more there are.
    """

    def __init__(self, tenant: Tenant, reaches: Reaches | None = None, *, pruned: bool = True) -> None:
        self.tenant = tenant
        self._given = reaches
        self._pruned = pruned
        self._last: _Known | None = None

    @cached_property
    def reaches(self) -> Reaches:
        return self._given or Reaches(Survey(self.tenant), self.edges)

    @cached_property
    def edges(self) -> Edges:
        return self._given.edges if self._given else Edges(self.tenant)

    def paths(self, principal: int, vault: Vault) -> tuple[Path, ...]:
        """Every kind of path from a principal to a vault, the shortest and surest first.

        Of paths through the same principals that end in different ways each is given; longer ways to a principal that
        is reached already only when they are surer.
        """
        known = self._known(vault)
        found: list[Path] = []
        waiting: deque[tuple[int, tuple[Step, ...], int, int]] = deque([(principal, (), 0, 0)])
        seen = {principal: 0}
        while waiting:
            here, before, acts, doubt = waiting.popleft()
            if here == OVER_EVERYTHING:
                found.append(Path((*before, self._over_everything(vault)), escalates=True))
                continue
            place = known.places.get(here) or self._place(here, known, once=not before)
            if place.ends:
                found += [Path(before + steps, escalates=bool(before) or act) for steps, act in place.ends]
            if acts < MOST_STEPS:
                for target, steps, more_doubt, more_acts in place.onwards:
                    worst = more_doubt if more_doubt > doubt else doubt
                    if worst < seen.get(target, len(_WORST)):  # again only when it is surer than before
                        seen[target] = worst
                        waiting.append((target, before + steps, acts + more_acts, worst))
        return tuple(sorted(found, key=lambda p: (p.escalates, len(p.steps), _WORST.index(p.answer))))

    def _known(self, vault: Vault) -> _Known:
        """What is known of the way to a vault; that of the last one asked for is kept."""
        if self._last is None or self._last.vault.number != vault.number:
            self._last = _Known(vault, {}, {}, {}, None)
        return self._last

    def reach(self, vault: Vault) -> Reach:
        """Everybody who gets at a vault."""
        return self._reach(self._known(vault))

    def _reach(self, known: _Known) -> Reach:
        if known.reach is None:
            known.reach = self.reaches.of(known.vault)
        return known.reach

    def _place(self, here: int, known: _Known, *, once: bool) -> _Place:
        """Where one gets from a principal who was not looked at before.

        Args:
            once: He is the one asked about: others come through him less often than through those on the way.
        """
        reached: Reached = {here: (-1, -1)} if here in VIRTUAL else self.tenant.membership.upwards(here)
        ends = tuple(self._ends(here, reached, known)) if self._may_end(here, known) else ()
        onwards = tuple(_Onward(*way, _doubt(way[1]), _acts(way[1])) for way in self._onwards(here, reached, known))
        place = _Place(ends, onwards)
        if not once:
            known.places[here] = place
        return place

    def _may_end(self, here: int, known: _Known) -> bool:
        """Whether somebody gets at the vault by himself, as far as the sets of everybody are at hand."""
        if here in VIRTUAL:
            return False
        return known.reach is None or holds(known.reach.direct[1], here)

    def _ways_on(self, identity: int, known: _Known) -> tuple[tuple[Edge, int], ...]:
        """The edges of a principal that lead on to a vault, of equal ones a few; and how many more there are of each.

        Most machines that one may run code on lead nowhere, and one that does is as good as a hundred.
        """
        edges_on = known.edges.get(identity)
        if edges_on is None:
            edges_on = known.edges[identity] = tuple(self._ways_on_now(identity, known))
        return edges_on

    def _ways_on_now(self, identity: int, known: _Known) -> Iterator[tuple[Edge, int]]:
        alike: dict[tuple[str, Answer], list[Edge]] = {}
        for edge in self.edges.by_source.get(identity, ()):
            alike.setdefault((edge.way.id, edge.answer), []).append(edge)
        for edges in alike.values():
            useful = edges if not self._pruned else self._best(edges, known)
            shown = useful[:MOST_OF_MANY] if self._pruned else useful
            yield from ((edge, len(useful) - len(shown)) for edge in shown)

    def _best(self, edges: list[Edge], known: _Known) -> list[Edge]:
        """Those that lead to somebody who gets at a vault; those first who surely do so by themselves."""
        virtual = [e for e in edges if e.target in VIRTUAL]
        others = [e for e in edges if e.target not in VIRTUAL]
        if not others:
            return virtual
        reach = self._reach(known)
        useful = [e for e in others if holds(reach.perhaps, e.target)]
        rank = (reach.direct[0], reach.sure, reach.direct[1])
        return virtual + sorted(useful, key=lambda e: [not holds(bits, e.target) for bits in rank])

    # ------------------------------------------------------------ ends

    def _ends(self, here: int, reached: Reached, known: _Known) -> Iterator[tuple[tuple[Step, ...], bool]]:
        """The last steps to a vault from somebody, and whether they are an act."""
        vault = known.vault
        verdict = ask_reached(self.tenant, reached, vault, operation("secret", "get"), every=False)
        if verdict.answer in (Answer.YES, Answer.CONDITIONAL, Answer.ELIGIBLE) and verdict.grant:
            last = self._read(here, verdict.grant, verdict.answer, vault, verdict.remarks)
            yield (*self._through(here, reached, verdict.grant), last), False
            if verdict.answer is Answer.YES:
                return
        for opened in open_ways(self.tenant, reached, vault):
            last, first = self._way(here, opened, vault), opened.reasons[0] if opened.reasons else None
            yield (*(self._through(here, reached, first) if first else ()), last), True

    def _read(self, here: int, reason: Reason, answer: Answer, vault: Vault, remarks: tuple[str, ...]) -> Step:
        permission = f"secret get by {reason.by}" + (f" '{reason.role}' at {reason.scope}" if reason.role else "")
        return Step(
            self._last_group(here, reason),
            "AZGetSecrets",
            vault_node(vault),
            permission,
            "",
            answer,
            reason.rows[:1],
            fix="take the grant away if it is not needed",
            logs="SecretGet in AuditEvent",
            remarks=(*reason.remarks, *remarks),
        )

    def _way(self, here: int, opened: Opened, vault: Vault) -> Step:
        reasons = opened.reasons
        said = [f"{_needed(opened.way, i)} by {r.by} '{r.role}' at {r.scope}" for i, r in enumerate(reasons)]
        source = self._last_group(here, reasons[0]) if reasons else self.node(here)
        return Step(
            source,
            _edge_of(opened.way, reasons),
            vault_node(vault),
            " and ".join(said),
            opened.way.step,
            opened.answer,
            tuple(dict.fromkeys(row for r in reasons for row in r.rows)),
            fix=opened.way.fix,
            logs=opened.way.logs,
            remarks=(*opened.remarks, *(remark for r in reasons for remark in r.remarks)),
            way=opened.way.id,
        )

    def _over_everything(self, vault: Vault) -> Step:
        way = next(w for w in ways() if w.id == ("role-assignment" if vault.rbac else "role-then-access-policy"))
        source = Node("user-access-administrator-over-everything", "", VIRTUAL[OVER_EVERYTHING])
        permission = "Microsoft.Authorization/roleAssignments/write at /"
        answer = Answer.YES
        target = vault_node(vault)
        return Step(source, way.edge, target, permission, way.step, answer, (), fix=way.fix, logs=way.logs, way=way.id)

    # ------------------------------------------------------------ onwards

    def _onwards(self, here: int, reached: Reached, known: _Known) -> Iterator[tuple[int, tuple[Step, ...]]]:
        if here in (EVERY_APPLICATION, EVERY_GROUP, EVERY_ROLE_GROUP):
            yield from self._some_of_many(here, known)
            return
        for identity in reached:
            for edge, more in self._ways_on(identity, known):
                yield edge.target, (*self._member_steps(here, reached, identity), self._edge(edge, more))

    def _edge(self, edge: Edge, more: int) -> Step:
        way = edge.way
        return Step(
            self.node(edge.source),
            way.edge,
            self.node(edge.target),
            edge.permission,
            way.step,
            edge.answer,
            edge.rows,
            fix=way.fix,
            logs=way.logs,
            remarks=(f"{more:,} more would do as well",) if more else (),
            way=way.id,
        )

    def _some_of_many(self, many: int, known: _Known) -> Iterator[tuple[int, tuple[Step, ...]]]:
        """Of all applications (or groups) some that get at the vault."""
        useful, count = self._of_use(many, known)
        for number in useful:
            more = count - len(useful)
            remarks = (f"{more:,} more would do as well",) if more > 0 else ()
            source, target = self.node(many), self.node(number)
            yield number, (Step(source, "AZContains", target, "one of them", "", Answer.YES, (), remarks=remarks),)

    def _of_use(self, many: int, known: _Known) -> tuple[list[int], int]:
        """Some of many who get at a vault, who reads surely first, who must act as others last; and how many do."""
        if many not in known.useful:
            reach, survey = self._reach(known), self.reaches.survey
            kind = self.reaches.part_of(many)
            levels = (reach.readers.get(Answer.YES, survey.none()), reach.direct[0], reach.sure, reach.direct[1])
            found: dict[int, None] = {}
            for bits in (*levels, reach.perhaps):
                found |= dict.fromkeys(survey.members(bits & kind)[:MOST_OF_MANY].tolist())
            known.useful[many] = (list(found)[:MOST_OF_MANY], survey.size(reach.perhaps & kind))
        return known.useful[many]

    # ------------------------------------------------------------ groups

    def node(self, number: int) -> Node:
        """A principal, or one of the virtual targets, as the end of a step."""
        if number in VIRTUAL:
            return Node(VIRTUAL[number].replace(" ", "-"), "", VIRTUAL[number])
        principals = self.tenant.principals
        return Node(principals.ids[number], principals.kinds[number], principals.names[number])

    def _member_steps(self, here: int, reached: Reached, end: int) -> tuple[Step, ...]:
        source, steps = here, []
        for group, row in steps_between(reached, end):
            proof = (self.tenant.row("GroupMembers", row),)
            steps.append(
                Step(self.node(source), "AZMemberOf", self.node(group), "member of the group", "", Answer.YES, proof)
            )
            source = group
        return tuple(steps)

    def _through(self, here: int, reached: Reached, reason: Reason) -> tuple[Step, ...]:
        """The memberships that a reason goes through."""
        return () if reason.through < 0 else self._member_steps(here, reached, reason.through)

    def _last_group(self, here: int, reason: Reason) -> Node:
        return self.node(reason.through if reason.through >= 0 else here)


def _doubt(steps: tuple[Step, ...]) -> int:
    """The place in `_WORST` of what steps hang on."""
    return max((_WORST.index(s.answer) for s in steps), default=0)


def _acts(steps: tuple[Step, ...]) -> int:
    return sum(1 for s in steps if s.does)


def vault_node(vault: Vault) -> Node:
    """A vault as the end of a path."""
    return Node(vault.id, "KeyVault", vault.name)


def _needed(way: Way, place: int) -> str:
    """What the need at a place is called."""
    needs = way.needs[min(place, len(way.needs) - 1)]
    return " or ".join(dict.fromkeys(n.act.action for n in needs))


def _edge_of(way: Way, reasons: tuple[Reason, ...]) -> str:
    by_role: dict[str, str] = listed()["edges-by-role"]
    found = [by_role[r.role_id] for r in reasons[:1] if r.role_id in by_role]
    return found[0] if found else way.edge
