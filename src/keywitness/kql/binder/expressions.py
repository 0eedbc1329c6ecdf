"""Scalar expressions: syntax in, typed scalars of the plan out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from keywitness.kql import functions, plan, syntax
from keywitness.kql.binder import calls, comparisons, diagnostics, folding
from keywitness.kql.binder.context import (
    Context,
    Graph,
    Pattern,
    Place,
    Rows,
    ScalarValue,
    Scope,
    Table,
    UserFunction,
    unknown_column,
)
from keywitness.kql.binder.parts import Part
from keywitness.kql.binder.types import BOOL, DYNAMIC, LONG, REAL, STRING, arithmetic, convert
from keywitness.kql.functions import Kind
from keywitness.kql.functions.function import INTEGER, NUMBER, TEXT
from keywitness.model.schema import Column, KqlType, Schema

_ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}


@dataclass(slots=True)
class Aggregates:
    """Aggregates met while binding the expressions of one `summarize`: each stands for a column."""

    found: list[plan.NamedAggregate] = field(default_factory=list)

    def column(self, context: Context, aggregate: plan.Aggregate) -> plan.ColumnRef:
        """The column that holds the aggregate."""
        for known in self.found:
            if known.value == aggregate:
                return plan.ColumnRef(known.name, aggregate.type)
        name = context.fresh("aggregate")
        self.found.append(plan.NamedAggregate(name, aggregate))
        return plan.ColumnRef(name, aggregate.type)


class Expressions:
    """Binds expressions over one input.

    Args:
        context: The query.
        scope: The names that `let` defined.
        rows: The input; None where no columns exist (print, arguments of let).
        aggregates: Collects aggregates in `summarize`; None elsewhere.
    """

    def __init__(self, context: Context, scope: Scope, rows: Rows | None, aggregates: Aggregates | None = None) -> None:
        self.context = context
        self.scope = scope
        self.rows = rows
        self.aggregates = aggregates
        #: Columns that the same operator makes, for messages.
        self.beside: frozenset[str] = frozenset()
        self._columns: Mapping[str, Column] = rows.columns if rows else {}

    def collect(self, aggregate: plan.Aggregate) -> plan.ColumnRef:
        """The column of `summarize` that will hold an aggregate.

        Raises:
            ValueError: If nothing collects aggregates here.
        """
        if self.aggregates is None:
            raise ValueError("no aggregates are collected here")
        return self.aggregates.column(self.context, aggregate)

    def without_aggregates(self) -> Expressions:
        """The same input for what stands inside an aggregate."""
        return Expressions(self.context, self.scope, self.rows)

    def bind(self, expression: syntax.Node) -> plan.Scalar:
        """The expression as a typed scalar, folded where it is constant.

        Raises:
            RefusedError: If a name, a type or a function does not fit.
        """
        handler = _HANDLERS.get(type(expression))
        if handler is None:
            raise diagnostics.scalar_expected(expression.span, "this")
        value = folding.fold(handler(self, expression))
        self.context.sketches.place(value, expression.span)
        return value

    def bind_all(self, expressions: Iterable[syntax.Node]) -> list[plan.Scalar]:
        """Each of several expressions.

        Raises:
            RefusedError: With everything that was refused in any of them.
        """
        return diagnostics.each(self.bind, expressions)

    def bind_bool(self, expression: syntax.Node) -> plan.Scalar:
        """An argument that is a predicate.

        Raises:
            RefusedError: If its type is not bool.
        """
        value = self.bind(expression)
        if value.type is not BOOL:
            raise diagnostics.wrong_type(expression.span, value.type, [BOOL])
        return value

    def bind_condition(self, expression: syntax.Node) -> plan.Scalar:
        """The predicate of an operator.

        Raises:
            RefusedError: If its type is not bool.
        """
        value = self.bind(expression)
        if value.type is not BOOL:
            raise diagnostics.wrong_expression(expression.span, value.type, BOOL)
        return value

    def bind_constant(self, expression: syntax.Node, what: str) -> plan.Scalar:
        """A value that no column changes.

        Raises:
            RefusedError: If it reads a column.
        """
        value = self.bind(expression)
        if folding.reads_columns(value):
            raise diagnostics.constant_expected(expression.span, what)
        return value

    def column(self, name: str) -> Column | None:
        """The column of that name, also a hidden one."""
        return self._columns.get(name)

    def visible(self) -> Iterable[Column]:
        """The columns that `*` means."""
        return (c for c in self._columns.values() if not c.hidden)

    # ------------------------------------------------------------ names and members

    def _name(self, node: syntax.NameRef) -> plan.Scalar:
        column = self._columns.get(node.name)
        if column is not None:
            return plan.ColumnRef(column.name, column.type)
        entity = self.scope.find(node.name)
        if isinstance(entity, ScalarValue):
            if entity.per_row and self.rows is not None:
                raise diagnostics.row_value_in_table(node.span, node.name)
            return entity.value
        if isinstance(entity, Table):
            raise diagnostics.scalar_expected(node.span, f"'{node.name}'")
        if isinstance(entity, Graph):
            raise diagnostics.table_of_graph_expected(node.span, f"'{node.name}'")
        if isinstance(entity, UserFunction):
            if entity.definition.parameters:
                raise diagnostics.uncalled(node.span, node.name)
            return self._user_call(syntax.Call(node.span, node, ()), entity)
        raise self.unknown(node)

    def unknown(self, node: syntax.NameRef) -> Exception:
        """The refusal of a name that nothing has."""
        if node.name in self.beside:
            return diagnostics.made_beside(node.span, node.name)
        if (self.rows is None or not self.rows.schema) and node.name not in self.context.unsure:
            return diagnostics.unknown_name(node.span, node.name, self.scope)
        return unknown_column(self.context, self.rows or Rows(plan.Constant(Schema(), ())), node, list(self.scope))

    def _member(self, node: syntax.Member) -> plan.Scalar:
        if not isinstance(node.name, syntax.NameRef):
            raise diagnostics.column_expected(node.name.span)
        if isinstance(node.object, syntax.NameRef) and isinstance(self.scope.find(node.object.name), Place):
            entity = self.context.bind_entity(self.context, self.scope, node)
            if isinstance(entity, ScalarValue):
                return entity.value
            raise diagnostics.scalar_expected(node.span, "this")
        object = self.bind(node.object)
        if object.type is not DYNAMIC:
            raise diagnostics.no_member(node.name.span, node.name.name, object.type)
        return plan.Call("member", (object, plan.Literal(node.name.name, STRING)), DYNAMIC)

    def _index(self, node: syntax.Index) -> plan.Scalar:
        object, index = self.bind_all((node.object, node.index))
        if object.type is not DYNAMIC:
            raise diagnostics.no_member(node.span, str(getattr(node.index, "value", "")), object.type)
        if index.type is DYNAMIC:
            index = convert(index, STRING)
        if index.type not in TEXT | INTEGER:
            raise diagnostics.wrong_type(node.index.span, index.type, [LONG, STRING])
        if isinstance(index, plan.Literal) and index.type is STRING:
            return plan.Call("member", (object, index), DYNAMIC)
        return plan.Call("index", (object, index), DYNAMIC)

    # ------------------------------------------------------------ operators

    def _literal(self, node: syntax.Literal) -> plan.Scalar:
        if node.type is STRING and node.value is None:
            return plan.Literal("", STRING)
        return plan.Literal(node.value, node.type)

    def _unary(self, node: syntax.Unary) -> plan.Scalar:
        operand = self.bind(node.operand)
        if operand.type not in NUMBER | {KqlType.TIMESPAN, DYNAMIC}:
            raise diagnostics.wrong_operand(node.span, node.op, operand.type, [LONG, REAL, KqlType.TIMESPAN])
        if operand.type in INTEGER:
            operand = convert(operand, LONG)
        return operand if node.op == "+" else plan.Call("negate", (operand,), operand.type)

    def _binary(self, node: syntax.Binary) -> plan.Scalar:
        if node.op in _ARITHMETIC:
            return self._arithmetic(node)
        return comparisons.bind_binary(self, node)

    def _arithmetic(self, node: syntax.Binary) -> plan.Scalar:
        left, right = self.bind_all((node.left, node.right))
        rule = arithmetic(node.op, left.type, right.type)
        if rule is None:
            help = "strcat() joins strings" if STRING in (left.type, right.type) and node.op == "+" else ""
            if {left.type, right.type} - NUMBER == {STRING} and node.op != "+":
                help = "convert the text with tolong() or todouble()"
            raise diagnostics.wrong_operands(node.span, node.op, left.type, right.type, help)
        result, left_type, right_type = rule
        return plan.Call(_ARITHMETIC[node.op], (convert(left, left_type), convert(right, right_type)), result)

    def _logical(self, node: syntax.Logical) -> plan.Scalar:
        operands = tuple(diagnostics.each(lambda operand: self._truth(operand, node.op), node.operands))
        return plan.Call(node.op, operands, BOOL)

    def _truth(self, expression: syntax.Node, op: str) -> plan.Scalar:
        value = self.bind(expression)
        if value.type is DYNAMIC:
            return convert(value, BOOL)
        if value.type is not BOOL:
            raise diagnostics.wrong_operand(expression.span, op, value.type, [BOOL])
        return value

    def _between(self, node: syntax.Between) -> plan.Scalar:
        return comparisons.bind_between(self, node)

    def _in(self, node: syntax.In) -> plan.Scalar:
        return comparisons.bind_in(self, node)

    # ------------------------------------------------------------ calls

    def _call(self, node: syntax.Call) -> plan.Scalar:
        name = node.function.name
        entity = self.scope.find(name)
        if isinstance(entity, UserFunction):
            return self._user_call(node, entity)
        if isinstance(entity, Pattern):
            raise diagnostics.scalar_expected(node.span, f"the pattern {name}()")
        if self.aggregates is not None and (row := functions.find_aggregate(name)):
            return calls.bind_aggregate(self, node, row)
        row = functions.find(name)
        if row is None:
            stored = self.context.find(self.scope, name)
            if isinstance(stored, UserFunction):
                return self._user_call(node, stored)
        if row is None or row.refusal:
            raise self._no_value(node, row)
        if row.kind is Kind.WINDOW:
            return calls.bind_window(self, node, row)
        return calls.bind_scalar(self, node, row)

    def _part(self, node: Part) -> plan.Scalar:
        """One value of a function that gives several: an engine sees it as an element of an array."""
        row = functions.find(node.function.name)
        if row is None:
            raise self._no_function(node)
        columns = row.signatures[0].columns
        type = columns[node.place][1] if columns else DYNAMIC
        whole = calls.bind_scalar(self, node, row, whole=True)
        return convert(plan.Call("index", (whole, plan.Literal(node.place, LONG)), DYNAMIC), type)

    def _no_value(self, node: syntax.Call, row: functions.Function | None) -> diagnostics.RefusedError:
        """The refusal of a call that has no value, with what is wrong in its arguments."""
        if row is None:
            refused = self._no_function(node)
        else:
            refused = diagnostics.not_supported(node.function.span, f"{node.function.name}()", row.refusal)
        try:
            self.bind_all(a for a in node.args if self._may_be_scalar(a))
        except diagnostics.RefusedError as inside:
            return diagnostics.RefusedError(*refused.diagnostics, *inside.diagnostics)
        return refused

    def _may_be_scalar(self, node: syntax.Node) -> bool:
        """False for what only certain functions take: tables, `*`, named arguments."""
        if isinstance(node, syntax.NameRef):
            return node.name in self._columns or self.context.catalog.schema(node.name) is None
        return type(node) in _HANDLERS and not isinstance(node, syntax.Star | syntax.Named)

    def _no_function(self, node: syntax.Call) -> diagnostics.RefusedError:
        name = node.function.name
        if functions.find_aggregate(name):
            return diagnostics.aggregate_elsewhere(node.function.span, name)
        if functions.find_graph_function(name):
            return diagnostics.graph_function_elsewhere(node.function.span, name)
        if name in calls.TABULAR:
            return diagnostics.scalar_expected(node.span, f"{name}()")
        known = [n for f in functions.every() if not f.refusal for n in (f.name, *f.aliases)]
        own = self.context.catalog.function_names()
        return diagnostics.unknown_function(node.function.span, name, [*known, *self.scope, *own])

    def _user_call(self, node: syntax.Call, function: UserFunction) -> plan.Scalar:
        result = self.context.call_user(self.context, self.scope, function, node, self.rows, None)
        if not isinstance(result, ScalarValue):
            raise diagnostics.scalar_expected(node.span, f"the result of {node.function.name}()")
        return result.value

    def tabular_call(self, node: syntax.Call, name: str) -> Rows | None:
        """The rows of a call that gives a table, None for one that gives a scalar."""
        if name in calls.TABULAR or isinstance(self.context.find(self.scope, name), UserFunction):
            entity = self.context.bind_entity(self.context, self.scope, node)
            return entity.rows if isinstance(entity, Table) else None
        return None

    def _refuse_star(self, node: syntax.Node) -> plan.Scalar:
        raise diagnostics.column_expected(node.span)

    def _refuse_named(self, node: syntax.Named) -> plan.Scalar:
        raise diagnostics.named_argument(node.span)

    def _refuse_method(self, node: syntax.MethodCall) -> plan.Scalar:
        if functions.find(node.call.function.name) is not None:
            raise diagnostics.method(node.span, node.call.function.name)
        raise diagnostics.not_supported(node.span, "a call on another database or cluster", "a case is one database")


_Handler = Callable[[Expressions, Any], plan.Scalar]

_HANDLERS: dict[type[syntax.Node], _Handler] = {
    syntax.NameRef: Expressions._name,
    syntax.Member: Expressions._member,
    syntax.Index: Expressions._index,
    syntax.Literal: Expressions._literal,
    syntax.Unary: Expressions._unary,
    syntax.Binary: Expressions._binary,
    syntax.Logical: Expressions._logical,
    syntax.Between: Expressions._between,
    syntax.In: Expressions._in,
    syntax.Call: Expressions._call,
    Part: Expressions._part,
    syntax.Star: Expressions._refuse_star,
    syntax.WildcardName: Expressions._refuse_star,
    syntax.Named: Expressions._refuse_named,
    syntax.MethodCall: Expressions._refuse_method,
}
