"""What can be wrong with a query: one function per code.

Codes are Kusto's own (`KSnnn`) where Kusto has one for the same cause, else ours (`KWQnnn`). Every code stands in
docs/reference/kql/errors.md. Parser and binder both go on behind what they refuse, as far as they can tell what follows
of what; `refuse` makes the error that a user sees.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from keywitness.errors import QueryError
from keywitness.kql import foreign
from keywitness.kql.excerpt import excerpt, locate, visible
from keywitness.kql.syntax import Span

#: Diagnostics of one refusal; more would hide the first.
MOST_DIAGNOSTICS = 10
#: Characters of user text that a message quotes.
_QUOTED_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One cause of a refusal.

    Args:
        code: `KSnnn` or `KWQnnn`.
        severity: "error", or "warning" for what does not refuse.
        message: The cause, one line, no full stop.
        span: Offsets into the query text.
        help: The nearest fix, one line; empty when there is none.
        label: A few words beside the carets.
        place: Where in the query's logic, such as "stage 2 of 4 (where)".
    """

    code: str
    severity: str
    message: str
    span: Span
    help: str = ""
    label: str = ""
    place: str = ""

    def render(self, text: str, *, source: str = "query", first_line: int = 1) -> str:
        """Code, cause, place, excerpt with carets and help; no last newline."""
        line, column = locate(text, self.span.start)
        place = f"   {self.place}" if self.place else ""
        lines = [
            f"{self.severity}[{self.code}]: {self.message}",
            f"  --> {visible(source)}:{line + first_line - 1}:{column}{place}",
            excerpt(text, self.span.start, self.span.end, first_line=first_line, label=self.label),
        ]
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)

    def at(self, place: str) -> Diagnostic:
        """The same, with its place in the query's logic."""
        return replace(self, place=place)


def refuse(
    text: str, diagnostics: Iterable[Diagnostic], *, source: str = "query", effect: str = "", first_line: int = 1
) -> QueryError:
    """The error for these diagnostics (at least one), in the order of their places, one for a place."""
    placed: dict[Span, Diagnostic] = {}
    for diagnostic in diagnostics:
        placed.setdefault(diagnostic.span, diagnostic)
    ordered = tuple(placed[span] for span in sorted(placed))[:MOST_DIAGNOSTICS]
    first = ordered[0]
    return QueryError(
        first.message,
        help=first.help,
        effect=effect,
        diagnostics=ordered,
        text=text,
        source=source,
        first_line=first_line,
    )


def nearest(name: str, candidates: Iterable[str], *, most: int = 1) -> tuple[str, ...]:
    """The candidates that a misspelling of them would give, best first; case is not a difference."""
    by_folded: dict[str, str] = {}
    for candidate in candidates:
        by_folded.setdefault(candidate.casefold(), candidate)
    folded = name.casefold()[:200]
    if folded in by_folded:
        return (by_folded[folded],)
    cutoff = 0.7 if len(folded) > 4 else 0.8
    found = difflib.get_close_matches(folded, by_folded, n=most, cutoff=cutoff)
    if not found and len(folded) > 3:
        found = sorted((f for f in by_folded if f.startswith(folded)), key=len)[:most]
    return tuple(by_folded[f] for f in found)


def did_you_mean(name: str, candidates: Iterable[str], otherwise: str = "") -> str:
    """`did you mean 'X'?` for a help line, else `otherwise`."""
    found = nearest(name, candidates)
    return f"did you mean '{found[0]}'?" if found else otherwise


def quoted(text: str) -> str:
    """User text for a message: visible, short, in quotes."""
    shown = visible(text[:_QUOTED_LENGTH]).replace("\n", " ")
    return f"'{shown}{'…' if len(text) > _QUOTED_LENGTH else ''}'"


def _error(code: str, message: str, span: Span, help: str = "", label: str = "") -> Diagnostic:
    return Diagnostic(code, "error", message, span, help, label)


# ---------------------------------------------------------------- tokens


def unterminated_string(span: Span, quote: str, help: str = "") -> Diagnostic:
    """KS001: a string without its closing quote."""
    return _error("KS001", f"the string is not closed: {quote} is missing", span, help, "the string begins here")


def unexpected_character(span: Span, char: str, help: str = "") -> Diagnostic:
    """KS002: a character that no token begins with."""
    return _error("KS002", f"{quoted(char)} (U+{ord(char[0]):04X}) means nothing here", span, help)


def bad_escape(span: Span, escape: str) -> Diagnostic:
    """KS003: a backslash in a string that starts no escape."""
    help = 'write \\\\ for one backslash, or put @ before the quote: @"..." knows no escapes'
    return _error("KS003", f"{quoted(escape)} is not an escape of KQL strings", span, help)


def malformed_literal(span: Span, type_name: str, text: str, help: str = "") -> Diagnostic:
    """KS004: text that is no value of the type."""
    article = "an" if type_name == "int" else "a"
    return _error("KS004", f"{quoted(text)} is not {article} {type_name} literal", span, help)


def raw_guid(span: Span, text: str) -> Diagnostic:
    """KS214: a guid without `guid(...)`."""
    return _error("KS214", "a bare guid is not a value in KQL", span, f'write guid({text}), or "{text}" for a string')


def client_parameter(span: Span, name: str) -> Diagnostic:
    """KS213: `{name}`, a placeholder that another tool should have filled."""
    help = "replace the placeholder with a value before running the query"
    return _error("KS213", f"{{{visible(name[:_QUOTED_LENGTH])}}} is a placeholder, not KQL", span, help)


def decimal_in_dynamic(span: Span) -> Diagnostic:
    """KS215: decimals have no place in dynamic values."""
    return _error("KS215", "a dynamic value cannot hold a decimal", span, "write the number without decimal(...)")


# ---------------------------------------------------------------- grammar


def expected(span: Span, what: str, found: str, help: str = "") -> Diagnostic:
    """KS005: another token was needed."""
    return _error("KS005", f"expected {what}, found {found}", span, help)


def missing(span: Span, what: str, found: str, help: str = "") -> Diagnostic:
    """KS006: an operand, a name or a value is not there."""
    return _error("KS006", f"{what} is missing before {found}", span, help)


def needs_brackets(span: Span, name: str, help: str = "") -> Diagnostic:
    """KS228: a keyword used as a name."""
    help = help or f"if it is a column or a table, write ['{name}']"
    return _error("KS228", f"'{name}' is a keyword of KQL and cannot be a name here", span, help)


def unexpected_text(span: Span, found: str, help: str = "") -> Diagnostic:
    """KS198: text behind a finished expression or statement."""
    return _error("KS198", f"{found} does not belong here", span, help)


def unknown_operator(span: Span, name: str, operators: Sequence[str], help: str = "") -> Diagnostic:
    """KS176: no query operator of that name."""
    if not help:
        otherwise = "after | comes an operator such as where, project or summarize"
        help = foreign.OPERATORS.get(name.lower()) or did_you_mean(name, operators, otherwise)
    return _error("KS176", f"{quoted(name)} is not a query operator", span, help)


def operator_missing(span: Span, found: str, help: str = "") -> Diagnostic:
    """KS176: nothing after the pipe."""
    help = help or "write 'or' for a logical or; strcat() joins text"
    if found != "'|'":
        help = "write an operator after |, or drop it"
    return _error("KS176", f"a query operator is missing before {found}", span, help)


def not_first(span: Span, name: str) -> Diagnostic:
    """KS174: an operator that needs rows from a pipe."""
    return _error("KS174", f"'{name}' needs rows to work on", span, f"begin with a table: T | {name} ...")


def only_first(span: Span, name: str) -> Diagnostic:
    """KS175: an operator that takes no rows from a pipe."""
    return _error("KS175", f"'{name}' starts a query and cannot follow a pipe", span)


def unknown_parameter(span: Span, name: str, known: Sequence[str]) -> Diagnostic:
    """KS179: an operator parameter that the operator does not have."""
    help = did_you_mean(name, known, f"known here: {', '.join(known)}" if known else "")
    return _error("KS179", f"{quoted(name)} is not a parameter of this operator", span, help)


def repeated_parameter(span: Span, name: str) -> Diagnostic:
    """KS180: an operator parameter given twice."""
    return _error("KS180", f"the parameter {quoted(name)} is given twice", span)


def not_one_of(span: Span, value: str, allowed: Sequence[str]) -> Diagnostic:
    """KS140: a value outside a fixed list."""
    outer = f"{value.lower()}outer"
    help = (
        f"did you mean '{outer}'?" if outer in allowed else did_you_mean(value, allowed, f"one of {', '.join(allowed)}")
    )
    return _error("KS140", f"{quoted(value)} is not possible here", span, help)


def unknown_type(span: Span, name: str, types: Sequence[str]) -> Diagnostic:
    """KS160: no such type."""
    return _error("KS160", f"{quoted(name)} is not a type of KQL", span, did_you_mean(name, types, ", ".join(types)))


def value_count(span: Span, columns: int, values: int) -> Diagnostic:
    """KS173: datatable values that do not fill rows."""
    return _error("KS173", f"{values} values do not fill rows of {columns} columns", span)


def reserved_statement(span: Span, what: str, help: str) -> Diagnostic:
    """KWQ002: a management command or a client directive instead of a query."""
    return _error("KWQ002", f"{what} is not a query", span, help)


def no_query(span: Span) -> Diagnostic:
    """KWQ001: nothing that gives rows."""
    return _error("KWQ001", "the text holds no query", span, "end it with a tabular expression, such as a table's name")


def join_without_keys(span: Span, operator: str, help: str = "") -> Diagnostic:
    """KWQ003: join or lookup without its condition."""
    help = help or "name the columns that match: on Name, or on $left.a == $right.b"
    return _error("KWQ003", f"{operator} has no 'on'", span, help)


def nothing_listed(span: Span, operator: str, what: str) -> Diagnostic:
    """KWQ004: an operator without the list it works on."""
    return _error("KWQ004", f"{operator} names no {what}", span)


def chained_comparison(span: Span, op: str) -> Diagnostic:
    """KWQ005: `a < b < c`."""
    return _error("KWQ005", f"{quoted(op)} cannot follow another comparison", span, "join two comparisons with 'and'")


def not_without_parentheses(span: Span) -> Diagnostic:
    """KWQ006: `not x`."""
    return _error("KWQ006", "'not' is a function in KQL", span, "write not(...)")


def single_equals(span: Span, help: str = "write == to compare, =~ to ignore case") -> Diagnostic:
    """KWQ007: `where a = 1`."""
    return _error("KWQ007", "'=' gives a name, it does not compare", span, help)


def not_kql(span: Span, word: str, help: str) -> Diagnostic:
    """KWQ008: a query of another language."""
    return _error("KWQ008", f"{quoted(word)} does not begin a query of KQL", span, help)


def too_long(span: Span, length: int, limit: int) -> Diagnostic:
    """KS244: the text is longer than any query may be."""
    help = "load long lists as a table and use `in (Table | project Column)`"
    return _error("KS244", f"the text has {length:,} characters; the limit is {limit:,}", span, help)


def too_deep(span: Span, limit: int) -> Diagnostic:
    """KS245: parentheses, calls or operators nested too deeply."""
    return _error("KS245", f"nested deeper than {limit} levels", span, "name parts with let")
