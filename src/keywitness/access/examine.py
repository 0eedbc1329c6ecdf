"""What is asked on the command line, answered in one go: lines, paths, remarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from keywitness.access.changes import Change
from keywitness.access.escalation.edges import Edges
from keywitness.access.escalation.reach import Reaches
from keywitness.access.escalation.search import Path, Search
from keywitness.access.happened import Happened
from keywitness.access.inventory import Inventory
from keywitness.access.listing import Line, Summary, escalations, lines, object_lines, summaries
from keywitness.access.moments import state_at
from keywitness.access.operations import OBJECT_KINDS
from keywitness.access.problems import Problem, problems
from keywitness.access.question import Answer
from keywitness.access.roles import Attributes
from keywitness.access.snapshots import state
from keywitness.access.survey import Survey
from keywitness.access.tenant import Tenant, Vault
from keywitness.access.tier0 import Crown, crowns
from keywitness.errors import UsageError
from keywitness.kql.diagnostics import did_you_mean
from keywitness.kql.literals import format_datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Args:
        principals: Object ids, user names, display names or application ids.
        vaults: Names or resource ids.
        objects: `vault/name`.
        tier0: Only vaults that hold objects of tier 0.
    """

    principals: tuple[str, ...] = ()
    vaults: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    tier0: bool = False

    @property
    def everything(self) -> bool:
        return not (self.principals or self.vaults or self.objects or self.tier0)


@dataclass(frozen=True, slots=True)
class Escalation:
    """Somebody who makes himself able to read a vault, with his paths, the shortest first."""

    vault: Vault
    principal: int
    paths: tuple[Path, ...]


class Examination:
    """Answers about one state of a tenant.

    Args:
        inventory: Every export of a case.
        at: The moment, in ticks; None for the newest exports.
        changes: What logs say of changes, in the order of time. They make the state of a moment, and show which paths
            were taken.
    """

    def __init__(self, inventory: Inventory, at: int | None = None, changes: Sequence[Change] = ()) -> None:
        made = state(inventory) if at is None else state_at(inventory, changes, at)
        known: Attributes = {} if at is None else {("environment", "utcnow"): (format_datetime(at),)}
        self.tenant = Tenant(made.inventory, known=known)
        self.happened = Happened(self.tenant, changes)
        self.remarks = made.remarks
        self.survey = Survey(self.tenant)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What makes the answers less than sure."""
        return problems(self.tenant)

    @cached_property
    def edges(self) -> Edges:
        return Edges(self.tenant)

    @cached_property
    def reaches(self) -> Reaches:
        return Reaches(self.survey, self.edges)

    @cached_property
    def search(self) -> Search:
        return Search(self.tenant, self.reaches)

    @cached_property
    def crowns(self) -> tuple[Crown, ...]:
        return crowns(self.tenant.inventory)

    def summaries(self) -> Iterator[Summary]:
        """Every vault in figures."""
        return summaries(self.reaches)

    def lines(self, question: Question) -> Iterator[Line]:
        """Who has what on the vaults asked about."""
        principals, kinds = self._principals(question), self._kinds(question)
        for vault in self.vaults(question):
            yield from lines(self.survey, vault, principals=principals, kinds=kinds)
            named = {o.partition("/")[2].lower() for o in question.objects}
            for line in object_lines(self.survey, vault, principals=principals):
                if not named or line.scope.rsplit("/", 1)[-1] in named:
                    yield line

    def escalations(self, question: Question) -> Iterator[Escalation]:
        """Who makes himself able to read the vaults asked about."""
        principals = self._principals(question)
        for vault in self.vaults(question):
            for number, paths in escalations(self.search, vault, principals=principals):
                yield Escalation(vault, number, paths)

    def reading_paths(self, question: Question) -> Iterator[Path]:
        """The paths of those who read the vaults asked about as things stand, for pictures."""
        for line in self.lines(question):
            if any("secret get" in acts for a, acts in line.operations.items() if a is not Answer.UNKNOWN):
                yield from (p for p in self.search.paths(line.principal, line.vault) if not p.escalates)

    # ------------------------------------------------------------ what is meant

    def vaults(self, question: Question) -> tuple[Vault, ...]:
        """The vaults asked about; all of them when a principal is asked about.

        Raises:
            UsageError: If no export has one of that name.
        """
        names = [*question.vaults, *(o.partition("/")[0] for o in question.objects)]
        if question.tier0:
            known = {c.vault for c in self.crowns}
            names += [v.name for v in self.tenant.vaults if v.name.lower() in known]
        elif not names:
            return self.tenant.vaults
        numbers = dict.fromkeys(n for name in names for n in self._vault(name))
        return tuple(self.tenant.vaults[n] for n in numbers)

    def _vault(self, name: str) -> tuple[int, ...]:
        found = self.tenant.vault_numbers.get(name.lower().rstrip("/"))
        if found is None:
            known = [v.name for v in self.tenant.vaults]
            help = did_you_mean(name, known, "`keywitness access CASE` lists the vaults that exports hold")
            raise UsageError(f"no export holds a vault '{name}'", help=help)
        return found

    def _principals(self, question: Question) -> tuple[int, ...] | None:
        """The principals asked about, None for everybody."""
        found: list[int] = []
        for name in question.principals:
            numbers = self.tenant.principals.find(name)
            if not numbers:
                known = list(self.tenant.principals.known_names())
                help = did_you_mean(name, known, "name an object id, user name, display name or application id")
                raise UsageError(f"nothing in the exports is called '{name}'", help=help)
            found += numbers
        return tuple(dict.fromkeys(found)) if question.principals else None

    def _kinds(self, question: Question) -> tuple[str, ...]:
        """The kinds of objects that operations are listed of."""
        if not question.objects or question.vaults or question.tier0:
            return OBJECT_KINDS
        names = {o.partition("/")[2].lower() for o in question.objects}
        listed = self.tenant.inventory.records("VaultObjects")
        kinds = {r["ObjectKind"].lower() for r in listed if r["Name"].lower() in names}
        return tuple(k for k in OBJECT_KINDS if k in kinds) or OBJECT_KINDS[:3]
