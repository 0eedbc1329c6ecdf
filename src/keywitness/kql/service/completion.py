"""What may be written at a position."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from keywitness.kql import functions
from keywitness.kql.binder.calls import CHOICES, TABULAR
from keywitness.kql.binder.context import ScalarValue, Table, UserFunction
from keywitness.kql.catalog import Catalog
from keywitness.kql.functions import Function, Kind
from keywitness.kql.grammar.keywords import PIPE_OPERATORS, SOURCE_OPERATORS, TYPES
from keywitness.kql.grammar.operators import JOIN_KINDS
from keywitness.kql.lexer import Kind as Lexical
from keywitness.kql.lexer import Token
from keywitness.kql.service import words
from keywitness.kql.service.catalogs import Tables, catalog_of
from keywitness.kql.service.names import Names, names_behind
from keywitness.kql.service.place import Place, place_at
from keywitness.kql.service.results import Completions, Item, ItemKind
from keywitness.model.schema import Schema

_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
ITEM_KINDS = {
    Kind.SCALAR: ItemKind.FUNCTION,
    Kind.WINDOW: ItemKind.FUNCTION,
    Kind.AGGREGATE: ItemKind.AGGREGATE,
    Kind.PLUGIN: ItemKind.PLUGIN,
}
#: What is said of a function that no `let` defines.
STORED = "kept by the case, or of keywitness"
#: Operators in which aggregates stand.
_AGGREGATING = frozenset({"summarize", "make-series", "top-nested"})
#: Operators that name columns and compute nothing.
_NAMING = frozenset({"project-away", "project-keep", "project-reorder", "project-rename"})
#: What may follow a finished operand, by operator.
_CLAUSES: dict[str, tuple[str, ...]] = {
    "summarize": ("by",),
    "make-series": ("on", "from", "to", "step", "by", "default"),
    "sort": ("asc", "desc", "nulls first", "nulls last"),
    "order": ("asc", "desc", "nulls first", "nulls last"),
    "top": ("by", "asc", "desc"),
    "top-nested": ("of", "by", "asc", "desc"),
    "top-hitters": ("of", "by"),
    "sample-distinct": ("of",),
    "join": ("on",),
    "lookup": ("on",),
    "mv-expand": ("to typeof", "limit"),
    "mv-apply": ("to typeof", "limit", "on"),
    "parse": ("with",),
    "parse-where": ("with",),
    "parse-kv": ("as", "with"),
    "range": ("from", "to", "step"),
    "project-reorder": ("asc", "desc", "granny-asc", "granny-desc"),
    "partition": ("by",),
    "scan": ("with",),
    "render": ("with",),
    "count": ("as",),
    "facet": ("by", "with"),
}
#: Words that must stand directly behind an operator's name.
_FIRST = {"sort": ("by",), "order": ("by",), "facet": ("by",), "partition": ("by",), "reduce": ("by",)}
_INFIX = (
    "and or == != =~ !~ < <= > >= has !has has_cs contains !contains contains_cs startswith !startswith startswith_cs "
    "endswith !endswith endswith_cs hasprefix hassuffix has_any has_all in in~ !in !in~ between !between"
)
_INFIX_WORDS = (*_INFIX.split(), "matches regex")
_OPTIONS = {
    "join": ("kind=", "hint.strategy="),
    "lookup": ("kind=",),
    "union": ("kind=", "withsource=", "isfuzzy=true"),
    "search": ("kind=", "in"),
    "parse": ("kind=",),
    "parse-where": ("kind=",),
    "mv-expand": ("bagexpansion=", "with_itemindex="),
    "mv-apply": ("with_itemindex=",),
    "make-series": ("kind=nonempty",),
}
_VALUES = {
    ("join", "kind"): JOIN_KINDS,
    ("lookup", "kind"): ("leftouter", "inner"),
    ("union", "kind"): ("outer", "inner"),
    ("union", "isfuzzy"): ("true", "false"),
    ("search", "kind"): ("case_sensitive", "case_insensitive"),
    ("parse", "kind"): ("simple", "relaxed", "regex"),
    ("parse-where", "kind"): ("simple", "relaxed", "regex"),
    ("mv-expand", "bagexpansion"): ("bag", "array"),
    ("join", "strategy"): ("shuffle", "broadcast"),
}
_CHARTS = (
    "table list barchart piechart ladderchart timechart linechart anomalychart pivotchart areachart stackedareachart "
    "scatterchart timepivot columnchart timeline card treemap"
)


def complete(text: str, position: int, schema: Tables = None) -> Completions:
    """What may stand at a position: tables, columns, functions, operators and words, the likeliest first.

    Args:
        text: The query, as far as it is written; it may be wrong.
        position: Where the cursor stands, an offset in characters; one outside the text counts as its nearest end.
        schema: The tables. The same object given again is answered faster: what comes before the operator at hand is
            remembered for it.

    Example:
        >>> tables = {"T": {"Name": "string", "At": "datetime"}}
        >>> [i.label for i in complete("T | where N", 11, tables).items][:1]
        ['Name']
        >>> [i.label for i in complete("T | su", 6, tables).items]
        ['summarize']
    """
    position = min(max(position, 0), len(text))
    place = place_at(text, position)
    catalog = catalog_of(schema)
    quoted = _quoted(text, position, place, catalog)
    if quoted is not None:
        return quoted
    written = text[place.start : position]
    return Completions(place.start, position, tuple(_fitting(_candidates(place, catalog), written)))


def _fitting(items: Iterable[Item], written: str) -> Iterator[Item]:
    """Items that begin with what is written, then those that hold it; each label once."""
    wanted = written.lower()
    inside: list[Item] = []
    seen: set[tuple[str, ItemKind]] = set()
    for item in items:
        label = item.label.lower()
        if (item.label, item.kind) in seen:
            continue
        seen.add((item.label, item.kind))
        if label.startswith(wanted):
            yield item
        elif len(wanted) > 2 and wanted in label:
            inside.append(item)
    yield from inside


def _candidates(place: Place, catalog: Catalog) -> Iterator[Item]:
    match place.expects:
        case "nothing":
            return
        case "type":
            yield from (Item(word, ItemKind.KEYWORD, word) for word in TYPES)
        case "operator":
            yield from _operators()
        case "statement":
            names = names_behind(place.known, catalog)
            yield from _tables(names, catalog)
            yield from _beginnings()
        case "value":
            names = names_behind(place.known, catalog)
            yield from _tables(names, catalog)
            yield from _variables(names)
            yield from _functions((Kind.SCALAR,))
            yield from _beginnings()
        case "table":
            yield from _options(place.name)
            yield from _tables(names_behind(place.known, catalog), catalog)
        case "member":
            yield from _members(place, catalog)
        case _:
            yield from _expression(place, catalog)


# ---------------------------------------------------------------- expressions and clauses


def _expression(place: Place, catalog: Catalog) -> Iterator[Item]:
    name, names = place.name, names_behind(place.known, catalog)
    behind = place.operator[-1] if place.operator else None
    option = _option_values(place)
    if option is not None:
        yield from option
        return
    if name == "render" and len(place.operator) == 1:
        yield from (Item(chart, ItemKind.VALUE, chart) for chart in _CHARTS.split())
        return
    if name == "evaluate" and not place.call:
        yield from _plugins()
        return
    if name == "invoke" and not place.call:
        yield from _user_functions(names)
        return
    alone = len(place.operator) == name.count("-") * 2 + 1 if name else False
    if alone:
        yield from _words(_FIRST.get(name, ()))
        yield from _options(name)
    elif behind is not None and _ends_operand(behind, place):
        yield from _words(_CLAUSES.get(name, ()) if not place.call else ())
        if place.call or name not in _NAMING | {"join", "lookup", "union"}:
            yield from _infix()
        return
    if name in {"join", "lookup", "union"} and not any(t.text == "on" for t in place.operator) and not place.call:
        yield from _tables(names, catalog)
        return
    if name in {"join", "lookup"} and not place.call:
        yield from _keys(place, names, catalog)
        return
    yield from _columns(names)
    if name in _NAMING and not place.call:
        return
    yield from _variables(names)
    before_by = not any(t.text == "by" for t in place.operator)
    if name in _AGGREGATING and before_by and not _inside_aggregate(place):
        yield from _functions((Kind.AGGREGATE,))
    yield from _user_functions(names)
    yield from _functions((Kind.SCALAR, Kind.WINDOW))
    if not place.operator or place.name in SOURCE_OPERATORS or place.call in TABULAR or place.call == "toscalar":
        yield from _tables(names, catalog)


def _inside_aggregate(place: Place) -> bool:
    return functions.find_aggregate(place.call) is not None


def _ends_operand(token: Token, place: Place) -> bool:
    """True behind a name or a constant, where an operator may follow."""
    if token.kind is Lexical.OP:
        return token.text in {")", "]"}
    if token.kind is not Lexical.NAME:
        return True
    words_before = {"by", "on", "and", "or", "in", "with", "of", "to", "from", "step", "between", "regex", "kind"}
    return token.text not in words_before and token.text.lstrip("!") not in _INFIX_WORDS and len(place.operator) > 0


def _option_values(place: Place) -> list[Item] | None:
    """The values of `kind=` and its like, where the position stands behind one."""
    tokens = place.operator
    if len(tokens) < 3 or tokens[-1].text != "=":
        return None
    values = _VALUES.get((place.name, tokens[-2].text))
    return None if values is None else [Item(v, ItemKind.VALUE, v) for v in values]


def _keys(place: Place, names: Names, catalog: Catalog) -> Iterator[Item]:
    """Columns of both sides, then `$left` and `$right`."""
    right = {c.name for c in _right_side(place, names, catalog)}
    left = names.rows.schema.visible() if names.rows else Schema()
    yield from (_column(c.name, c.type.value, names) for c in left if c.name in right)
    yield from (Item(side, ItemKind.VARIABLE, side, doc=f"the {side[1:]} side") for side in ("$left", "$right"))


def _right_side(place: Place, names: Names, catalog: Catalog) -> Schema:
    """The columns of what stands between the operator's options and `on`."""
    tokens = place.operator
    on = next((i for i, t in enumerate(tokens) if t.text == "on"), len(tokens))
    begin = next((i for i, t in enumerate(tokens[:on]) if t.text == "("), None)
    if begin is None:
        table = tokens[on - 1].text if on > 1 else ""
        entity = names.entity(table)
        known = entity.rows.schema if isinstance(entity, Table) else catalog.schema(table)
        return (known or Schema()).visible()
    right = names_behind(place.lets + place.bracketed(), catalog).rows
    return right.schema.visible() if right else Schema()


def _members(place: Place, catalog: Catalog) -> Iterator[Item]:
    """Behind `$left.` and `$right.`: the columns of that side. What a dynamic value holds nobody knows."""
    names = names_behind(place.known, catalog)
    side = place.operator[-2].text if len(place.operator) > 1 else ""
    if side == "$left" and names.rows is not None:
        yield from _columns(names)
    elif side == "$right":
        yield from (
            Item(c.name, ItemKind.COLUMN, _written(c.name), c.type.value) for c in _right_side(place, names, catalog)
        )


def _quoted(text: str, position: int, place: Place, catalog: Catalog) -> Completions | None:
    """Inside the quotes of an argument with fixed values, such as the part of datetime_add()."""
    if place.expects != "nothing":
        return None
    opening = max(text.rfind(quote, 0, position) for quote in ("'", '"'))
    if opening < 0 or "\n" in text[opening:position]:
        return None
    around = place_at(text, opening)
    row = functions.find(around.call) if around.call else None
    argument, values = CHOICES.get(row.name, (0, "")) if row else (0, "")
    listed: Sequence[str] = values.split() if around.argument == argument else ()
    if around.call == "_GetWatchlist":
        listed = catalog.watchlist_aliases()
    if not listed:
        return None
    items = (Item(v, ItemKind.VALUE, v) for v in listed)
    return Completions(opening + 1, position, tuple(_fitting(items, text[opening + 1 : position])))


# ---------------------------------------------------------------- names


def _columns(names: Names) -> Iterator[Item]:
    if names.rows is not None:
        yield from (_column(c.name, c.type.value, names) for c in names.rows.schema.visible())
    yield from (_column(name, "", names) for name in sorted(names.unsure))


def _column(name: str, type: str, names: Names) -> Item:
    origin = names.rows.origin if names.rows else ""
    return Item(name, ItemKind.COLUMN, _written(name), type, f"of {origin}" if origin else "")


def _written(name: str) -> str:
    return name if _PLAIN_NAME.match(name) else f"['{name}']"


def _variables(names: Names) -> Iterator[Item]:
    for name in names.scope:
        entity = names.entity(name)
        if isinstance(entity, ScalarValue):
            yield Item(name, ItemKind.VARIABLE, name, entity.value.type.value, "of let")


def _tables(names: Names, catalog: Catalog) -> Iterator[Item]:
    for name in names.scope:
        if isinstance(names.entity(name), Table):
            yield Item(name, ItemKind.TABLE, name, "", "of let")
    yield from _user_functions(names)
    for name in catalog.names():
        rows = "" if catalog.has_evidence(name) else "known, without rows here"
        yield Item(name, ItemKind.TABLE, _written(name), "", rows)


def _user_functions(names: Names) -> Iterator[Item]:
    for name in names.scope:
        entity = names.entity(name)
        if isinstance(entity, UserFunction):
            yield Item(name, ItemKind.FUNCTION, f"{name}(", signature(name, entity), "of let")
    for name in names.catalog.function_names():
        yield Item(name, ItemKind.FUNCTION, f"{name}(", names.stored(name), STORED)


def signature(name: str, function: UserFunction) -> str:
    """A function of the query as it is called."""
    listed = (f"{p.name.name}: {'table' if p.tabular else p.type}" for p in function.definition.parameters)
    return f"{name}({', '.join(listed)})"


# ---------------------------------------------------------------- what the language has


@cache
def _functions(kinds: tuple[Kind, ...]) -> Sequence[Item]:
    rows = (f for f in functions.every() if f.kind in kinds and not f.refusal)
    return tuple(sorted((_function(f) for f in rows), key=lambda item: item.label))


def _function(row: Function) -> Item:
    kind = ITEM_KINDS[row.kind]
    forms = f"{row.name}{row.texts[0]}"
    return Item(row.name, kind, f"{row.name}(", forms, words.of_function(row.name))


@cache
def _plugins() -> Sequence[Item]:
    return _functions((Kind.PLUGIN,))


@cache
def _operators() -> Sequence[Item]:
    return tuple(Item(o, ItemKind.OPERATOR, f"{o} ", doc=words.of_operator(o)) for o in PIPE_OPERATORS)


@cache
def _beginnings() -> Sequence[Item]:
    names = (*SOURCE_OPERATORS, "let", "set", "declare")
    return tuple(Item(o, ItemKind.OPERATOR, f"{o} ", doc=words.of_operator(o)) for o in names)


@cache
def _infix() -> Sequence[Item]:
    return tuple(_words(_INFIX_WORDS))


def _words(listed: Iterable[str]) -> Iterator[Item]:
    return (Item(w, ItemKind.KEYWORD, f"{w} ", doc=words.of_word(w)) for w in listed)


def _options(operator: str) -> Iterator[Item]:
    return (Item(o, ItemKind.KEYWORD, o) for o in _OPTIONS.get(operator, ()))
