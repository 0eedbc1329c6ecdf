"""Where in its text a query says what the engine refuses.

A plan has no places: it is rewritten, shared and shortened. A refusal knows its subject, a function or an operator, and
the tokens of the text know where that is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from keywitness.errors import QueryError
from keywitness.kql import functions
from keywitness.kql.diagnostics import Diagnostic
from keywitness.kql.excerpt import locate
from keywitness.kql.lexer import Kind, Token, tokenize
from keywitness.kql.syntax import Span

CODE = "KWQ400"
#: How the text says what a plan calls by a word.
_SPELLED = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "modulo": "%",
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "matches_regex": "matches regex",
}
#: A message names its subject: `split() with ...`, `make-series: ...`, `== of ...`.
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\(")
_FIRST = re.compile(r"(matches regex|[a-z][a-z-]*|[^\w\s]+)(?=[ :])")
_PARTS = re.compile(r"\w+|[^\w\s]+")


def place(error: QueryError, text: str) -> None:
    """Give a refusal its code and, where the text holds its subject, the place.

    Where the subject is written several times the first place is shown and the next is named: which of them met the
    value is not known.

    Args:
        error: A refusal without diagnostics.
        text: The query.
    """
    tokens = tokenize(text).tokens
    for subject in (error.subject, *_subjects(error.message)):
        spans = sorted(set(_written(subject, tokens))) if subject else []
        if spans:
            error.text = text
            error.diagnostics = (not_answered(spans[0], error.message, error.help, _others(text, spans)),)
            return
    error.code = CODE


def not_answered(span: Span, cause: str, help: str, label: str = "") -> Diagnostic:
    """KWQ400: a construct that is not answered exactly, or a value met for which Kusto's answer is not known."""
    return Diagnostic(CODE, "error", cause, span, help, label)


def _subjects(message: str) -> Iterator[str]:
    called, first = _CALLED.search(message), _FIRST.match(message)
    yield from (found[1] for found in (called, first) if found)


def _written(subject: str, tokens: Sequence[Token]) -> Iterator[Span]:
    calls = [i for i, token in enumerate(tokens[:-1]) if token.kind is Kind.NAME and tokens[i + 1].text == "("]
    exact = [i for i in calls if _canonical(tokens[i].text) == subject]
    if exact:
        return (Span(tokens[i].start, _end_of_call(tokens, i + 1)) for i in exact)
    spelled = _SPELLED.get(subject, subject)
    words = _PARTS.findall(spelled)
    found = (i for i in range(len(tokens) - len(words)) if [t.text for t in tokens[i : i + len(words)]] == words)
    if spelled.isidentifier() or (spelled[0].isalpha() and "-" in spelled):
        found = (i for i in found if _begins_operator(tokens, i, i + len(words)))
    return (Span(tokens[i].start, tokens[i + len(words) - 1].end) for i in found)


def _begins_operator(tokens: Sequence[Token], start: int, end: int) -> bool:
    """True where a word is the name of an operator, and no column's."""
    before = tokens[start - 1].text if start else ";"
    return before in ("|", "(", ";", "=") and (tokens[end].kind is Kind.NAME or tokens[end].text == "(")


def _canonical(name: str) -> str:
    """What a plan calls the function."""
    for find in (functions.find, functions.find_aggregate, functions.find_plugin):
        row = find(name)
        if row is not None:
            return row.canonical
    return name


def _end_of_call(tokens: Sequence[Token], opening: int) -> int:
    depth = 0
    for token in tokens[opening:]:
        depth += (token.text == "(") - (token.text == ")")
        if not depth:
            return token.end
    return tokens[-1].end


def _others(text: str, spans: Sequence[Span]) -> str:
    if len(spans) == 1:
        return ""
    line, column = locate(text, spans[1].start)
    more = f" or {len(spans) - 2} more" if len(spans) > 2 else ""
    return f"here, or at {line}:{column}{more}"
