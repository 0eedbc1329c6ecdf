"""Where keywitness and Microsoft's analyser differ on purpose, each with its reason: reviewed by hand.

The analyser is the editor's. Kusto's service checks more (types of comparisons), its emulator's stored answers name
some columns otherwise; decision 0021 says who wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HERE_ONLY, THERE_ONLY, COLUMNS = "refused here only", "accepted here only", "columns differ"


@dataclass(frozen=True)
class Difference:
    """One class of differences.

    Args:
        name: In few words.
        kind: On which verdict it bears.
        evidence: A pattern of the line that it explains: our refusal, theirs, or a column.
        reason: Why it stands.
        query: A pattern that the query must have.
    """

    name: str
    kind: str
    evidence: str
    reason: str
    query: str = ""

    def explains(self, kind: str, line: str, query: str) -> bool:
        return kind == self.kind and bool(re.match(self.evidence, line)) and bool(re.search(self.query, query))


DIFFERENCES: tuple[Difference, ...] = (
    # ------------------------------------------------------------ refused here only
    Difference(
        "comparison of unlike types", HERE_ONLY, r"SEM0064 ",
        "Kusto's service refuses it (SEM0064), the editor does not; the answer would always be the same",
    ),
    Difference(
        "negative or null number of rows", HERE_ONLY, r"KWQ302 the number of (rows|values) cannot be",
        "no page says what Kusto answers",
    ),
    Difference(
        "neighbour less than one row away", HERE_ONLY, r"KWQ302 (next|prev)\(\) looks at least one row away",
        "the emulator answers otherwise than the page says; the editor does not look at the number",
    ),
    Difference(
        "bin_auto without a size", HERE_ONLY, r"KWQ302 bin_auto\(\)",
        "its size comes from a `set` statement; the editor does not ask for it",
    ),
    Difference(
        "window function over rows in no order", HERE_ONLY, r"KWQ301 ", "the service asks for a serialized order",
    ),
    Difference(
        "dynamic join key", HERE_ONLY, r"KS116 .* join key",
        "the service asks for a cast; the editor does not look at the type",
    ),
    Difference(
        "argument of a query's own function", HERE_ONLY, r"KS107 a value of type \w+ is expected",
        "the editor lets a scalar argument of any type pass for a declared parameter", r"let y = f\(",
    ),
    Difference(
        "type without a documented meaning", HERE_ONLY,
        r"KS107 a value of type (int or long|number, datetime or timespan|dynamic) is expected"
        r"|KS127 (range|percentilew?|percentilesw?)\(\) does not take",
        "percentiles of text, bits of reals, a range from a time to a number, a bag to unpack that is none: "
        "the editor takes any type, no page says what comes out",
    ),
    Difference(
        "unit that is not a constant", HERE_ONLY, r"KS129 '(from|to)' of convert_",
        "units of convert_...() are read once per query",
    ),
    Difference(
        "column declared twice with two types", HERE_ONLY, r"KWQ302 '.*' is declared as",
        "bag_unpack() with a schema that contradicts a column of the input: no page says which wins",
    ),
    Difference(
        "word that a function does not know", HERE_ONLY, r"KWQ302 \w+\(\) does not know",
        "the editor does not look into the words of series functions",
    ),
    Difference(
        "no table to unite", HERE_ONLY, r"KWQ302 no table of the union exists",
        "a fuzzy union of nothing has no columns",
    ),
    Difference(
        "another query's text", HERE_ONLY, r"KS\d+ the management command|KS108 this is a table, a scalar",
        "management commands are no queries; a type is no value",
    ),
    Difference(
        "table of another place", HERE_ONLY, r"KS204 '\w+' is not a table",
        "the editor knows no schema of other clusters and lets every name pass; here they are the case",
        r"(cluster|database|workspace)\(|macro-expand",
    ),
    Difference(
        "address in externaldata", HERE_ONLY, r"KWQ310 ", "a query reaches no network and no file that is not evidence",
    ),
    Difference(
        "restricted table", HERE_ONLY, r"KS204 .* is left out by 'restrict access to'",
        "the page makes it invisible, the editor does not look", r"restrict access",
    ),
    # ------------------------------------------------------------ accepted here only
    Difference(
        "best effort", THERE_ONLY, r"KS204 ", "the page makes every union fuzzy, the editor does not look",
        r"set best_effort",
    ),
    Difference(
        "pack_all() in find", THERE_ONLY, r"KS\d+ syntax", "the page writes it so, the editor reads pack(*) only",
        r"^find .*pack_all\(\)|\bfind .*pack_all\(\)",
    ),
    Difference(
        "kind as a name", THERE_ONLY, r"KS\d+ syntax", "kind is a name in every position here", r"\bkind\b",
    ),
    Difference(
        "macro-expand X in", THERE_ONLY, r"KS\d+ syntax", "the page has that form; the editor does not know it",
        r"macro-expand \w+ in ",
    ),
    Difference(
        "pasted characters", THERE_ONLY, r"KS\d+ syntax", "typographic dashes and invisible spaces are read as meant",
        "[–\u200b]",
    ),
    Difference(
        "bag where ranges are asked", THERE_ONLY, r"KS127 .*ipv[46]_is_in_any_range.*dynamic",
        "a column with that bag holds no range, so the address is in none", r"parse_user_agent",
    ),
    Difference(
        "literal of another shape", THERE_ONLY,
        r"KS23[45] |KS127 .*(\w+_ipv4|ipv\d_is_in_any_range|series_\w+|percentilesw?_array|array_sort_\w+).*dynamic",
        "what is seen to be no array or no bag gives what a column with that value would give: null",
    ),
    Difference(
        "one argument where two are asked", THERE_ONLY,
        r"KS1(19|20) The function '(coalesce|max_of|min_of|bag_merge|zip|"
        r"set_\w+|format_ipv4\w*|cnt|array_concat)' expects",
        "the meaning is plain: nothing to choose from or to merge with; the pages give format_ipv4_mask() a default",
    ),
    Difference(
        "value that may be a column", THERE_ONLY, r"KS129 The expression must be a constant",
        "the meaning is plain: a precision per row", r"round|format_bytes",
    ),
    Difference(
        "prev and next of an expression", THERE_ONLY, r"KS109 Column name expected", "the meaning is plain",
        r"(prev|next)\(",
    ),
    Difference(
        "count of a column", THERE_ONLY, r"KS107 A value of type bool expected", "the emulator counts every row",
        r"count\(",
    ),
    Difference(
        "a guid beside text", THERE_ONLY, r"KS242 .*\((guid, string|string, guid)\)",
        "columns ending in _g are guids in one export and text in another",
    ),
    Difference(
        "a guid as text", THERE_ONLY, r"KS107 A value of type string expected", "as above: a guid is read as its text",
        r"guid|\bg\b",
    ),
    Difference(
        "greatest of guids", THERE_ONLY, r"KS206 .*must be orderable",
        "the pages of arg_max() and max() name no type; guids are ranked by their text, as in a sort",
        r"\b(arg_)?(max|min)",
    ),
    Difference(
        "guid of a guid", THERE_ONLY, r"KS141 .*string or dynamic", "toguid() of a guid is that guid", r"toguid",
    ),
    Difference(
        "wildcard without a column", THERE_ONLY, r"KS142 The name '.*\*.*'|KS109 Column name expected",
        "a wildcard may mean no column: queries over several versions of a table rely on it", r"project-",
    ),
    Difference(
        "step that the editor reads as 0", THERE_ONLY, r"KS140 ", "it does not read 0x10, nan and inf",
        r"step (0x|real|double|long|int)",
    ),
    Difference(
        "plugin of a page", THERE_ONLY, r"KS124 .*schema_merge", "it has a page; the editor does not know it",
    ),
    Difference(
        "paths of a pattern", THERE_ONLY,
        r"KS142 The name '\w+' does not refer|KS234 .*dynamic array|KS116 .*'dynamic'",
        "pages use them so: inside map() the editor does not know the id that with_node_id gives, it takes a path for "
        "no array, and a text made of map() for dynamic", r"graph-(match|shortest-paths)",
    ),
    # ------------------------------------------------------------ columns
    Difference(
        "views in a wildcard", COLUMNS, r"ours: ",
        "the page unites views of the query, the editor tables of the database",
        r"union .*\w\*",
    ),
    Difference(
        "table that search cannot ask", COLUMNS, r"theirs: ",
        "a table without any column of the predicate is left out, as the page of find says", r"\bsearch in",
    ),
    Difference(
        "find over columns of several types", COLUMNS, r"(ours|theirs): ",
        "the page shows one column for each type, the editor one that is dynamic", r"\bfind in",
    ),
    Difference(
        "covariance", COLUMNS, r"(ours|theirs): covariance", "the emulator names both arguments",
    ),
    Difference(
        "weeks between two times", COLUMNS, r"(ours|theirs): .* (real|long)", "the emulator counts weeks as a real",
        r"datetime_diff\s*\(\s*['\"](?i:week)['\"]",
    ),
    Difference(
        "scan without match_id", COLUMNS, r"theirs: match_id long",
        "the page's output has it only where it is asked for",
        r"scan",
    ),
    Difference(
        "split columns of union", COLUMNS, r"another order", "the emulator gives way to a column that has the name",
        r"union",
    ),
    Difference(
        "order of ipv6_lookup", COLUMNS, r"another order", "the emulator puts the looked-up columns first",
        r"ipv6_lookup",
    ),
    Difference(
        "union kind=inner", COLUMNS, r"theirs", "the page keeps the columns that all tables have", r"union kind=inner",
    ),
    Difference(
        "search over columns of several types", COLUMNS, r"(ours|theirs): ",
        "split by type as in a union, which the editor does only where the predicate names a column", r"^search ",
    ),
    Difference(
        "column listed twice", COLUMNS, r"theirs, a second time",
        "the editor lists the old and the new column of one name; a result has one", r"parse",
    ),
    Difference(
        "columns of a pattern", COLUMNS,
        r"theirs: (Column\d+ dynamic|\w+ (dynamic|tuple))$|ours: \w+ (dynamic|string)$",
        "the emulator names map() after its path and shows a node as a bag; the editor takes every value over a path "
        "for dynamic", r"graph-(match|shortest-paths)",
    ),
    Difference(
        "jaccard_index", COLUMNS, r"(ours|theirs): .* (real|dynamic)", "the page returns a number", r"jaccard_index",
    ),
)  # fmt: skip
