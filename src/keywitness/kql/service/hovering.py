"""What the word at a position is."""

from __future__ import annotations

from keywitness.kql import functions
from keywitness.kql.binder.context import ScalarValue, Table, UserFunction
from keywitness.kql.catalog import Catalog
from keywitness.kql.functions import Function, Kind
from keywitness.kql.service import words
from keywitness.kql.service.catalogs import Tables, catalog_of
from keywitness.kql.service.colouring import tokens
from keywitness.kql.service.completion import ITEM_KINDS, STORED, signature
from keywitness.kql.service.names import Names, names_behind
from keywitness.kql.service.place import Place, place_at
from keywitness.kql.service.results import Hover, ItemKind, Token, TokenKind
from keywitness.model.schema import Column

#: Columns of a table that a hover lists.
_SHOWN = 12
_WORDS = frozenset({TokenKind.OPERATOR, TokenKind.KEYWORD, TokenKind.FUNCTION, TokenKind.NAME, TokenKind.TYPE})


def hover(text: str, position: int, schema: Tables = None) -> Hover | None:
    """What is known of the word at a position: type and origin, signature, what it is for. None where there is none.

    Args:
        text: The query; it may be wrong.
        position: An offset in characters. Directly behind a word counts as on it.
        schema: The tables, as for `complete`.

    Example:
        >>> tables = {"T": {"Name": "string"}}
        >>> hover("T | where Name has 'x'", 11, tables).title
        'Name: string'
    """
    token = _word_at(text, position)
    if token is None:
        return None
    word = text[token.start : token.end]
    catalog = catalog_of(schema)
    found = _known(text, token, word, catalog)
    return None if found is None else Hover(token.start, token.end, *found)


_Found = tuple[ItemKind, str, str]


def _word_at(text: str, position: int) -> Token | None:
    behind = None
    for token in tokens(text):
        if token.kind in _WORDS and token.start <= position <= token.end:
            behind = token
            if position < token.end:
                return token
        if token.start > position:
            break
    return behind


def _known(text: str, token: Token, word: str, catalog: Catalog) -> _Found | None:
    if token.kind is TokenKind.OPERATOR:
        return ItemKind.OPERATOR, word, words.of_operator(word)
    place = place_at(text, token.start)
    if token.kind is TokenKind.FUNCTION:
        return _function(word, place, catalog)
    names = names_behind(place.known, catalog)
    if token.kind is TokenKind.NAME:
        if place.expects == "nothing":  # the name of a let
            end = _end(text, token.end, ";")
            return _let(word, names_behind(place_at(f"{text[:end]};", end + 1).known, catalog), catalog)
        return _column(word, names, catalog) or _made(text, token, word, catalog) or _let(word, names, catalog)
    doc = words.of_word(word) or words.of_operator(word)
    return (ItemKind.KEYWORD, word, doc) if doc else None


def _function(word: str, place: Place, catalog: Catalog) -> _Found | None:
    names = names_behind(place.known, catalog)
    entity = names.entity(word)
    if isinstance(entity, UserFunction):
        return ItemKind.FUNCTION, signature(word, entity), "a function of this query"
    if stored := names.stored(word):
        return ItemKind.FUNCTION, stored, STORED
    aggregating = (
        place.name in {"summarize", "make-series", "top-nested"} and functions.find_aggregate(place.call) is None
    )
    row = functions.find_plugin(word) if place.name == "evaluate" else None
    row = row or (functions.find_aggregate(word) if aggregating else None) or functions.find(word)
    row = row or functions.find_aggregate(word)
    return None if row is None else _described(row, word)


def _described(row: Function, word: str) -> _Found:
    forms = (t.partition(" -> ")[0] if row.kind is Kind.PLUGIN else t for t in row.texts)
    doc = f"not answered: {row.refusal}" if row.refusal else words.of_function(row.name)
    return ITEM_KINDS[row.kind], "\n".join(f"{word}{form}" for form in forms), doc


def _column(word: str, names: Names, catalog: Catalog) -> _Found | None:
    column = names.rows.schema.find(word) if names.rows else None
    if column is None or names.rows is None:
        return (
            (ItemKind.COLUMN, word, "its value is refused, so its type is not known") if word in names.unsure else None
        )
    return ItemKind.COLUMN, f"{word}: {column.type}", _origin(column, names.rows.origin, catalog)


def _origin(column: Column, table: str, catalog: Catalog) -> str:
    known = catalog.schema(table) if table else None
    if known is not None and known.find(column.name) == column:
        return f"of {table}"
    return "made by an earlier operator"


def _made(text: str, token: Token, word: str, catalog: Catalog) -> _Found | None:
    """A column that the operator at hand makes: it is there behind the operator."""
    end = _end(text, token.end, "|;")
    names = names_behind(place_at(f"{text[:end]} | ", end + 3).known, catalog)
    column = names.rows.schema.find(word) if names.rows else None
    return None if column is None else (ItemKind.COLUMN, f"{word}: {column.type}", "made here")


def _end(text: str, start: int, marks: str) -> int:
    """The first of the marks, or a closing bracket, outside of what is opened behind the start."""
    depth = 0
    for token in tokens(text):
        if token.start < start or token.kind is not TokenKind.PUNCTUATION:
            continue
        mark = text[token.start : token.end]
        if depth == 0 and mark in {*marks, ")", "}", "]"}:
            return token.start
        depth += (mark in {"(", "[", "{"}) - (mark in {")", "]", "}"})
    return len(text)


def _let(word: str, names: Names, catalog: Catalog) -> _Found | None:
    entity = names.entity(word)
    if isinstance(entity, ScalarValue):
        return ItemKind.VARIABLE, f"{word}: {entity.value.type}", "a value of this query"
    if isinstance(entity, UserFunction):
        return ItemKind.FUNCTION, signature(word, entity), "a function of this query"
    if isinstance(entity, Table):
        return ItemKind.TABLE, word, _listed(tuple(entity.rows.schema.visible()))
    schema = catalog.schema(word)
    if schema is None:
        return None
    rows = "" if catalog.has_evidence(word) else "known, without rows here; "
    return ItemKind.TABLE, word, rows + _listed(tuple(schema.visible()))


def _listed(columns: tuple[Column, ...]) -> str:
    shown = ", ".join(f"{c.name}: {c.type}" for c in columns[:_SHOWN])
    return f"{len(columns)} columns: {shown}{' ...' if len(columns) > _SHOWN else ''}"
