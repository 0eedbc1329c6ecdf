"""The reference page of the language, made from the tables that the binder works with."""

from __future__ import annotations

import inspect
from collections.abc import Container, Iterable, Iterator

from keywitness.kql import functions, syntax
from keywitness.kql.binder import branches, operators, sources
from keywitness.kql.functions import Function, Kind, function

#: Tabular operators by their syntax class, in the order of the page.
OPERATORS: tuple[type[syntax.Node], ...] = (
    syntax.Where,
    syntax.Extend,
    syntax.Project,
    syntax.ProjectAway,
    syntax.ProjectKeep,
    syntax.ProjectRename,
    syntax.ProjectReorder,
    syntax.ProjectByNames,
    syntax.Summarize,
    syntax.Distinct,
    syntax.Count,
    syntax.Sort,
    syntax.Top,
    syntax.Take,
    syntax.Sample,
    syntax.SampleDistinct,
    syntax.Join,
    syntax.Lookup,
    syntax.Union,
    syntax.Search,
    syntax.Find,
    syntax.MvExpand,
    syntax.MvApply,
    syntax.MakeSeries,
    syntax.Parse,
    syntax.ParseKv,
    syntax.Evaluate,
    syntax.Invoke,
    syntax.As,
    syntax.Render,
    syntax.Serialize,
    syntax.GetSchema,
    syntax.Print,
    syntax.Range,
    syntax.Datatable,
    syntax.ExternalData,
    syntax.Fork,
    syntax.Facet,
    syntax.Partition,
    syntax.TopNested,
    syntax.TopHitters,
    syntax.Reduce,
    syntax.Scan,
    syntax.Consume,
    syntax.AssertSchema,
    syntax.MacroExpand,
    syntax.MakeGraph,
    syntax.GraphMatch,
    syntax.GraphShortestPaths,
    syntax.GraphMarkComponents,
    syntax.GraphToTable,
)
_NOTES = {
    syntax.Parse: "with `parse-where`; kinds simple, relaxed and regex",
    syntax.Join: "all kinds; without a kind it is innerunique, as in Kusto",
    syntax.Union: "with `withsource=`, `isfuzzy=true`, `kind=` and wildcards",
    syntax.Find: "with `withsource=`, `in (...)`, `project`, `project-smart` and `pack_all()`; no `*` inside a term",
    syntax.Search: "with `kind=`, `in (...)` and column terms; `a*b` inside a term with `kind=case_sensitive` only",
    syntax.ExternalData: "evidence files of the case; other local files with `--allow-files`; never an address",
    syntax.MacroExpand: "tables, or one place; also `macro-expand X in Group (...)`",
    syntax.AssertSchema: "when columns, types and order are the same",
    syntax.Render: "the rows stay as they are; a terminal draws the chart under them",
    syntax.Evaluate: "the plugins below",
    syntax.Sample: "other rows each time",
    syntax.Sort: "also `order by`",
    syntax.TopHitters: "exact, where Kusto's counts are approximate",
    syntax.Fork: "as the last operator of a query",
    syntax.Facet: "as the last operator of a query",
    syntax.Partition: "all strategies; with a source of its own the legacy one",
    syntax.Scan: "without `output=last`, `optional` steps and `partition by` inside",
    syntax.Take: "also `limit`",
    syntax.MakeGraph: "node tables, `with_node_id=` or neither; `partitioned-by` over a search and what follows it",
    syntax.GraphMatch: "all forms of patterns; `cycles=none` for paths of one edge or more",
    syntax.GraphShortestPaths: "over named nodes, for paths of one edge or more",
    syntax.GraphMarkComponents: "components are numbered by the first node of each",
    syntax.GraphToTable: "nodes and edges; with both at the end of a statement",
}
_ANSWERED: tuple[Container[type[syntax.Node]], ...] = (
    operators.BINDERS,
    operators.GRAPH_BINDERS,
    operators.SOURCE_OPERATORS,
    sources.BINDERS,
    branches.BINDERS,
)
_HEAD = """# KQL: what is answered

Made by `make docs` from the tables of the language. What stands here without a reason is answered as Kusto answers
it; what has a reason is refused with a diagnostic at its place. Nothing is answered approximately in silence.

Statements: `let` (scalars, tables, functions with defaults, named and tabular arguments, views), `declare pattern`,
`declare query_parameters` with defaults, `alias database`, `restrict access to`, and `set` ([limits](limits.md),
`query_now`, `best_effort`, the bins of `bin_auto()`). Properties that would change an answer otherwise are refused, an
unknown one is said in a note, and those about a service change nothing.

Places: `database()`, `cluster()`, `workspace()`, `app()`, `adx()` and `resource()` all mean the case, and a note says
so. One table under two places is refused: a case holds the rows of all of them together, and they would count twice.

Functions and lists: a query may call the functions that the case keeps (`keywitness function add`), those of keywitness
itself, `table("name")`, `materialize(T)`, and `_GetWatchlist` (`keywitness watchlist add`). `ingestion_time()` is read
from a column `_TimeReceived`, with a note; without it the function is refused.

Scalar operators: `+ - * / %`, `== != < <= > >=`, `=~ !~`, `and or not()`, `in !in in~ !in~` (values, arrays, tables),
`between !between`, `has hasprefix hassuffix contains startswith endswith` with `!` and `_cs`, `has_any has_all`,
`matches regex`, `a.b`, `a[b]`. Strings have no order: use `strcmp()`.
"""


def page() -> str:
    """The whole page."""
    words = inspect.cleandoc(function.__doc__ or "").partition("Type words of a parameter:")
    legend = f"Type words of a parameter:\n\n```\n{inspect.cleandoc(words[2])}\n```\n"
    parts = [_HEAD, legend, "## Tabular operators\n\n" + _table(operator_rows())]
    for family, rows in functions.FAMILIES.items():
        parts.append(f"## {family}\n\n" + _table(_function_rows(rows)))
    return "\n".join(parts)


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = "".join(f"| {name} | {remark} |\n".replace("\0", "\\|") for name, remark in rows)
    return f"| | |\n|---|---|\n{lines}"


def operator_rows() -> Iterator[tuple[str, str]]:
    for kind in sorted(OPERATORS, key=operators.spelled_class):
        name = f"`{operators.spelled_class(kind)}`"
        if any(kind in binders for binders in _ANSWERED):
            yield name, _NOTES.get(kind, "")
        else:
            yield name, f"refused: {operators.REFUSED[kind][1]}".replace("|", "\0")


def _function_rows(rows: Iterable[Function]) -> Iterator[tuple[str, str]]:
    refused: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda f: f.name):
        if row.refusal:
            refused.setdefault(row.refusal, []).append(f"`{row.name}`")
            continue
        forms = "<br>".join(_form(row, text) for text in row.texts)
        yield forms, _remark(row)
    for reason, names in refused.items():
        yield ", ".join(names), f"refused: {reason}"


def _form(row: Function, text: str) -> str:
    shown = text.partition(" -> ")[0] if row.kind is Kind.PLUGIN else text
    return f"`{row.name}{shown}`".replace("|", "\0")


def _remark(row: Function) -> str:
    parts = []
    if row.aliases:
        parts.append("also " + ", ".join(f"`{a}`" for a in row.aliases))
    if row.means:
        parts.append(f"old name of `{row.means}`")
    return "; ".join(parts)
