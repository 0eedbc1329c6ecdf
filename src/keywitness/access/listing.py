"""Who has what on a vault, principal by principal, with the reasons; and who makes himself able to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from keywitness.access.escalation.reach import Reaches
from keywitness.access.escalation.search import Path, Search
from keywitness.access.network import network_remark
from keywitness.access.operations import OBJECT_KINDS, Operation, operation, operations
from keywitness.access.question import Answer, Reached, Verdict, ask, ask_reached
from keywitness.access.survey import ORDER, Survey, holds
from keywitness.access.tenant import Tenant, Vault


@dataclass(frozen=True, slots=True)
class Line:
    """What one principal has on one vault, or on one object in it.

    Args:
        scope: The vault, or the object that alone it holds for.
        answer: The strongest answer of any operation.
        operations: By answer: `secret get`, `key sign` ...
        why: The reasons of the most telling operation, in words.
        rows: References of the rows that prove it.
    """

    vault: Vault
    scope: str
    principal: int
    answer: Answer
    operations: Mapping[Answer, tuple[str, ...]]
    why: str
    remarks: tuple[str, ...]
    rows: tuple[str, ...]


#: Operations by what they tell, the most telling first: whoever reads is shown as a reader.
_TELLING = (("secret", "get"), ("key", "release"), ("key", "decrypt"), ("key", "sign"), ("secret", "backup"))


def lines(
    survey: Survey, vault: Vault, *, principals: Sequence[int] | None = None, kinds: Sequence[str] = OBJECT_KINDS
) -> Iterator[Line]:
    """What everybody has on a vault.

    Args:
        principals: Only these.
        kinds: Only operations on these kinds of objects.
    """
    tenant, acts = survey.tenant, [o for o in operations() if o.object in kinds]
    gathered = _of_everybody(survey, vault, acts) if principals is None else _of_some(tenant, vault, acts, principals)
    if vault.rbac is not True and not vault.policies_known:
        for found in gathered.values():
            found.pop(Answer.UNKNOWN, None)  # of everybody: a problem of the vault, not of a principal
    for number in sorted((n for n, found in gathered.items() if found), key=tenant.principals.title):
        yield _line(tenant, vault, number, gathered[number])


def _of_everybody(survey: Survey, vault: Vault, acts: Sequence[Operation]) -> dict[int, dict[Answer, list[Operation]]]:
    count = len(survey.tenant.principals)
    gathered: dict[int, dict[Answer, list[Operation]]] = {}
    unknown = vault.rbac is not True and not vault.policies_known
    rights = {} if vault.rbac is False else survey.rights(vault.scope, keep=False)
    for act in acts:
        for answer, bits in survey.answers(vault, act, rights).items():
            if answer is Answer.UNKNOWN and unknown:
                continue  # everybody: not worth the numbers
            for number in survey.members(bits).tolist():
                if number < count:
                    gathered.setdefault(number, {}).setdefault(answer, []).append(act)
    return gathered


def _of_some(
    tenant: Tenant, vault: Vault, acts: Sequence[Operation], principals: Sequence[int]
) -> dict[int, dict[Answer, list[Operation]]]:
    """As `_of_everybody`: of few principals and many vaults it is quicker to ask."""
    gathered: dict[int, dict[Answer, list[Operation]]] = {}
    for number in principals:
        reached = tenant.membership.upwards(number)
        if not _concerned(tenant, reached, vault):
            continue
        for act in acts:
            answer = ask_reached(tenant, reached, vault, act, every=False).answer
            if answer is not Answer.NO:
                gathered.setdefault(number, {}).setdefault(answer, []).append(act)
    return gathered


def _concerned(tenant: Tenant, reached: Reached, vault: Vault) -> bool:
    """Whether a vault's entries, or assignments at it or above it, name somebody or one of his groups."""
    entries = tenant.policies.principals[
        tenant.policies.starts[vault.number] : tenant.policies.starts[vault.number + 1]
    ]
    if vault.rbac is not True and not reached.keys().isdisjoint(entries.tolist()):
        return True
    above = tenant.scopes.upwards(vault.scope)
    scopes = (tenant.assignments.scopes[tenant.by_principal.all_of(who)] for who in reached)
    return vault.rbac is not False and any(not set(above).isdisjoint(here.tolist()) for here in scopes)


def _line(tenant: Tenant, vault: Vault, number: int, found: Mapping[Answer, list[Operation]]) -> Line:
    answer = next(a for a in ORDER if a in found)
    telling = [operation(*o) for o in _TELLING]
    act = next((o for o in telling if o in found[answer]), found[answer][0])
    verdict = ask(tenant, number, vault, act)
    return Line(
        vault,
        vault.id,
        number,
        answer,
        {a: tuple(o.title for o in found[a]) for a in ORDER if a in found},
        because(verdict),
        _remarks(vault, verdict),
        proof(verdict),
    )


def _remarks(vault: Vault, verdict: Verdict) -> tuple[str, ...]:
    return tuple(filter(None, (*verdict.remarks, network_remark(vault.facts))))


def because(verdict: Verdict) -> str:
    """The reasons of a verdict in words; equal ones once, the strongest first."""
    said = dict.fromkeys(r.sentence() for r in verdict.reasons)
    shown = list(said)[:3]
    return "; ".join(shown) + (f"; and {len(said) - 3} more grants" if len(said) > 3 else "")


def proof(verdict: Verdict) -> tuple[str, ...]:
    """The rows of a verdict's reasons, each once."""
    return tuple(dict.fromkeys(row for reason in verdict.reasons for row in reason.rows))


def object_lines(survey: Survey, vault: Vault, *, principals: Sequence[int] | None = None) -> Iterator[Line]:
    """What principals have on single objects of a vault and not on the whole: roles may be assigned there."""
    tenant, count = survey.tenant, len(survey.tenant.principals)
    if vault.rbac is False:
        return
    scopes = tenant.scopes
    for scope in scopes.below(vault.scope):
        name = scopes.names[scope]
        if not survey.own_rights(scope):
            continue
        kind = {"secrets": "secret", "keys": "key", "certificates": "certificate"}.get(name.split("/")[-2], "")
        found: dict[int, dict[Answer, list[Operation]]] = {}
        here, above = survey.rights(scope, keep=False), survey.rights(vault.scope, keep=False)
        for act in (o for o in operations() if o.object == kind):
            held = set(survey.members(survey.union(survey.by_roles_at(above, vault.scope, act))).tolist())
            for answer, bits in survey.by_roles_at(here, scope, act).items():
                for number in survey.members(bits).tolist():
                    if number < count and number not in held and (principals is None or number in principals):
                        found.setdefault(number, {}).setdefault(answer, []).append(act)
        for number, by_answer in found.items():
            yield _object_line(tenant, vault, scope, number, by_answer)


def _object_line(
    tenant: Tenant, vault: Vault, scope: int, number: int, found: Mapping[Answer, list[Operation]]
) -> Line:
    answer = next(a for a in ORDER if a in found)
    verdict = ask(tenant, number, vault, found[answer][0], object_scope=scope)
    by_answer = {a: tuple(o.title for o in found[a]) for a in ORDER if a in found}
    name = tenant.scopes.names[scope]
    return Line(vault, name, number, answer, by_answer, because(verdict), _remarks(vault, verdict), proof(verdict))


def escalations(
    search: Search, vault: Vault, *, principals: Sequence[int] | None = None
) -> Iterator[tuple[int, tuple[Path, ...]]]:
    """Those who do not surely read a vault but make themselves able to, with their paths."""
    reach = search.reach(vault)
    survey, reading = search.reaches.survey, reach.readers.get(Answer.YES)
    able = reach.perhaps if reading is None else reach.perhaps & ~reading
    numbers = survey.members(able).tolist() if principals is None else [p for p in principals if holds(able, p)]
    for number in numbers:
        found = tuple(p for p in search.paths(number, vault) if p.escalates)
        if found:
            yield number, found


@dataclass(frozen=True, slots=True)
class Summary:
    """One vault in figures.

    Args:
        readers: Principals by the answers of `ORDER`; -1 where it is not known.
        sure: Those who do not surely read but make themselves able to; `perhaps` counts what hangs on something too.
    """

    vault: Vault
    readers: tuple[int, ...]
    sure: int
    perhaps: int


def summaries(reaches: Reaches) -> Iterator[Summary]:
    """Every vault in figures, those first in which the most principals make themselves readers."""
    survey = reaches.survey
    found = []
    for reach in reaches.all():
        vault = reach.vault
        unknown = vault.rbac is not True and not vault.policies_known
        readers = tuple(-1 if unknown and a is Answer.UNKNOWN else survey.size(reach.readers.get(a)) for a in ORDER)
        reading = reach.readers.get(Answer.YES, survey.none())
        found.append(Summary(vault, readers, survey.size(reach.sure & ~reading), survey.size(reach.perhaps & ~reading)))
    return iter(sorted(found, key=lambda s: (-s.sure, -s.perhaps, s.vault.name)))
