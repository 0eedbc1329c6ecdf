"""What is wrong with a rule before it ever runs: each finding of a check has a code, its cause and a way on.

The checks are a list. Proof (records that must match, near misses that must not) is run by `detect.proof`; here it is
only asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from keywitness.detect.rule import Rule, techniques
from keywitness.errors import KeywitnessError, QueryError
from keywitness.kql import plan, syntax
from keywitness.kql.catalog import Documented
from keywitness.kql.compile import Options, compile_kql
from keywitness.kql.parser import parse
from keywitness.kql.plan import Program
from keywitness.kql.rewrite.tree import tables_of
from keywitness.model.schema import UNIX_EPOCH_TICKS, KqlType


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong.

    Args:
        code: RC01 and on; docs/reference/rules.md lists them.
        help: What to do.
    """

    code: str
    rule: str
    cause: str
    help: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What every check is given: the rule and, where it compiles, its plan over the documented tables."""

    rule: Rule
    program: Program | None
    refusal: KeywitnessError | None


def check(rule: Rule) -> tuple[Issue, ...]:
    """Every issue of a rule; none when it is as it should be."""
    program: Program | None = None
    refusal: KeywitnessError | None = None
    try:
        program = compile_kql(rule.bound(), Documented(), UNIX_EPOCH_TICKS, options=Options(source=rule.slug))
    except QueryError as error:
        refusal = error
    checked = Checked(rule, program, refusal)
    return tuple(
        Issue(code, rule.slug, cause, help) for code, help, test in CHECKS for cause in dict.fromkeys(test(checked))
    )


# ---------------------------------------------------------------- the checks


def _query(checked: Checked) -> Iterator[str]:
    if checked.refusal is not None:
        first, place, *rest = [*checked.refusal.render().splitlines(), ""]
        helps = [line.strip() for line in rest if line.strip().startswith("help:")]
        yield " ".join([first, place.strip(), *helps[:1]])


def _proof(checked: Checked) -> Iterator[str]:
    found = [case.findings for case in checked.rule.keywitness.cases]
    if not any(found):
        yield "no case whose records must match"
    if all(found):
        yield "no near miss: a case whose records must not match"


def _attack(checked: Checked) -> Iterator[str]:
    rule = checked.rule
    if not rule.tactics:
        yield "no tactic"
    if not rule.relevant_techniques:
        yield "no technique"
    for technique, name in techniques(rule.relevant_techniques):
        if technique == name:
            yield f"{technique} is no technique that content/attack.yaml names"


def _words(checked: Checked) -> Iterator[str]:
    ours = checked.rule.keywitness
    for key in ("false_positives", "blind_spots", "response"):
        if not getattr(ours, key):
            yield f"{key} is empty"


def _thresholds(checked: Checked) -> Iterator[str]:
    """Numbers and spans that decide, written into the query instead of a parameter."""
    try:
        tree = parse(checked.rule.query)
    except QueryError:
        return
    for node in _nodes(tree):
        literals: tuple[syntax.Node, ...] = ()
        match node:
            case syntax.Binary(op="<" | "<=" | ">" | ">=", left=left, right=right):
                literals = () if _is_status(left) or _is_status(right) else (left, right)
            case syntax.Between(value=value, low=low, high=high):
                literals = () if _is_status(value) else (low, high)
            case syntax.Call(function=syntax.NameRef(name="ago"), args=args):
                literals = args
        for literal in literals:
            if isinstance(literal, syntax.Literal) and _decides(literal):
                line, column = _place(checked.rule.query, literal.span.start)
                text = checked.rule.query[literal.span.start : literal.span.end]
                yield f"the threshold {text} stands in the query (line {line}, column {column})"


def _decides(literal: syntax.Literal) -> bool:
    if literal.type is KqlType.TIMESPAN:
        return bool(literal.value)
    return literal.type in (KqlType.LONG, KqlType.INT, KqlType.REAL) and literal.value not in (0, 1)


def _is_status(node: syntax.Node) -> bool:
    """HTTP statuses are no thresholds."""
    return any(isinstance(n, syntax.NameRef) and re.search(r"(?i)status|result", n.name) for n in _nodes(node))


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _joins(checked: Checked) -> Iterator[str]:
    """Joins on a column that can only hold other values on the other side."""
    for node in _nodes(checked.program):
        if isinstance(node, plan.Join) and not node.kind.endswith("anti"):
            for left, right in zip(node.left_keys, node.right_keys, strict=True):
                here, there = _domain(node.left, left), _domain(node.right, right)
                if here is not None and there is not None and not here & there:
                    yield f"a join that never matches: {_shown(here)} on one side, {_shown(there)} on the other"


def _shown(values: frozenset[Any]) -> str:
    return " or ".join(sorted(repr(v) for v in values)[:3])


def _domain(node: plan.Plan, value: plan.Scalar) -> frozenset[Any] | None:
    """The only values that a scalar over a node can have; None when nothing limits it."""
    if isinstance(value, plan.Literal):
        return frozenset({value.value})
    if not isinstance(value, plan.ColumnRef):
        return None
    match node:
        case plan.Filter(source=source, predicate=predicate):
            limits = [v for v in (_limit(p, value.name) for p in _conjuncts(predicate)) if v is not None]
            below = _domain(source, value)
            return frozenset.intersection(*limits, *([below] if below is not None else [])) if limits else below
        case plan.Project(source=source, columns=columns):
            computed = next((c.value for c in columns if c.name == value.name), None)
            return None if computed is None else _domain(source, computed)
        case plan.Summarize(source=source, keys=keys):
            key = next((k.value for k in keys if k.name == value.name), None)
            return None if key is None else _domain(source, key)
        case plan.Sort(source=source) | plan.Take(source=source) | plan.Serialize(source=source):
            return _domain(source, value)
        case plan.Shared(source=source):
            return _domain(source, value)
    return None


def _conjuncts(predicate: plan.Scalar) -> Iterator[plan.Scalar]:
    if isinstance(predicate, plan.Call) and predicate.function == "and":
        for argument in predicate.args:
            yield from _conjuncts(argument)
    else:
        yield predicate


def _limit(predicate: plan.Scalar, column: str) -> frozenset[Any] | None:
    """The values that a condition leaves a column: of `==` and `in` with constants."""
    if not isinstance(predicate, plan.Call) or predicate.function not in ("equal", "in"):
        return None
    needle, *values = predicate.args
    if not (isinstance(needle, plan.ColumnRef) and needle.name == column):
        return None
    literals = [v for v in values if isinstance(v, plan.Literal) and v.type is not KqlType.DYNAMIC]
    return frozenset(v.value for v in literals) if len(literals) == len(values) else None


#: Operations that Azure writes to a vault's own audit log and never to the Activity Log, which holds creations,
#: changes, deletions and actions of the control plane
#: (learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema).
_DATA_PLANE = re.compile(
    r"(?i)/(?:getsecret|setsecret|readmetadata|sign|verify|encrypt|decrypt|wrap|unwrap|release)/action$"
    r"|^microsoft\.keyvault/.*/(?:read|list)$"
    r"|^microsoft\.keyvault/vaults/(?:secrets|keys|certificates)/"
    r"(?:backup|restore|recover|purge|update|import|create|rotate)/action$"
    r"|^(?:secret|key|certificate)(?:get|list|listversions|backup|restore|recover|decrypt|sign|unwrap|release)$"
)


def _wrong_log(checked: Checked) -> Iterator[str]:
    for node in _nodes(checked.program):
        if isinstance(node, plan.Filter) and tables_of(node.source) == {"AzureActivity"}:
            for literal in _nodes(node.predicate):
                if isinstance(literal, plan.Literal) and literal.type in (KqlType.STRING, KqlType.DYNAMIC):
                    for text in re.split(r'[\[\]",]+', str(literal.value or "")):
                        if _DATA_PLANE.search(text):
                            yield f"'{text}' is looked for in AzureActivity, which never holds it"


CHECKS: tuple[tuple[str, str, Callable[[Checked], Iterator[str]]], ...] = (
    ("RC01", "correct the query; `keywitness schema TABLE` lists the columns of a table", _query),
    ("RC02", "add records of both kinds under keywitness.cases", _proof),
    ("RC03", "name tactics and relevantTechniques of MITRE ATT&CK", _attack),
    ("RC04", "say it in one sentence each: nobody trusts a rule that knows no limits", _words),
    ("RC05", "make it one of keywitness.parameters, with a default and a meaning", _thresholds),
    ("RC06", "join on columns that can be equal", _joins),
    ("RC07", "read data-plane operations from AzureDiagnostics or AZKVAuditLogs", _wrong_log),
)


def _nodes(tree: Any) -> Iterator[Any]:
    """Every node of a syntax tree or plan, the tree itself first, in order."""
    if isinstance(tree, tuple) and not isinstance(tree, syntax.Span):
        for item in tree:
            yield from _nodes(item)
    elif isinstance(tree, Struct):
        yield tree
        for field in tree.__struct_fields__:
            yield from _nodes(getattr(tree, field))
