"""Sketches: what `hll()` and `tdigest()` give is read by functions of their kind only, and never shown.

Kusto's own value is a summary whose form may change; here it holds all that was counted, so that every reader is exact.
Its text would say nothing of Kusto's, so each use that would let it out is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from keywitness.kql import plan
from keywitness.kql.binder import diagnostics
from keywitness.kql.syntax import Span

HLL, TDIGEST = "hll()", "tdigest()"
#: What makes a sketch of plain values.
MAKERS = {"hll": HLL, "hll_if": HLL, "tdigest": TDIGEST}
#: What makes one sketch of several.
MERGERS = {"hll_merge": HLL, "tdigest_merge": TDIGEST}
#: What reads a sketch, its first argument; `hll_intersection` reads all of them.
READERS = {
    "dcount_hll": HLL,
    "hll_intersection": HLL,
    "percentile_tdigest": TDIGEST,
    "percentiles_array_tdigest": TDIGEST,
    "rank_tdigest": TDIGEST,
    "percentrank_tdigest": TDIGEST,
}
_EVERY_ARGUMENT = MERGERS.keys() | {"hll_intersection"}
_PICKERS = {"take_any", "arg_max", "arg_min"}
_HELP = {
    HLL: "dcount_hll(), hll_merge() and dcount_intersect read it",
    TDIGEST: "percentile_tdigest(), percentiles_array_tdigest(), rank_tdigest(), percentrank_tdigest() and "
    "tdigest_merge() read it",
}


class _MisusedError(Exception):
    """A sketch where none may stand, or something else where one has to."""

    def __init__(self, what: str, help: str) -> None:
        super().__init__(what)
        self.what = what
        self.help = help
        self.span: Span | None = None


def _shown(kind: str) -> _MisusedError:
    return _MisusedError(f"the value of {kind} outside of the functions that read it", _HELP[kind])


@dataclass(slots=True)
class Sketches:
    """Which columns of a plan hold sketches.

    Every node and scalar of a plan is looked at, and what is not known to keep a sketch to itself is refused.
    """

    _met: bool = False
    _places: dict[int, tuple[plan.Scalar | plan.Aggregate, Span]] = field(default_factory=dict)
    _known: dict[int, tuple[plan.Plan, Mapping[str, str]]] = field(default_factory=dict)
    _outer: list[Mapping[str, str]] = field(default_factory=list)

    def place(self, value: plan.Scalar | plan.Aggregate, span: Span) -> None:
        """Remember where a call stands, from the first one on that makes a sketch or reads one."""
        if not isinstance(value, plan.Call | plan.Aggregate):
            return
        self._met = self._met or value.function in MAKERS or value.function in MERGERS or value.function in READERS
        if self._met:
            self._places.setdefault(id(value), (value, span))

    def check(self, result: plan.Plan, span: Span) -> None:
        """Refuses a result that shows a sketch, or lets one out on the way.

        Raises:
            RefusedError: With the place of the call, or `span` for the result itself.
        """
        if not self._met:
            return
        try:
            shown = self._columns_of(result)
        except _MisusedError as misused:
            raise diagnostics.not_supported(misused.span or span, misused.what, misused.help) from None
        for name, kind in shown.items():
            help = f"{_HELP[kind]}; leave it out of the result with project-away"
            raise diagnostics.not_supported(span, f"showing '{name}', a value of {kind},", help)

    def _columns_of(self, node: plan.Plan) -> Mapping[str, str]:
        """The columns that hold a sketch, each with what made it."""
        known = self._known.get(id(node))
        if known is None or isinstance(node, plan.Outer):
            known = self._known[id(node)] = (node, self._columns(node))
        return known[1]

    def _kind(self, value: plan.Scalar | plan.Aggregate, columns: Mapping[str, str]) -> str:
        """What made the sketch that the value is; empty where it is none."""
        try:
            return (
                self._aggregate(value, columns) if isinstance(value, plan.Aggregate) else self._scalar(value, columns)
            )
        except _MisusedError as misused:
            if misused.span is None and id(value) in self._places:
                misused.span = self._places[id(value)][1]
            raise

    def _scalar(self, value: plan.Scalar, columns: Mapping[str, str]) -> str:
        match value:
            case plan.ColumnRef(name=name):
                return columns.get(name, "")
            case plan.ToScalar(plan=inner):
                return self._columns_of(inner).get(inner.schema[0].name, "")
            case plan.InTable(needle=needle, plan=inner):
                self._none([needle], columns)
                self._nothing(self._columns_of(inner))
            case plan.Call(function=function, args=args) | plan.WindowCall(function=function, args=args):
                if function in READERS or function in MERGERS:
                    return self._read(function, args, columns)
                self._none(args, columns)
        return ""

    def _read(self, function: str, args: tuple[plan.Scalar, ...], columns: Mapping[str, str]) -> str:
        wanted = READERS.get(function) or MERGERS[function]
        count = len(args) if function in _EVERY_ARGUMENT else 1
        for argument in args[:count]:
            if self._kind(argument, columns) != wanted:
                help = "what Kusto stored has a form of its own; make it from the rows in the same query"
                raise _MisusedError(f"{function}() of anything but a value of {wanted}", help)
        self._none(args[count:], columns)
        return MERGERS.get(function, "")

    def _none(self, values: Iterable[plan.Scalar | None], columns: Mapping[str, str]) -> None:
        """Refuses values that are sketches."""
        for value in values:
            if value is not None and (kind := self._kind(value, columns)):
                raise _shown(kind)

    @staticmethod
    def _nothing(columns: Mapping[str, str]) -> None:
        for kind in columns.values():
            raise _shown(kind)

    def _aggregate(self, aggregate: plan.Aggregate, columns: Mapping[str, str]) -> str:
        if aggregate.function in MERGERS:
            return self._read(aggregate.function, aggregate.args, columns)
        if aggregate.function in _PICKERS:
            *others, last = aggregate.args
            self._none(others, columns)
            return self._kind(last, columns)
        self._none(aggregate.args, columns)
        return MAKERS.get(aggregate.function, "")

    # ------------------------------------------------------------ nodes

    def _columns(self, node: plan.Plan) -> Mapping[str, str]:
        match node:
            case plan.Scan() | plan.External() | plan.Constant():
                return {}
            case plan.Outer():
                return self._outer[-1] if self._outer else {}
            case plan.Range():
                self._none((node.start, node.stop, node.step), {})
                return {}
            case plan.Project(source=source, columns=named):
                inside = self._columns_of(source)
                return _held({c.name: self._kind(c.value, inside) for c in named})
            case plan.Summarize(source=source, keys=keys, aggregates=aggregates):
                inside = self._columns_of(source)
                self._none((k.value for k in keys), inside)
                return _held({a.name: self._kind(a.value, inside) for a in aggregates})
            case plan.Join(left=left, right=right):
                return self._join(node, self._columns_of(left), self._columns_of(right))
            case plan.Union(sources=sources):
                return self._union(sources)
            case plan.MvApply(source=source, body=body) | plan.Partition(source=source, body=body):
                return self._applied(node, self._columns_of(source), body)
            case plan.TabularCall(sources=sources):
                for part in sources:
                    self._nothing(self._columns_of(part))
                return {}
            case plan.ScanSteps() | plan.MakeSeries():
                self._nothing(self._columns_of(node.source))
                self._inside(node)
                return {}
        inside = self._columns_of(node.source)
        self._one_source(node, inside)
        return inside

    def _one_source(self, node: plan.Plan, inside: Mapping[str, str]) -> None:
        """The scalars of a node that has the columns of its source."""
        match node:
            case plan.Filter(predicate=predicate):
                self._none((predicate,), inside)
            case plan.Sort(keys=keys):
                self._none((k.value for k in keys), inside)
            case plan.Take(count=count) | plan.Sample(count=count):
                self._none((count,), {})
            case plan.MvExpand(columns=expanded, limit=limit):
                self._none((limit,), {})
                self._nothing({c: k for c, k in inside.items() if c in expanded})

    def _inside(self, node: plan.ScanSteps | plan.MakeSeries) -> None:
        if isinstance(node, plan.MakeSeries):
            for aggregate in node.aggregates:
                self._nothing(_held({aggregate.name: self._kind(aggregate.value, {})}))
            self._none((*node.defaults, node.start, node.stop, node.step), {})
            return
        for step in node.steps:
            self._none((step.condition, *(a.value for a in step.assignments)), {})
        self._none((d.value for d in node.declared), {})

    def _join(self, node: plan.Join, left: Mapping[str, str], right: Mapping[str, str]) -> Mapping[str, str]:
        self._none(node.left_keys, left)
        self._none(node.right_keys, right)
        sides = {"left": left, "right": right}
        return _held({c.name: sides[c.side].get(c.source_name, "") for c in node.columns})

    def _union(self, sources: tuple[plan.Plan, ...]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for columns in map(self._columns_of, sources):
            for name, kind in columns.items():
                if found.setdefault(name, kind) != kind:
                    raise _shown(kind)
        return found

    def _applied(
        self, node: plan.MvApply | plan.Partition, inside: Mapping[str, str], body: plan.Plan
    ) -> Mapping[str, str]:
        expanded = node.columns if isinstance(node, plan.MvApply) else ()
        self._nothing({c: k for c, k in inside.items() if c in expanded})
        self._outer.append(inside)
        found = self._columns_of(body)
        self._outer.pop()
        own = {c.name for c in body.schema}
        return {**{c: k for c, k in inside.items() if c not in own}, **found}


def _held(kinds: dict[str, str]) -> Mapping[str, str]:
    return {name: kind for name, kind in kinds.items() if kind}
