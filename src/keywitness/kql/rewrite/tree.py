"""Walking plans: the inputs of a node, and a node over other inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from keywitness.kql import plan
from keywitness.kql.plan import Plan, Scalar


def rebuilt(node: Plan, change: Callable[[Plan], Plan]) -> Plan:
    """The node over changed inputs; itself where nothing changed."""
    match node:
        case plan.Join(left=left, right=right):
            new_left, new_right = change(left), change(right)
            return node if new_left is left and new_right is right else replace(node, left=new_left, right=new_right)
        case plan.Union(sources=sources) | plan.TabularCall(sources=sources):
            new = tuple(change(s) for s in sources)
            return node if all(a is b for a, b in zip(new, sources, strict=True)) else replace(node, sources=new)
        case plan.MvApply(source=source, body=body) | plan.Partition(source=source, body=body):
            new_source, new_body = change(source), change(body)
            if new_source is source and new_body is body:
                return node
            return replace(node, source=new_source, body=new_body)
        case plan.Scan() | plan.External() | plan.Constant() | plan.Range() | plan.Outer():
            return node
    changed = change(node.source)
    return node if changed is node.source else replace(node, source=changed)


def from_below(node: Plan, change: Callable[[Plan], Plan]) -> Plan:
    """Every node changed, inputs before the node over them. Shared inputs stay shared."""
    done: dict[int, Plan] = {}

    def visit(current: Plan) -> Plan:
        known = done.get(id(current))
        if known is None:
            known = done[id(current)] = change(rebuilt(current, visit))
        return known

    return visit(node)


def everything(node: object) -> Iterator[object]:
    """The node and all that it holds: nodes, values and the sub-plans of values, each once."""
    seen: set[int] = set()
    waiting: list[object] = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, tuple):
            waiting.extend(current)
        elif isinstance(current, Struct) and id(current) not in seen:
            seen.add(id(current))
            yield current
            if not isinstance(current, plan.Constant):
                waiting.extend(getattr(current, f) for f in current.__struct_fields__)


def scans(node: object) -> Iterator[plan.Scan]:
    """Every table that a plan reads, as often as it does, in sub-plans of its values too."""
    if isinstance(node, plan.Scan):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from scans(item)
    elif isinstance(node, Struct):
        for field in node.__struct_fields__:
            yield from scans(getattr(node, field))


def tables_of(node: object) -> frozenset[str]:
    """The tables that a plan reads, in sub-plans of its values too."""
    return frozenset(n.table for n in everything(node) if isinstance(n, plan.Scan))


def judges_rows(node: Plan) -> bool:
    """True when each row of the result comes of one row of a table and of nothing else."""
    match node:
        case plan.Scan():
            return True
        case plan.Filter(source=source, predicate=predicate):
            return _alone(predicate) and judges_rows(source)
        case plan.Project(source=source, columns=columns):
            return all(_alone(c.value) for c in columns) and judges_rows(source)
        case plan.MvExpand(source=source) | plan.Sort(source=source) | plan.Shared(source=source):
            return judges_rows(source)
        case plan.Union(sources=sources):
            return all(map(judges_rows, sources))
    return False


def _alone(value: Scalar) -> bool:
    return not any(isinstance(p, plan.WindowCall | plan.InTable | plan.ToScalar) for p in parts(value)) and movable(
        value
    )


def parts(value: Scalar) -> Iterator[Scalar]:
    """The value and all scalars inside it, sub-plans left out."""
    yield value
    match value:
        case plan.Call(args=args) | plan.WindowCall(args=args):
            for argument in args:
                yield from parts(argument)
        case plan.InTable(needle=needle):
            yield from parts(needle)


def columns_of(value: Scalar) -> frozenset[str]:
    """The columns that a value reads."""
    return frozenset(p.name for p in parts(value) if isinstance(p, plan.ColumnRef))


#: Functions whose value is another one each time.
_VOLATILE = frozenset({"rand", "new_guid", "assert"})


def movable(value: Scalar) -> bool:
    """True when a value means the same wherever its columns exist."""
    return not any(
        isinstance(p, plan.WindowCall) or (isinstance(p, plan.Call) and p.function in _VOLATILE) for p in parts(value)
    )


def volatile(node: Plan) -> bool:
    """True when running the plan twice may give other rows: it draws some, or asks for random values."""
    found = False

    def look(current: Plan) -> Plan:
        nonlocal found
        match current:
            case plan.Sample():
                found = True
            case plan.Project(columns=columns):
                found = found or any(_random(c.value) for c in columns)
            case plan.Filter(predicate=predicate):
                found = found or _random(predicate)
        return current

    from_below(node, look)
    return found


def _random(value: Scalar) -> bool:
    return any(isinstance(p, plan.Call) and p.function in ("rand", "new_guid") for p in parts(value))


def with_columns(value: Scalar, columns: dict[str, Scalar]) -> Scalar:
    """The value with columns replaced by what they are computed from."""
    match value:
        case plan.ColumnRef(name=name):
            return columns.get(name, value)
        case plan.Call(args=args):
            return replace(value, args=tuple(with_columns(a, columns) for a in args))
        case plan.InTable(needle=needle):
            return replace(value, needle=with_columns(needle, columns))
    return value
