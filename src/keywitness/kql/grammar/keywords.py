"""Which words KQL reserves, and for what.

Kusto reserves words by position: `count`, `kind` or `order` may be columns, `has` may not; a new column may even be
called `where` or `by`, because the `=` behind it tells.
"""

from __future__ import annotations

from keywitness.model.schema import KqlType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that are no name where a value is expected, unless in brackets. (Kusto also reserves `kind` and `withsource`
#: in some positions; here they are always names.)
RESERVED = _words(
    """
    __contextual_datatable __crossCluster __crossDB __executeAndCache __id __isFuzzy __noWithSource __packedColumn
    __projectAway __sourceColumnIndex accumulate and anomalychart areachart as asc bagexpansion barchart between
    bin_legacy boolean by byte cachingpolicy callout cancel card char columnchart contains contains_cs containscs
    cycles dataexport datascope datatable date datetime decimal decodeblocks desc double dynamic earliest
    encodingpolicy endswith endswith_cs expandoutput extent_tags_retention external_data externaldata find first
    flags float force_remote harddelete hardretention has has_all has_any has_cs hasprefix hasprefix_cs hassuffix
    hassuffix_cs hotcache in int int16 int32 int64 int8 invoke isfuzzy journal ladderchart last latest like likecs
    linechart long matches materialize mdm missing nooptimization notcontains notcontainscs notlike notlikecs of or
    others pathformat piechart pivotchart print project queries query_results real regex relaxed
    restricted_view_access row_level_security rowstore rowstore_references rowstore_sealinfo rowstorepolicy
    rowstores sample scatterchart seal seals search set shards simple softdelete softretention sql stackedareachart
    startswith startswith_cs statistics storedqueryresultcontainers string tablepurge time timechart timeline
    timepivot timespan title to toscalar totable treemap uint uint16 uint32 uint64 uint8 ulong union uniqueid
    unrestrictedviewers verbose viewers views where with_itemindex with_match_id with_step_name writeaheadlog
    """
)

#: Reserved words that may still name a new column, because `=` or `:` follows.
NAMEABLE = _words(
    """
    accumulate as by contains datatable earliest externaldata find has in invoke latest materialize mdm of print
    sample search set sql title to toscalar totable verbose viewers where
    """
)

#: Text operators, each with a `_cs` form and a negated one.
TEXT_OPERATORS = ("has", "hasprefix", "hassuffix", "contains", "startswith", "endswith")

#: Words that join operands or begin a clause: where one stands, something before it is missing.
CLAUSE_WORDS = frozenset(
    {"and", "or", "in", "between", "like", "matches", "has_any", "has_all", "asc", "desc"}
    | {"by", "on", "to", "of", "as", "from", "step", "with"}
    | {f"{op}{case}" for op in TEXT_OPERATORS for case in ("", "_cs")}
)

#: Words that compare two values.
COMPARING_WORDS = frozenset({f"{op}{case}" for op in TEXT_OPERATORS for case in ("", "_cs")} | {"matches", "between"})

#: Type names to types. The first spelling of each type is Kusto's canonical one.
TYPES: dict[str, KqlType] = {
    "bool": KqlType.BOOL,
    "boolean": KqlType.BOOL,
    "int": KqlType.INT,
    "int32": KqlType.INT,
    "long": KqlType.LONG,
    "int64": KqlType.LONG,
    "real": KqlType.REAL,
    "double": KqlType.REAL,
    "float": KqlType.REAL,
    "decimal": KqlType.DECIMAL,
    "string": KqlType.STRING,
    "datetime": KqlType.DATETIME,
    "date": KqlType.DATETIME,
    "timespan": KqlType.TIMESPAN,
    "time": KqlType.TIMESPAN,
    "guid": KqlType.GUID,
    "uuid": KqlType.GUID,
    "uniqueid": KqlType.GUID,
    "dynamic": KqlType.DYNAMIC,
}

#: Operators that begin a query.
SOURCE_OPERATORS = (
    "print",
    "range",
    "datatable",
    "externaldata",
    "union",
    "search",
    "find",
    "evaluate",
    "macro-expand",
)

#: Operators that follow a pipe.
PIPE_OPERATORS = (
    "where",
    "filter",
    "extend",
    "project",
    "project-away",
    "project-keep",
    "project-rename",
    "project-reorder",
    "project-by-names",
    "summarize",
    "distinct",
    "sort",
    "order",
    "top",
    "top-nested",
    "top-hitters",
    "take",
    "limit",
    "sample",
    "sample-distinct",
    "join",
    "lookup",
    "union",
    "mv-expand",
    "mvexpand",
    "mv-apply",
    "mvapply",
    "make-series",
    "parse",
    "parse-where",
    "parse-kv",
    "evaluate",
    "invoke",
    "as",
    "render",
    "serialize",
    "getschema",
    "count",
    "consume",
    "fork",
    "facet",
    "partition",
    "reduce",
    "scan",
    "search",
    "assert-schema",
    "make-graph",
    "graph-match",
    "graph-shortest-paths",
    "graph-mark-components",
    "graph-to-table",
)

#: Operators that Kusto has and that are known here by name only.
NAMED_ONLY = (
    "graph-where-nodes",
    "graph-where-edges",
    "find",
    "macro-expand",
    "execute-and-cache",
)
