"""`scan`: one recursive query, a row of evidence at a time, that carries the state of the steps.

The state is a row: for step k whether it has an active sequence, its match id, and what it remembers of the columns
that any expression asks for. Steps are evaluated from the last to the first, as Kusto's page says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.partitions import hashed, table
from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.engine.step import OrderKey, Step
from keywitness.kql import plan
from keywitness.kql.plan import Call, ColumnRef, Literal, Named, Scalar
from keywitness.kql.rewrite.tree import parts, with_columns
from keywitness.model.schema import Column, KqlType, Schema

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter

_BOOL, _LONG = KqlType.BOOL, KqlType.LONG
_FALSE, _TRUE = Literal(False, _BOOL), Literal(True, _BOOL)
_PLACE = "\0place"


def scan(emitter: Emitter, node: plan.ScanSteps) -> Step:
    """The matches, in the order of the rows; of one row the last step's first."""
    if emitter.outer:
        raise cannot("scan behind this operator inside of partition, or inside of mv-apply")
    return scanned(emitter, node, emitter.emit(node.source))


def scanned(emitter: Emitter, node: plan.ScanSteps, step: Step) -> Step:
    """The matches over rows that are emitted already, which the node's source only describes."""
    machine = _Machine(node)
    source = _numbered(emitter, node, emitter.serialized(step))
    state = emitter.name("r")
    first = _first(machine, source, node)
    again = _again(emitter, machine, source, state, node)
    alias = exp.TableAlias(this=exp.Identifier(this=state, quoted=False))
    emitter.ctes.append(exp.CTE(this=exp.Union(this=first, expression=again, distinct=False), alias=alias))
    emitter.recursive = True
    return emitter.nested(_matches(emitter, machine, state, node))


# ---------------------------------------------------------------- the machine, in the plan's own words


class _Machine:
    """Names and starting values of the state, and the plan of one row's passage through the steps."""

    def __init__(self, node: plan.ScanSteps) -> None:
        self.node = node
        self.steps = node.steps
        self.defaults: dict[str, Scalar] = {c.name: c.value for c in node.declared}
        self.asked = self._asked()
        self.start: dict[str, Scalar] = {"\0next": Literal(-1, _LONG)}
        for k in range(1, len(self.steps) + 1):
            self.start |= {f"\0active{k}": _FALSE, f"\0match{k}": Literal(None, _LONG), f"\0out{k}": _FALSE}
            self.start |= {f"\0id{k}": Literal(None, _LONG)}
            self.start |= {_held(k, j, c): self.nothing(c) for j, c in self.seen(k)}
            self.start |= {_given(k, c.name): c.value for c in node.declared}

    def _asked(self) -> list[tuple[int, str]]:
        """Which columns of which step any expression asks for."""
        expressions = [e for s in self.steps for e in (s.condition, *(a.value for a in s.assignments))]
        read = {p.name for e in expressions for p in parts(e) if isinstance(p, ColumnRef)}
        columns = [*self.node.source.schema.names(), *self.defaults]
        return [
            (j, c) for j, step in enumerate(self.steps, 1) for c in columns if plan.state_column(step.name, c) in read
        ]

    def seen(self, k: int) -> list[tuple[int, str]]:
        """What step k remembers: of itself and of the steps before."""
        return [(j, c) for j, c in self.asked if j <= k]

    def nothing(self, column: str) -> Scalar:
        """What a state says of a column before it holds anything."""
        if column in self.defaults:
            return self.defaults[column]
        type_ = self.type(column)
        return Literal("" if type_ is KqlType.STRING else None, type_)

    def type(self, column: str) -> KqlType:
        """The type of a column of the rows, or of a declared one."""
        if column in self.defaults:
            return self.defaults[column].type
        found = self.node.source.schema.find(column)
        if found is None:
            raise KeyError(column)
        return found.type

    def passage(self, leaf: Schema) -> plan.Plan:
        """The state after a row, over state and row before."""
        node: plan.Plan = plan.Outer(leaf)
        for k in range(len(self.steps), 0, -1):
            node = self._step(node, k)
        return node

    def _step(self, node: plan.Plan, k: int) -> plan.Plan:
        step, before = self.steps[k - 1], dict(self._refs(node))
        own = {(j, c): before[_held(k, j, c)] for j, c in self.seen(k)}
        older = {(j, c): before[_held(k - 1, j, c)] if j < k else self.nothing(c) for j, c in own} if k > 1 else own
        first = _FALSE if k == 1 else _both(before[f"\0active{k - 1}"], self._bound(step.condition, older))
        second = self._bound(step.condition, own)
        if k > 1:
            second = _both(before[f"\0active{k}"], second)
        node = _extended(node, {"\0first": first, "\0second": _truth(second)})
        refs = dict(self._refs(node))
        promoted = refs["\0first"]
        matched = _either(promoted, refs["\0second"])
        seen = {key: _if(promoted, older[key], value) if k > 1 else value for key, value in own.items()}
        node = _extended(node, {"\0matched": matched, **{f"\0seen{j}:{c}": v for (j, c), v in seen.items()}})
        refs = dict(self._refs(node))
        values = {key: refs[f"\0seen{key[0]}:{key[1]}"] for key in own}
        assigned = {a.name: self._bound(a.value, values) for a in step.assignments}
        new = {_given(k, c.name): assigned.get(c.name, c.value) for c in self.node.declared}
        node = _extended(node, new)
        return self._remembered(node, k, values)

    def _remembered(self, node: plan.Plan, k: int, values: dict[tuple[int, str], Scalar]) -> plan.Plan:
        """The state of step k after the row; a state that was promoted leaves the step before without one."""
        refs = dict(self._refs(node))
        promoted, matched = refs["\0first"], refs["\0matched"]
        changed: dict[str, Scalar] = {}
        for (j, c), value in values.items():
            new = refs[_given(k, c)] if c in self.defaults else refs[c]
            changed[_held(k, j, c)] = value if j < k else _if(matched, new, value)
        identity: Scalar
        if k == 1:
            following = Call("add", (refs["\0next"], Literal(1, _LONG)), _LONG)
            begins = _both(matched, _not(refs["\0active1"]))
            identity = _if(begins, following, refs["\0match1"])
            changed["\0next"] = _if(begins, following, refs["\0next"])
        else:
            identity = _if(promoted, refs[f"\0match{k - 1}"], refs[f"\0match{k}"])
            for j, c in self.seen(k - 1):
                name = _held(k - 1, j, c)
                changed[name] = _if(promoted, self.nothing(c), refs[name])
            changed[f"\0active{k - 1}"] = _both(_not(promoted), refs[f"\0active{k - 1}"])
            changed[f"\0match{k - 1}"] = _if(promoted, Literal(None, _LONG), refs[f"\0match{k - 1}"])
        changed[f"\0match{k}"] = changed[f"\0id{k}"] = identity
        changed[f"\0active{k}"] = _either(matched, refs[f"\0active{k}"])
        changed[f"\0out{k}"] = matched if self.steps[k - 1].output else _FALSE
        return _extended(node, changed)

    def _bound(self, value: Scalar, state: dict[tuple[int, str], Scalar]) -> Scalar:
        """The expression with what the steps remember in the place of `step.column`."""
        names = {plan.state_column(self.steps[j - 1].name, c): v for (j, c), v in state.items()}
        return with_columns(value, names)

    @staticmethod
    def _refs(node: plan.Plan) -> Iterable[tuple[str, Scalar]]:
        return ((c.name, ColumnRef(c.name, c.type)) for c in node.schema)


def _held(k: int, j: int, column: str) -> str:
    """What the state of step k remembers of a column of step j."""
    return f"\0held{k}:{j}:{column}"


def _given(k: int, column: str) -> str:
    """What step k put into a declared column for this row."""
    return f"\0given{k}:{column}"


def _extended(node: plan.Plan, new: dict[str, Scalar]) -> plan.Plan:
    columns = {c.name: Named(c.name, ColumnRef(c.name, c.type)) for c in node.schema}
    columns |= {name: Named(name, value) for name, value in new.items()}
    return plan.Project(node, tuple(columns.values()))


def _if(condition: Scalar, then: Scalar, otherwise: Scalar) -> Scalar:
    return Call("iff", (condition, then, otherwise), otherwise.type)


def _truth(value: Scalar) -> Scalar:
    return _if(value, _TRUE, _FALSE)


def _both(left: Scalar, right: Scalar) -> Scalar:
    return _truth(Call("and", (left, right), _BOOL))


def _either(left: Scalar, right: Scalar) -> Scalar:
    return Call("or", (left, right), _BOOL)


def _not(value: Scalar) -> Scalar:
    return Call("not", (value,), _BOOL)


# ---------------------------------------------------------------- the recursive query


def _numbered(emitter: Emitter, node: plan.ScanSteps, step: Step) -> str:
    """The rows as a table, with their place in the order (of their key) as the last column."""
    keys = [step.output(name) for name in node.keys]
    order = exp.Order(expressions=[key.ordered() for key in step.order])
    place = exp.Window(this=sql.call("row_number"), partition_by=keys or None, order=order)
    schema = Schema([*step.schema, Column(_PLACE, _LONG)])
    return table(emitter, Step(step.source, schema, (*step.outputs, place), where=step.where, joins=step.joins))


def _first(machine: _Machine, source: str, node: plan.ScanSteps) -> exp.Select:
    """The state before any row: one per key."""
    names = list(node.source.schema.names())
    keys = {name: sql.column(f"c{names.index(name)}") for name in node.keys}
    nothing = [sql.cast(sql.literal(None, c.type), c.type) for c in node.source.schema]
    outputs: list[Expr] = [keys.get(c.name, cell) for c, cell in zip(node.source.schema, nothing, strict=True)]
    outputs.append(sql.cast(sql.number(0), _LONG))
    outputs += [sql.cast(sql.literal(_constant(v), v.type), v.type) for v in machine.start.values()]
    select = exp.Select(expressions=[sql.alias(value, f"c{i}") for i, value in enumerate(outputs)])
    if keys:
        select.set("from_", exp.From(this=exp.Table(this=exp.Identifier(this=source, quoted=False))))
        select.set("distinct", exp.Distinct())
    return select


def _constant(value: Scalar) -> object:
    if not isinstance(value, Literal):
        raise cannot("a default of scan must be a constant")
    return value.value


def _row_schema(node: plan.ScanSteps) -> Schema:
    return Schema([*node.source.schema, Column(_PLACE, _LONG)])


def _state_schema(machine: _Machine) -> Schema:
    return Schema(Column(name, value.type) for name, value in machine.start.items())


def _again(emitter: Emitter, machine: _Machine, source: str, state: str, node: plan.ScanSteps) -> exp.Select:
    """The state after the next row of each key."""
    rows, carried = _row_schema(node), _state_schema(machine)
    names = list(rows.names())
    new, old = emitter.name("n"), emitter.name("w")
    on = [
        exp.EQ(
            this=sql.column(f"c{names.index(_PLACE)}", new),
            expression=sql.binary(exp.Add, sql.column(f"c{names.index(_PLACE)}", old), sql.number(1)),
        ),
        *(
            exp.NullSafeEQ(this=sql.column(f"c{i}", new), expression=sql.column(f"c{i}", old))
            for i in map(names.index, node.keys)
        ),
    ]
    outputs: list[Expr] = [sql.column(f"c{i}", new) for i in range(len(rows))]
    outputs += [sql.column(f"c{len(rows) + i}", old) for i in range(len(carried))]
    schema = Schema([*rows, *carried])
    join = exp.Join(this=_table(source, new), on=sql.all_of(list(on)), kind="INNER")
    emitter.outer.append(emitter.nested(Step(_table(state, old), schema, tuple(outputs), joins=(join,))))
    step = emitter.emit(machine.passage(schema))
    emitter.outer.pop()
    kept = tuple(sql.cast(step.output(c.name), c.type) for c in schema)
    return Step(step.source, schema, kept, where=step.where, joins=step.joins).select()


def _table(name: str, alias: str) -> exp.Table:
    shown = exp.TableAlias(this=exp.Identifier(this=alias, quoted=False))
    return exp.Table(this=exp.Identifier(this=name, quoted=False), alias=shown)


def _matches(emitter: Emitter, machine: _Machine, state: str, node: plan.ScanSteps) -> Step:
    """The rows that a step put out, once for each such step."""
    schema = Schema([*_row_schema(node), *_state_schema(machine)])
    name, steps = emitter.name("w"), emitter.name("p")
    cells = {c.name: sql.column(f"c{i}", name) for i, c in enumerate(schema)}
    count = len(machine.steps)
    numbers = exp.Select(
        expressions=[sql.alias(sql.call("unnest", sql.call("range", sql.number(1), sql.number(count + 1))), "i")]
    )

    def of_step(stem: str) -> Expr:
        pairs = [
            (exp.EQ(this=sql.column("i", steps), expression=sql.number(k)), cells[stem.replace("#", str(k), 1)].copy())
            for k in range(1, count + 1)
        ]
        return sql.case(pairs)

    outputs: list[Expr] = [cells[c.name] for c in node.source.schema]
    outputs += [of_step(f"\0given#:{c.name}") for c in node.declared]
    if node.match_id:
        outputs.append(of_step("\0id#"))
    apart = (hashed(emitter, c.type, cells[c.name]) for c in schema if c.name in node.keys)
    order = (*apart, OrderKey(cells[_PLACE]), OrderKey(sql.column("i", steps), descending=True))
    return Step(
        _table(state, name),
        node.schema,
        tuple(outputs),
        where=(of_step("\0out#"),),
        order=order,
        defined=True,
        joins=(exp.Join(this=sql.subquery(numbers, steps), kind="CROSS"),),
    )
