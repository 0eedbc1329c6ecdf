"""Plugins of user analytics: who was seen in which window of time, written as KQL over `id`, `t` and `d0`, `d1` ...

Names and order of the columns are those of Microsoft's analyser; what a page leaves open is refused, by the text itself
where only the rows can tell. Source: the pages `<name>-plugin` of Kusto's query reference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keywitness.kql import functions, plan, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.context import Context, Rows, Scope, Table
from keywitness.kql.binder.expressions import Expressions
from keywitness.kql.binder.subqueries import answer, only_if
from keywitness.kql.binder.types import DATETIME, DYNAMIC, INT, LONG, STRING, TIMESPAN, convert
from keywitness.kql.functions.function import NUMBER
from keywitness.model.schema import KqlType

_TIMELINES = {DATETIME: (DATETIME, TIMESPAN), TIMESPAN: (TIMESPAN, TIMESPAN), LONG: (LONG, LONG), INT: (LONG, LONG)}
_DAY = 864_000_000_000
#: Periods of the calendar: index of the window of `t` counted from Start, and start of the window `i`.
_CALENDAR = {
    "month": ("datetime_diff('month', {t}, Start)", "datetime_add('month', {i}, Start)"),
    "year": ("datetime_diff('year', {t}, Start)", "datetime_add('year', {i}, Start)"),
}
_SPANS = ("tolong(round((bin_at({t}, Step, Start) - Start) / Step))", "Start + {i} * Step")
_NUMBERS = ("(bin_at({t}, Step, Start) - Start) / Step", "Start + {i} * Step")

_GAP = (
    "%s(): a window between Start and End has no rows, and no page says whether Kusto shows it: set Start and End to a "
    "span without gaps, or take wider windows"
)
_EARLY = (
    "%s(): rows before Start lie in what the first windows look back on, and no page says whether Kusto counts them: "
    "begin earlier and filter the result, or filter the rows first"
)


# ---------------------------------------------------------------- arguments


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of a timeline: texts for the index of a moment, the start of a window, and what has to hold."""

    index: str
    label: str
    check: str = ""

    def of(self, moment: str) -> str:
        """The number of the window that a moment lies in, from 0."""
        return self.index.format(t=moment)

    def start(self, number: str) -> str:
        """Where a window starts."""
        return self.label.format(i=number)


class Call:
    """The arguments of one plugin, read one by one; `id`, `t` and `d0` ... are the columns that texts speak of."""

    def __init__(self, context: Context, scope: Scope, rows: Rows, node: syntax.Evaluate) -> None:
        self.context, self.scope, self.rows, self.node = context, scope, rows, node.call
        self.name = node.call.function.name
        self.e = Expressions(context, scope, rows)
        self.args: Sequence[syntax.Node] = node.call.args
        self.columns: dict[str, plan.ColumnRef] = {}
        self.constants: dict[str, plan.Scalar] = {}
        self.dimensions: list[str] = []
        self.place = 0

    def next(self) -> syntax.Node:
        """The next argument.

        Raises:
            RefusedError: If there is none.
        """
        if self.place >= len(self.args):
            row = functions.find_plugin(self.name)
            texts = row.texts if row else ()
            raise diagnostics.argument_count(self.node.span, self.name, texts, len(self.args))
        self.place += 1
        return self.args[self.place - 1]

    def peek(self) -> syntax.Node | None:
        """The next argument, left where it is."""
        return self.args[self.place] if self.place < len(self.args) else None

    def column(self, name: str, types: Sequence[KqlType] = ()) -> plan.ColumnRef:
        """A column of the rows, which the text calls `name`."""
        node = self.next()
        column = self.e.bind(node) if isinstance(node, syntax.NameRef) else None
        if not isinstance(column, plan.ColumnRef):
            raise diagnostics.column_expected(node.span)
        if column.type is DYNAMIC:
            raise diagnostics.dynamic_not_allowed(node.span, f"as a column of {self.name}()")
        if types and column.type not in types:
            raise diagnostics.wrong_type(node.span, column.type, types)
        self.columns[name] = column
        return column

    def timeline(self) -> plan.ColumnRef:
        """The column `t`: one whose windows have exact ends."""
        return self.column("t", tuple(_TIMELINES))

    def moment(self, name: str) -> plan.Scalar:
        """A constant point of the timeline."""
        return self.constant(name, _TIMELINES[self.columns["t"].type][0])

    def width(self, name: str) -> int:
        """A constant width on the timeline: its number, which is above 0."""
        return self.number(name, _TIMELINES[self.columns["t"].type][1])

    def constant(self, name: str, type: KqlType) -> plan.Scalar:
        """A constant of a type, which the text calls `name`."""
        node = self.next()
        value = self.e.bind_constant(node, name)
        if value.type is not type and not (value.type in NUMBER and type is LONG and value.type is INT):
            raise diagnostics.wrong_type(node.span, value.type, [type])
        self.constants[name] = convert(value, type)
        return self.constants[name]

    def number(self, name: str, type: KqlType = LONG) -> int:
        """A literal above 0."""
        node = self.next()
        self.place -= 1
        value = self.constant(name, type)
        if not isinstance(value, plan.Literal):
            raise diagnostics.constant_expected(node.span, name)
        if not value.value or value.value < 0:
            raise diagnostics.bad_value(node.span, f"{name} must be above 0")
        return int(value.value)

    def within(self) -> None:
        """Start and End. Without them the pages do not say where the windows begin."""
        node, wanted = self.peek(), _TIMELINES[self.columns["t"].type][0]
        if node is not None and self.e.bind_constant(node, "Start").type not in {wanted, INT}:
            help = f"give them: {self.name}(Id, Time, Start, End, ...)"
            raise diagnostics.not_supported(node.span, f"{self.name}() without Start and End", help)
        self.moment("Start")
        self.moment("End")

    def windows(self) -> Windows:
        """The step: a width, or a word for a period of the calendar, which then has to begin at Start."""
        node = self.peek()
        value = self.e.bind_constant(node, "the window") if node is not None else None
        if isinstance(value, plan.Literal) and value.type is STRING and node is not None:
            return self._calendar(node, str(value.value))
        self.width("Step")
        return Windows(*(_NUMBERS if self.columns["t"].type in NUMBER else _SPANS))

    def _calendar(self, node: syntax.Node, word: str) -> Windows:
        if word not in {"week", *_CALENDAR} or self.columns["t"].type is not DATETIME:
            raise diagnostics.bad_value(node.span, f"'{word}' is no window here", "week, month or year of a datetime")
        self.next()
        self.constants["Step"] = plan.Literal(7 * _DAY, TIMESPAN)
        message = f"{self.name}(): windows of a {word} need a Start that is startof{word}(Start)"
        return Windows(*_CALENDAR.get(word, _SPANS), only_if(f"Start == startof{word}(Start)", message))

    def dims(self) -> None:
        """The other arguments: columns that slice the result."""
        while self.peek() is not None:
            self.dimensions.append(f"d{len(self.dimensions)}")
            self.column(self.dimensions[-1])

    # ------------------------------------------------------------ texts

    def by(self, *columns: str) -> str:
        """The dimensions and further columns, for `by` and `project`."""
        return ", ".join((*self.dimensions, *columns))

    def sort(self, *columns: str) -> str:
        """The dimensions and further columns, for `sort by`."""
        return ", ".join(c if " " in c else f"{c} asc" for c in (*self.dimensions, *columns))

    def changed(self, *columns: str, back: int = 1) -> str:
        """True where a dimension or one of the columns is not that of the row before."""
        named = (*self.dimensions, *columns)
        return " or ".join(f"tostring(prev({c}, {back})) != tostring({c})" for c in named) or "false"

    def table(self) -> Rows:
        """The rows with the columns of the arguments only, under the names of the text."""
        columns = {n: convert(c, LONG) if n == "t" and c.type is INT else c for n, c in self.columns.items()}
        return Rows(plan.Project(self.rows.plan, tuple(plan.Named(n, c) for n, c in columns.items())))

    def answer(self, text: str, names: dict[str, str], **tables: Rows) -> Rows:
        """The rows of the text under the names of the result.

        Args:
            text: A query over the table `T` and the constants.
            names: Column of the text -> column of the result; `d` stands for all dimensions.
            tables: Further tables of the text.
        """
        found = answer(self.context, text, {"T": self.table(), **tables}, self.constants)
        types = {c.name: c.type for c in found.schema}
        shown: list[plan.Named] = []
        for name, title in names.items():
            for column in self.dimensions if name == "d" else (name,):
                value: plan.Scalar = plan.ColumnRef(column, types[column])
                if title in ("", "from_", "to_"):
                    ours = self.columns[column if name == "d" else "t"]
                    value, titled = convert(value, ours.type), title + ours.name
                else:
                    titled = title
                shown.append(plan.Named(titled, value))
        self._check_names(shown)
        return Rows(plan.Project(found.plan, tuple(shown)), ordered=found.ordered)

    def _check_names(self, shown: list[plan.Named]) -> None:
        names = [n.name for n in shown]
        for name in names:
            if names.count(name) > 1:
                raise diagnostics.already_named(self.node.span, name)


def _gaps(call: Call, windows: Windows, seen: str) -> str:
    """Refuses windows without rows, for each combination of the dimensions that occurs."""
    by = f"by {call.by()}" if call.dimensions else ""
    return f"""let Last = {windows.of("End")};
        let Gaps = toscalar({seen} | summarize n = dcount(w) {by} | summarize countif(n != Last + 1));"""


def _no_gaps(call: Call) -> str:
    return only_if("Gaps == 0", _GAP % call.name)


# ---------------------------------------------------------------- one window against those before


def _counts(call: Call) -> Rows:
    """activity_counts_metrics: End counts, as the page's example has a row there."""
    call.column("id")
    call.timeline()
    call.moment("Start")
    call.moment("End")
    windows = call.windows()
    call.dims()
    text = f"""
        let Seen = T {windows.check} | where t between (Start .. End)
            | summarize rows = count() by {call.by("id", f"w = {windows.of('t')}")};
        {_gaps(call, windows, "Seen")}
        Seen
        | sort by {call.sort("id", "w")}
        | extend new = row_number(1, {call.changed("id")}) == 1
        | summarize rows = sum(rows), ids = dcount(id), new = countif(new and isnotnull(id)) by {call.by("w")}
        | sort by {call.sort("w")}
        | extend all = row_cumsum(new, {call.changed()}), t = {windows.start("w")}
        | sort by t asc, {call.sort("w")}
        {_no_gaps(call)}"""
    titles = {"rows": "count", "ids": "dcount", "new": "new_dcount", "all": "aggregated_dcount"}
    return call.answer(text, {"t": "", "d": "", **titles})


def _metrics(call: Call) -> Rows:
    """activity_metrics: each window against the one before; of nothing before, the rates are not a number."""
    call.column("id")
    call.timeline()
    call.within()
    windows = call.windows()
    call.dims()
    text = f"""
        let Seen = T {windows.check} | where t between (Start .. End)
            | summarize by {call.by("id", f"w = {windows.of('t')}")};
        {_gaps(call, windows, "Seen")}
        Seen
        | sort by {call.sort("id", "w")}
        | extend back = not({call.changed("id")}) and prev(w) == w - 1
        | summarize ids = dcount(id), returned = countif(back and isnotnull(id)) by {call.by("w")}
        | sort by {call.sort("w")}
        | extend before = todouble(iff(not({call.changed()}) and prev(w) == w - 1, prev(ids), long(0)))
        | project {call.by(f"t = {windows.start('w')}", "ids", "new = ids - returned", "retention = returned / before",
                           "churn = (before - returned) / before")}
        | sort by t asc, {call.sort("ids")}
        {_no_gaps(call)}"""  # fmt: skip
    titles = {"ids": "dcount_values", "new": "dcount_newvalues", "retention": "retention_rate", "churn": "churn_rate"}
    return call.answer(text, {"t": "", "d": "", **titles})


def _cohorts(call: Call) -> Rows:
    """new_activity_metrics: every window as the first one of its new ids, against itself and all later ones."""
    call.column("id")
    call.timeline()
    call.moment("Start")
    call.moment("End")
    windows = call.windows()
    cohort = _cohort(call, windows)
    known = _dims_and_lookback(call)
    tables = {"Known": known} if known is not None else {}
    by = f"by {call.by()}" if call.dimensions else ""
    text = f"""
        let Rows = T {windows.check} | where t between (Start .. End);
        let Last = {windows.of("End")};
        let Seen = Rows | where isnotnull(id) {"and id !in (Known)" if tables else ""}
            | summarize by {call.by("id", f"w = {windows.of('t')}")}
            | sort by {call.sort("id", "w")}
            | extend new = row_number(1, {call.changed("id")}) == 1
            | extend debut = row_cumsum(iff(new, w, long(0)), new)
            | summarize n = dcount(id) by {call.by("debut", "w")};
        Rows
        | summarize n = count() {by}
        | where n > 0
        | extend debut = range(0, Last, 1) | mv-expand debut to typeof(long)
        | extend w = range(debut, Last, 1) | mv-expand w to typeof(long)
        | project {call.by("debut", "w", "n = long(0)")}
        | union (Seen | project {call.by("debut", "w", "n")})
        | summarize n = sum(n) by {call.by("debut", "w")}
        | sort by {call.sort("w", "debut desc")}
        | extend later = row_cumsum(n, {call.changed("w")}) - n
        | sort by {call.sort("debut", "w")}
        | extend cohort = row_cumsum(iff(w == debut, n, long(0)), {call.changed("debut")})
        | project {call.by(f"f = {windows.start('debut')}", f"t = {windows.start('w')}",
                           "new = iff(w == debut, n, later)", "n", "lost = cohort - n",
                           "retention = todouble(n) / cohort", "churn = todouble(cohort - n) / cohort")}
        {cohort}
        | sort by f asc, t asc, {call.sort("n")}"""  # fmt: skip
    titles = {"new": "dcount_new_values", "n": "dcount_retained_values", "lost": "dcount_churn_values"}
    rates = {"retention": "retention_rate", "churn": "churn_rate"}
    return call.answer(text, {"f": "from_", "t": "to_", "d": "", **titles, **rates}, **tables)


def _cohort(call: Call, windows: Windows) -> str:
    """The filter for one cohort, where an argument names it."""
    node = call.peek()
    if node is None or (isinstance(node, syntax.NameRef) and call.e.column(node.name) is not None):
        return ""
    if _is_table(call, node):
        return ""
    call.moment("Cohort")
    message = "new_activity_metrics(): the cohort must be the start of a window"
    start = windows.start(f"({windows.of('Cohort')})")
    return only_if(f"{start} == Cohort", message) + " | where f == Cohort"


def _is_table(call: Call, node: syntax.Node) -> bool:
    if isinstance(node, syntax.NameRef) and call.e.column(node.name) is not None:
        return False
    return isinstance(call.context.bind_entity(call.context, call.scope, node), Table)


def _dims_and_lookback(call: Call) -> Rows | None:
    """Dimensions, and the ids that are known from before, in the column of the same name."""
    lookback: Rows | None = None
    if call.args and call.place < len(call.args) and _is_table(call, call.args[-1]):
        node, id = call.args[-1], call.columns["id"]
        call.args = call.args[:-1]
        rows = call.context.bind_table(call.context, call.scope, node)
        column = rows.schema.find(id.name)
        if column is None:
            raise diagnostics.schema_mismatch(node.span, "Lookback", id.name)
        if column.type is not id.type:
            raise diagnostics.wrong_type(node.span, column.type, [id.type])
        if call.place < len(call.args):
            help = "no page says whether an id is known in all dimensions: leave one of the two out"
            raise diagnostics.not_supported(node.span, "a look-back table together with dimensions", help)
        lookback = Rows(plan.Project(rows.plan, (plan.Named("id", plan.ColumnRef(column.name, column.type)),)))
    call.dims()
    return lookback


# ---------------------------------------------------------------- windows that look back


def _sliding(call: Call) -> Rows:
    """sliding_window_counts: the bin and those before it that fit into the look-back, itself included."""
    call.column("id")
    call.timeline()
    call.moment("Start")
    call.moment("End")
    node, lookback = call.peek(), call.width("LookbackWindow")
    windows = _even(call)
    step = call.constants["Step"]
    bins = lookback // int(step.value) if isinstance(step, plan.Literal) else 0
    if not bins and node is not None:
        raise diagnostics.bad_value(node.span, "the look-back is shorter than a bin")
    call.dims()
    text = f"""
        {_looking_back(call, windows, bins)}
        T {windows.check} | where t between (Start .. End)
        | summarize n = count() by {call.by("id", f"w = {windows.of('t')}")}
        {_in_each(bins)}
        | summarize n = sum(n), ids = dcount(id) by {call.by("o")}
        | extend t = {windows.start("o")}
        | sort by t asc, {call.sort("o")}
        {only_if("Early == 0", _EARLY % call.name)}"""
    return call.answer(text, {"t": "", "d": "", "n": "Count", "ids": "Dcount"})


def _even(call: Call) -> Windows:
    """Windows of one width: months and years have none to look back in."""
    node = call.peek()
    value = call.e.bind_constant(node, "the window") if node is not None else None
    if node is not None and isinstance(value, plan.Literal) and value.value in _CALENDAR:
        help = "the page does not say how far a look-back in days reaches in months; use `week` or a timespan"
        raise diagnostics.not_supported(node.span, f"{call.name}() over a {value.value}", help)
    return call.windows()


def _looking_back(call: Call, windows: Windows, bins: int) -> str:
    """The number of rows before Start that the first windows would look back on."""
    return f"""let Last = {windows.of("End")};
        let Early = toscalar(T | where t < Start | where {windows.of("t")} > -{bins} | count);"""


def _in_each(bins: int) -> str:
    """Each row once for every window `o` that looks back on its own window `w`."""
    return f"""| extend all = 0
        | join kind=inner (range later from 0 to {bins - 1} step 1 | extend all = 0) on all
        | extend o = w + later
        | where o <= Last"""


def _engagement(call: Call) -> Rows:
    """activity_engagement: ids of a window, and of the outer window that ends with it."""
    call.column("id")
    call.timeline()
    call.within()
    inner = call.width("Step")
    node, outer = call.peek(), call.width("Outer")
    if outer % inner and node is not None:
        help = "the page does not say where it begins then"
        raise diagnostics.bad_value(node.span, "the outer window must be a multiple of the inner one", help)
    call.dims()
    windows = Windows(*(_NUMBERS if call.columns["t"].type in NUMBER else _SPANS))
    bins = outer // inner
    text = f"""
        let Seen = T | where t between (Start .. End) | summarize by {call.by("id", f"w = {windows.of('t')}")};
        {_looking_back(call, windows, bins)}
        {_gaps(call, windows, "Seen").partition(";")[2]}
        Seen
        {_in_each(bins)}
        | summarize inner_ids = dcountif(id, o == w), outer_ids = dcount(id) by {call.by("o")}
        | extend t = {windows.start("o")}, ratio = todouble(inner_ids) / outer_ids
        | sort by t asc, {call.sort("o")}
        {only_if("Early == 0", _EARLY % call.name)}
        {_no_gaps(call)}"""
    titles = {"inner_ids": "dcount_activities_inner", "outer_ids": "dcount_activities_outer"}
    return call.answer(text, {"t": "", "d": "", **titles, "ratio": "activity_ratio"})


def _active_users(call: Call) -> Rows:
    """active_users_count: ids seen in enough periods up to an appearance, itself included.

    The look-back is open at its far end: the page's example has an appearance exactly that far back, which does not
    count. Text and picture of the example differ in one appearance, as they would if the look-back were cut to whole
    bins, and neither says whether it is measured in moments or in periods. Rows where that matters are refused.
    """
    call.column("id")
    call.timeline()
    call.moment("Start")
    call.moment("End")
    lookback, period, enough = call.width("Lookback"), call.width("Period"), call.number("ActivePeriods")
    node = call.peek()
    windows = call.windows()
    width = call.constants["Step"].value if isinstance(call.constants["Step"], plan.Literal) else 0
    if (_DAY if windows.check else width) % period and node is not None:
        raise diagnostics.bad_value(node.span, "the bin must be a multiple of the period")
    call.dims()
    call.constants["Least"] = plan.Literal(lookback // width * width or lookback, call.constants["Lookback"].type)
    text = f"""
        let Found = T {windows.check} | where isnotnull(id) and t > Start - Lookback and t <= End
        | summarize early = minif(t, t >= Start), late = max(t) by {call.by("id", "p = bin(t, Period)")}
        | sort by {call.sort("id", "p")}
        {_active(call, enough)}
        | where isnotnull(early)
        | summarize sure = dcountif(id, sure), maybe = dcountif(id, maybe) by {call.by(f"w = {windows.of('early')}")};
        let Open = toscalar(Found | summarize countif(sure != maybe));
        Found
        | extend t = {windows.start("w")}
        | sort by t asc, {call.sort("w")}
        {only_if("bin(Start, Period) == Start", "active_users_count(): Start must be the start of a period")}
        {only_if("Open == 0", _HOW_FAR)}
        | where sure > 0"""
    return call.answer(text, {"t": "", "d": "", "sure": "dcount"})


_HOW_FAR = (
    "active_users_count(): an appearance counts or not depending on how the look-back is measured, which the page "
    "leaves open: use a look-back that is a multiple of the bin, and times cut to the period with bin()"
)


def _active(call: Call, enough: int) -> str:
    """Whether the period is the last of enough ones: in every reading of the look-back, or in one of them."""
    back = enough - 1
    if not back:
        return "| extend sure = true, maybe = true"
    return f"""
        | extend same = isnotnull(prev(p, {back})) and not({call.changed("id", back=back)}),
                 moments = early - prev(late, {back}), periods = p - prev(p, {back})
        | extend sure = same and max_of(moments, periods) < Least, maybe = same and min_of(moments, periods) < Lookback
        """


def _rolling(call: Call) -> Rows:
    """rolling_percentile: over the bin and those before it; bins are those of bin()."""
    value = call.column("v", (*NUMBER, DATETIME, TIMESPAN))
    rank = call.next()
    percent = call.e.bind_constant(rank, "the percentile")
    if percent.type not in NUMBER:
        raise diagnostics.wrong_type(rank.span, percent.type, sorted(NUMBER))
    call.constants["Percent"] = percent
    call.timeline()
    call.width("Step")
    bins = call.number("Bins")
    call.dims()
    windows = Windows(*(_NUMBERS if call.columns["t"].type in NUMBER else _SPANS))
    text = f"""
        let Start = toscalar(T | summarize bin(min(t), Step));
        let End = toscalar(T | summarize max(t));
        let Seen = T | where isnotnull(t) | project {call.by("v", f"w = {windows.of('t')}")};
        {_gaps(call, windows, "Seen")}
        Seen
        {_in_each(bins)}
        | summarize value = percentile(v, Percent) by {call.by("o")}
        | extend t = {windows.start("o")}
        | sort by {call.sort("t")}
        {only_if("Gaps == 0", _EMPTY_BIN)}"""
    shown = getattr(percent, "value", "")
    title = f"rolling_{bins}_percentile_{value.name}_{shown}"
    return call.answer(text, {"t": "", "d": "", "value": title})


_EMPTY_BIN = (
    "rolling_percentile(): a bin between the first and the last has no rows, and no page says whether Kusto shows it: "
    "take wider bins"
)


Binder = Callable[[Context, Scope, Rows, syntax.Evaluate], Rows]


def _plugin(said: Callable[[Call], Rows]) -> Binder:
    return lambda context, scope, rows, node: said(Call(context, scope, rows, node))


PLUGINS: dict[str, Binder] = {
    "activity_counts_metrics": _plugin(_counts),
    "activity_metrics": _plugin(_metrics),
    "new_activity_metrics": _plugin(_cohorts),
    "sliding_window_counts": _plugin(_sliding),
    "activity_engagement": _plugin(_engagement),
    "active_users_count": _plugin(_active_users),
    "rolling_percentile": _plugin(_rolling),
}
