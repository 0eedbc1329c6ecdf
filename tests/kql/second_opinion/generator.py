"""Queries made from the grammar and from the tables of the language, to be judged by two analysers.

A query is decided by its seed alone, a text that stands beside it: `strlen/2` is the third call made of strlen's
signature, `pipeline/17` an eighteenth pipeline. A wish for a type is sometimes answered with another one, names are few
so that they collide, and some words are out of place: about half of the queries are wrong, which is the purpose.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import TypeVar

from keywitness.kql import functions
from keywitness.kql.functions import Function, Kind
from keywitness.kql.functions.function import Parameter, Signature

T = TypeVar("T")

#: Tables that both analysers know: every type, one name each; and two tables that share some names.
TABLES = {
    "Types": "b:bool, i:int, l:long, r:real, m:decimal, s:string, t:datetime, p:timespan, g:guid, d:dynamic",
    "Events": "k:long, s:string, x:string, t:datetime, d:dynamic, count_:long, ['odd name']:string",
    "Others": "k:long, s:string, x:long, v:real, s1:string, Column1:int",
}
COLUMNS = {
    table: {part.split(":")[0].strip("['] "): part.split(":")[1].strip() for part in schema.split(", ")}
    for table, schema in TABLES.items()
}
TYPES = tuple(COLUMNS["Types"].values())
NAMES = ("a", "b", "s", "k", "x", "count_", "Column1", "s1", "print_0", "odd name", "where", "kind", "i")

#: Literals of every type, in every spelling.
LITERALS: dict[str, tuple[str, ...]] = {
    "bool": ("true", "false", "bool(null)", "bool(1)", "boolean(true)"),
    "int": ("int(1)", "int(-7)", "int(null)", "int(0x1F)"),
    "long": ("1", "0", "42", "0x10", "long(-3)", "long(null)", "long(0xff)", "int64(8)"),
    "real": ("1.5", "0.0", "1e3", "2.5e-2", "real(1)", "double(2.0)", "real(null)", "real(nan)", "real(-inf)"),
    "decimal": ("decimal(1.25)", "decimal(1)", "decimal(null)", "decimal(1e2)"),
    "string": ('"a"', "'b c'", '@"C:\\dir"', "h'secret'", '""', "```x\ny```", "'a\\tb'", "'a' 'b'", "'1'"),
    "datetime": ("datetime(2024-01-31)", "datetime(2024-01-31T10:20:30.1234567Z)", "datetime(null)",
                 "datetime('2024-01-31 10:20')", "date(2020-02-29)", "now()", "ago(1d)"),
    "timespan": ("1h", "2d", "30m", "1.5s", "100ms", "3microseconds", "7ticks", "time(1.02:03:04)", "timespan(null)",
                 "time(3)", "timespan(1h)"),
    "guid": ("guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "guid(null)"),
    "dynamic": ('dynamic({"a": 1, "b": [1, 2]})', "dynamic([1, 2, 3])", "dynamic(null)", "dynamic('x')", "dynamic(1.5)",
                "dynamic([datetime(2024-01-01), 1h])"),
}  # fmt: skip

_WORD_TYPES = {
    "any": TYPES, "common": TYPES, "printed": TYPES, "plain": TYPES[:-1], "text": ("string", "dynamic"),
    "orderable": tuple(t for t in TYPES if t not in ("guid", "dynamic")), "number": ("int", "long", "real", "decimal"),
    "integer": ("int", "long"), "summable": ("int", "long", "real", "decimal", "datetime", "timespan"),
    "integers": ("long", "dynamic"),
}  # fmt: skip
#: Share of places where something else than asked for is written.
_STRAY = 0.04


class Writer:
    """Writes one query.

    Args:
        seed: Decides everything.
    """

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)
        self.columns: dict[str, str] = {}
        self.lets: dict[str, dict[str, str]] = {}
        self.depth = 0

    # ------------------------------------------------------------ choosing

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def of_registry(self, rows: Sequence[Function]) -> Function:
        """A row, such that a new row of the table changes few of the earlier choices."""
        draw = self.random.random()
        return min(rows, key=lambda row: zlib.crc32(f"{draw}{row.name}".encode()))

    def some(self, make: Callable[[], str], most: int = 3, separator: str = ", ") -> str:
        return separator.join(make() for _ in range(self.random.randint(1, most)))

    # ------------------------------------------------------------ names and types

    def type_of(self, word: str) -> str:
        """A type that a type word of a signature allows; now and then another."""
        if self.chance(_STRAY):
            return self.one(TYPES)
        parts = word.split("|")
        return self.one([t for part in parts for t in _WORD_TYPES.get(part, (part,))])

    def name(self) -> str:
        return spelled(self.one(NAMES))

    def column(self, type: str = "") -> str:
        """A column of the input, of that type where there is one; now and then a name that is none."""
        fitting = [c for c, t in self.columns.items() if not type or t == type]
        if not fitting or self.chance(_STRAY / 2):
            fitting = [*self.columns, self.one(NAMES)]
        return spelled(self.one(fitting))

    # ------------------------------------------------------------ expressions

    def value(self, type: str) -> str:
        """An expression, of that type if all goes well."""
        if self.chance(_STRAY):
            type = self.one(TYPES)
        self.depth += 1
        try:
            forms = [self._literal, self._column, self._column]
            if self.depth < 4:
                forms += [self._operation, self._operation, self._function, self._choice, self._member]
            return self.one(forms)(type)
        finally:
            self.depth -= 1

    def any_value(self) -> str:
        return self.value(self.one(TYPES))

    def _literal(self, type: str) -> str:
        return self.one(LITERALS[type])

    def _column(self, type: str) -> str:
        return self.column(type) if type in self.columns.values() else self._literal(type)

    def _operation(self, type: str) -> str:
        match type:
            case "bool":
                return self.predicate()
            case "int" | "long" | "real" | "decimal":
                other = self.one([type, type, "long", "real"])
                return f"{self.value(type)} {self.one('+-*/%')} {self.value(other)}"
            case "datetime":
                return f"{self.value('datetime')} {self.one('+-')} {self.value('timespan')}"
            case "timespan":
                left, operator, right = self.one(_SPANS)
                return f"({self.value(left)} {operator} {self.value(right)})"
            case "dynamic":
                return self.column("dynamic") + self.one([".a", "[0]", "[-1]", "['b']", ".['odd key']"])
        return self._function(type)

    def predicate(self) -> str:
        forms = (
            lambda: self._comparison(),
            lambda: f"{self.value('string')} {self.one(_TEXT_OPERATORS)} {self.value('string')}",
            lambda: f"({self.value('bool')} {self.one(['and', 'or'])} {self.value('bool')})",
            lambda: f"not({self.value('bool')})",
            lambda: self._in(),
            lambda: self._between(),
            lambda: (
                f"{self.value('string')} {self.one(['has_any', 'has_all'])} ({self.some(lambda: self.value('string'))})"
            ),
            lambda: f"{self.value('string')} matches regex {self.one(_PATTERNS)}",
            lambda: f"{self.one(['isnull', 'isnotempty', 'isempty', 'isnotnull'])}({self.any_value()})",
        )
        return self.one(forms)()

    def _comparison(self) -> str:
        type = self.one(TYPES)
        operator = self.one(["==", "!=", "<", "<=", ">", ">=", "=~", "!~"] if type == "string" else _COMPARISONS)
        return f"{self.value(type)} {operator} {self.value(type)}"

    def _in(self) -> str:
        type = self.one(["string", "string", "long", "datetime", "real", "dynamic", "guid", "int"])
        operator = self.one(["in", "!in", "in~", "!in~"] if type == "string" else ["in", "!in"])
        values = self.some(lambda: self._literal(type))
        listed = self.one([values, values, "dynamic(['a', 'b'])", "Others | project s"])
        return f"{self.value(type)} {operator} ({listed})"

    def _between(self) -> str:
        low, high = self.one([("long", "long"), ("datetime", "datetime"), ("datetime", "timespan"), ("real", "long"),
                              ("timespan", "timespan"), ("int", "long")])  # fmt: skip
        return f"{self.value(low)} {self.one(['between', '!between'])} ({self._literal(low)} .. {self._literal(high)})"

    def _choice(self, type: str) -> str:
        form = self.one(["iff", "case", "coalesce"])
        if form == "coalesce":
            return f"coalesce({self.value(type)}, {self.value(type)})"
        predicates = 1 if form == "iff" else self.random.randint(1, 2)
        pairs = ", ".join(f"{self.predicate()}, {self.value(type)}" for _ in range(predicates))
        return f"{form}({pairs}, {self.value(type)})"

    def _member(self, type: str) -> str:
        cast = {"string": "tostring", "long": "tolong", "real": "todouble", "datetime": "todatetime", "bool": "tobool",
                "timespan": "totimespan", "int": "toint", "guid": "toguid", "decimal": "todecimal"}  # fmt: skip
        inside = f"{self.column('dynamic')}.{self.one(['a', 'b', 'a.c', 'a[0]'])}"
        return f"{cast[type]}({inside})" if type in cast else inside

    def _function(self, type: str) -> str:
        """A call of a function that gives the type."""
        giving = [
            f for f in ANSWERED if f.kind is Kind.SCALAR and any(s.result in (type, "first") for s in f.signatures)
        ]
        row = self.of_registry(giving)
        return self.call(row, self.one([s for s in row.signatures if s.result in (type, "first")]), type)

    def call(self, row: Function, signature: Signature, first: str = "") -> str:
        """A call by a signature; now and then with an argument too many or too few."""
        arguments: list[str] = []
        agreed = first if signature.result == "common" and first else self.one(TYPES)
        for parameter in signature.parameters:
            if parameter.optional and self.chance(0.5):
                break
            for _ in range(self.random.randint(1, 3) if parameter.repeated else 1):
                wanted = first if first and not arguments and signature.result == "first" else ""
                arguments.append(self.argument(row, parameter, wanted, agreed))
        if arguments and self.chance(_STRAY):
            arguments.pop()
        elif self.chance(_STRAY):
            arguments.append(self.any_value())
        return f"{self.one([row.name, row.name, *row.aliases])}({', '.join(arguments)})"

    def argument(self, row: Function, parameter: Parameter, wanted: str, agreed: str) -> str:
        if (row.name, parameter.name) in CHOICES:
            return self.one([f"'{word}'" for word in CHOICES[row.name, parameter.name]])
        if parameter.name == "percentile" and not self.chance(_STRAY):
            return self.one(["50", "99.9", "5"])
        if parameter.word == "type":
            return f"typeof({self.one(TYPES)})"
        type = wanted or (agreed if parameter.word == "common" else self.type_of(parameter.word))
        if parameter.constant and not self.chance(_STRAY):
            return self._literal(type)
        return self.value(type)

    # ------------------------------------------------------------ tables

    def source(self) -> str:
        form = self.one(["table"] * 8 + ["print", "range", "datatable", "union", "let"])
        if form == "table":
            table = self.one(["Types"] * 4 + ["Events", "Others"])
            self.columns = dict(COLUMNS[table])
            return table
        if form == "print":
            self.columns = {}
            names = [self.one(NAMES) for _ in range(self.random.randint(1, 3))]
            types = [self.one(TYPES) for _ in names]
            items = [f"{spelled(n)} = {self._literal(t)}" for n, t in zip(names, types, strict=True)]
            self.columns = dict(zip(names, types, strict=True))
            return "print " + ", ".join([*items, *([self._literal("long")] if self.chance(0.3) else [])])
        if form == "range":
            self.columns = {"x": self.one(["long", "datetime", "real"])}
            type = self.columns["x"]
            step = "1h" if type == "datetime" else self._literal(type)
            return f"range x from {self._literal(type)} to {self._literal(type)} step {step}"
        if form == "datatable":
            self.columns = {n: self.one(TYPES) for n in self.random.sample(NAMES[:10], 2)}
            schema = ", ".join(f"{spelled(n)}: {t}" for n, t in self.columns.items())
            return f"datatable({schema}) [{', '.join(self._literal(t) for t in self.columns.values())}]"
        if form == "let" and self.lets:
            name = self.one(list(self.lets))
            self.columns = dict(self.lets[name])
            return name
        first, second = self.one(list(COLUMNS)), self.one(list(COLUMNS))
        kind = self.one(["", "kind=outer ", "withsource=Origin ", "isfuzzy=true "])
        self.columns = {c: t for c, t in COLUMNS[first].items() if COLUMNS[second].get(c) == t}
        return f"union {kind}{first}, ({second})"

    def pipeline(self, most: int = 4) -> str:
        text = self.source()
        for _ in range(self.random.randint(1, most)):
            text += f"\n| {self.operator()}"
        return text

    def operator(self) -> str:
        return self.one(OPERATORS)(self)

    def named(self, make: Callable[[], str]) -> str:
        return f"{self.name()} = {make()}" if self.chance(0.6) else make()

    def assigned(self) -> dict[str, str]:
        """New names with the types they are meant to have."""
        names = [self.one(NAMES) for _ in range(self.random.randint(1, 3))]
        return {n: self.one(TYPES) for n in names}

    def where(self) -> str:
        return f"{self.one(['where', 'filter'])} {self.predicate()}"

    def extend(self) -> str:
        new = self.assigned()
        items = [f"{spelled(n)} = {self.value(t)}" for n, t in new.items()]
        if self.chance(0.3):
            items.append(self.any_value())
        self.columns |= new
        return f"extend {', '.join(items)}"

    def project(self) -> str:
        new = self.assigned()
        items = [f"{spelled(n)} = {self.value(t)}" for n, t in new.items()]
        kept = self.random.sample(list(self.columns), min(2, len(self.columns)))
        items += [spelled(c) for c in kept]
        if self.chance(0.4):
            items.append(self.any_value())
        self.columns = {c: self.columns[c] for c in kept} | new
        return f"project {', '.join(items)}"

    def project_some(self) -> str:
        word = self.one(["project-away", "project-keep", "project-reorder"])
        pattern = self.one(["s*", "*", "*1", "x*y"])
        chosen = [self.column() for _ in range(self.random.randint(1, 3))]
        if self.chance(0.3):
            chosen.append(pattern)
        if word == "project-reorder" and self.chance(0.3):
            chosen.append(f"* {self.one(['asc', 'desc', 'granny-asc'])}")
        names = {c.strip("['] ") for c in chosen}
        if word == "project-keep":
            self.columns = {c: t for c, t in self.columns.items() if c in names}
        elif word == "project-away":
            self.columns = {c: t for c, t in self.columns.items() if c not in names}
        return f"{word} {', '.join(chosen)}"

    def project_rename(self) -> str:
        old, new = self.column(), self.one(NAMES)
        type = self.columns.pop(old.strip("['] "), "string")
        self.columns[new] = type
        return f"project-rename {spelled(new)} = {old}"

    def aggregate(self) -> str:
        row = self.of_registry([f for f in ANSWERED if f.kind is Kind.AGGREGATE])
        signature = self.one(row.signatures)
        if row.name in ("arg_max", "arg_min", "take_any", "any") and self.chance(0.3):
            return f"{row.name}({self.column()}, *)" if row.name.startswith("arg") else f"{row.name}(*)"
        return self.call(row, signature)

    def aggregates(self) -> str:
        def one() -> str:
            made = self.named(self.aggregate)
            return f"{made} {self.one('+*/')} {self.one(['1', '2.0', 'count()'])}" if self.chance(0.15) else made

        return self.some(one)

    def keys(self) -> str:
        def one() -> str:
            form = self.random.random()
            if form < 0.6:
                return self.column()
            if form < 0.8:
                return f"bin({self.column('datetime')}, 1h)" if self.chance(0.7) else f"bin({self.column('long')}, 10)"
            return self.named(self.any_value)

        return self.some(one, 2)

    def summarize(self) -> str:
        form = self.one(["both", "both", "both", "aggregates", "keys"])
        text = "summarize" + (f" {self.aggregates()}" if form != "keys" else "")
        keys = f" by {self.keys()}" if form != "aggregates" else ""
        self.columns = {c: t for c, t in self.columns.items() if spelled(c) in keys.replace(",", " ").split()}
        return text + keys

    def distinct(self) -> str:
        listed = self.one(["*", self.some(self.column), f"{self.column()}, {self.any_value()}"])
        return f"distinct {listed}"

    def sort(self) -> str:
        def key() -> str:
            column = self.column() if self.chance(0.8) else self.any_value()
            return f"{column}{self.one(['', ' asc', ' desc'])}{self.one(['', '', ' nulls first', ' nulls last'])}"

        return f"{self.one(['sort', 'order'])} by {self.some(key, 2)}"

    def top(self) -> str:
        return f"top {self.one(['5', '1 + 1', self._literal('long')])} by {self.value(self.type_of('orderable'))}"

    def rows(self) -> str:
        count = self._literal(self.one(["long", "long", "int", "real", "string"]))
        word = self.one(["take", "limit", "sample"])
        return self.one([f"{word} {count}", f"sample-distinct 3 of {self.column()}"])

    def count(self) -> str:
        self.columns = {"Count": "long"}
        return "count"

    def top_hitters(self) -> str:
        by = f" by {self.column(self.one(['long', 'real']))}" if self.chance(0.5) else ""
        return f"top-hitters 3 of {self.column()}{by}"

    def top_nested(self) -> str:
        def level() -> str:
            of = self.named(lambda: self.column())
            return f"top-nested {self.one(['', '2 '])}of {of} by {self.named(self.aggregate)}"

        return self.some(level, 2)

    def join(self) -> str:
        left, other = self.columns, self.one(list(COLUMNS))
        kinds = ["", "kind=inner ", "kind=leftouter ", "kind=rightouter ", "kind=fullouter ", "kind=leftsemi ",
                 "kind=leftanti ", "kind=rightsemi ", "kind=rightanti ", "kind=innerunique ", "kind=anti "]  # fmt: skip
        shared = [c for c, t in left.items() if COLUMNS[other].get(c) == t]
        forms = [f"on {self.column()}"]
        if shared:
            forms += [f"on {spelled(self.one(shared))}"] * 4
        pair = f"$left.{self.column()} == $right.{spelled(self.one(list(COLUMNS[other])))}"
        forms += [f"on {pair}", f"on {pair} and $right.s == $left.{self.column('string')}"]
        word = self.one(["join", "join", "join", "lookup"])
        kind = self.one(kinds if word == "join" else ["", "kind=inner ", "kind=leftouter "])
        right = self.one([other, f"({other})", f"({other} | where isnotnull({spelled(next(iter(COLUMNS[other])))}))"])
        return f"{word} {kind}{right} {self.one(forms)}"

    def union(self) -> str:
        other = self.one(list(COLUMNS))
        self.columns = {c: t for c, t in self.columns.items() if COLUMNS[other].get(c, t) == t}
        return f"union {self.one(['', 'kind=outer ', 'withsource=Origin '])}{self.one([other, f'({other} | take 1)'])}"

    def mv_expand(self) -> str:
        item = self.column("dynamic")
        if self.chance(0.3):
            item = f"{self.name()} = {self.value('dynamic')}"
        typed = f" to typeof({self.one(TYPES)})" if self.chance(0.3) else ""
        index = self.one(["", "", "with_itemindex=n ", "bagexpansion=array ", "kind=bag "])
        return f"mv-expand {index}{item}{typed}{self.one(['', ' limit 5'])}"

    def mv_apply(self) -> str:
        column = self.column("dynamic")
        body = self.one(["where isnotnull({0})", "summarize n = count()", "extend z = {0}", "top 1 by tostring({0})",
                         "summarize make_list({0}) by tostring({0})", "project {0}"])  # fmt: skip
        return f"mv-apply {column} to typeof({self.one(['long', 'string', 'dynamic'])}) on ({body.format(column)})"

    def parse(self) -> str:
        word, kind = self.one(["parse", "parse", "parse-where"]), self.one(["", "kind=regex ", "kind=relaxed "])
        pattern = self.one(["'a=' a:long ' b=' b", "* 'x' s ',' x:real *", "'k' k:int", "a", "'t=' t:datetime '.'"])
        return f"{word} {kind}{self.value('string')} with {pattern}"

    def parse_kv(self) -> str:
        options = self.one(["", "with (pair_delimiter=';', kv_delimiter='=')", "with (regex=@'(\\w+)=(\\w+)')"])
        columns = f"Found: long, {self.one(['Other', 'Other', 'Found'])}: {self.one(TYPES)}"
        return f"parse-kv {self.value('string')} as ({columns}) {options}"

    def make_series(self) -> str:
        axis, step = self.one([("datetime", "1h"), ("long", "5"), ("real", "0.5"), ("timespan", "1m")])
        bounds = self.one(["", f"from {self._literal(axis)} to {self._literal(axis)} "])
        by = f" by {self.column()}" if self.chance(0.6) else ""
        default = self.one(["", " default=0"])
        return f"make-series {self.named(self.aggregate)}{default} on {self.column(axis)} {bounds}step {step}{by}"

    def window(self) -> str:
        row = self.of_registry([f for f in ANSWERED if f.kind is Kind.WINDOW])
        return f"{self.one(['serialize', 'extend'])} Running = {self.call(row, self.one(row.signatures))}"

    def partition(self) -> str:
        hint = self.one(["", "hint.strategy=native ", "hint.strategy=shuffle "])
        body = self.one(["top 1 by {0}", "summarize count() by {0}", "take 2", "extend z = 1", "summarize max({0})"])
        return f"partition {hint}by {self.column()} ({body.format(self.column())})"

    def scan(self) -> str:
        return (
            f"sort by {self.column()} asc\n| scan {self.one(['', 'with_match_id=id '])}declare (n: long = 0) with"
            f" (step one: {self.value('bool')} => n = {self.value('long')}; step two: one.n > {self._literal('long')};)"
        )

    def evaluate(self) -> str:
        if self.chance(0.3):
            weight = self.column("long")
            arguments = self.one(["", "0.1", f"'~', {weight}", f"~0.2, {weight}", f"0.2, {weight}, 3, '*', int(-1)"])
            return f"project-keep {weight}, {self.column('string')}\n| evaluate basket({arguments})"
        return (
            f"evaluate bag_unpack({self.column('dynamic')}) : ({self.one(['', '*, '])}a: long, s1: {self.one(TYPES)})"
        )

    def small(self) -> str:
        sought = self.one(["'a'", "s: 'b'", "'a' and 'c'"])
        return self.one([
            "getschema", "as Kept", "consume", f"render {self.one(['timechart', 'table'])}", "invoke Same()",
            f"reduce by {self.column('string')}", f"search {sought}", "serialize",
            f"assert-schema (s: {self.one(['string', 'long'])})",
        ])  # fmt: skip

    def query(self) -> str:
        """A pipeline behind its `let` statements."""
        lets = ["let Same = (T: (*)) { T };"]
        if self.chance(0.4):
            name, type = self.one(["n", "s", "Limit"]), self.one(TYPES)
            lets.append(f"let {name} = {self._literal(type)};")
        if self.chance(0.3):
            text = self.pipeline(2)
            self.lets["Kept1"] = dict(self.columns)
            lets.append(f"let Kept1 = {self.one(['', 'materialize'])}({text});")
        if self.chance(0.3):
            type, given = self.one(TYPES), self.one(TYPES)
            default = self.one(["", f" = {self._literal(type)}"])
            self.columns = {"v": type}
            body = self.value(self.one(TYPES))
            lets.append(f"let f = (v: {type}{default}) {{ {body} }};")
            lets.append(f"let y = f({self._literal(self.one([type, given]))});")
        return "\n".join([*lets, self.pipeline()])


#: Operations that give a timespan.
_SPANS = (
    ("datetime", "-", "datetime"), ("timespan", "+", "timespan"), ("timespan", "*", "long"), ("long", "*", "timespan"),
    ("timespan", "/", "real"), ("timespan", "%", "timespan"),
)  # fmt: skip
_PATTERNS = ('@"^a+"', "'b.'", "s")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_TEXT_OPERATORS = [
    "has",
    "!has",
    "has_cs",
    "hasprefix",
    "hassuffix",
    "!hasprefix_cs",
    "contains",
    "!contains",
    "contains_cs",
    "startswith",
    "!startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
    "=~",
    "!~",
    "==",
]
OPERATORS: tuple[Callable[[Writer], str], ...] = (
    Writer.where, Writer.where, Writer.extend, Writer.extend, Writer.project, Writer.project_some,
    Writer.project_rename, Writer.summarize, Writer.summarize, Writer.summarize, Writer.distinct, Writer.sort,
    Writer.top, Writer.rows, Writer.count, Writer.top_hitters, Writer.top_nested, Writer.join, Writer.join,
    Writer.union,
    Writer.mv_expand, Writer.mv_apply, Writer.parse, Writer.parse_kv, Writer.make_series, Writer.window,
    Writer.partition, Writer.scan, Writer.evaluate, Writer.small,
)  # fmt: skip

#: Words that some parameters want.
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("datetime_add", "period"): ("day", "year"), ("datetime_diff", "period"): ("day", "hour", "month"),
    ("datetime_part", "part"): ("hour", "week_of_year"), ("parse_command_line", "parser"): ("windows",),
    ("countof", "kind"): ("normal", "regex"), ("series_outliers", "kind"): ("tukey", "ctukey"),
}  # fmt: skip

ANSWERED: tuple[Function, ...] = tuple(f for f in functions.every() if not f.refusal)


def spelled(name: str) -> str:
    """A name as it may stand in a query."""
    return name if name.isidentifier() and name not in ("where",) else f"['{name}']"


def calls(each: int) -> Iterator[tuple[str, str]]:
    """Seed and query for calls of every function that is answered, `each` for every signature."""
    for row in ANSWERED:
        for place, signature in enumerate(row.signatures):
            for turn in range(each):
                seed = f"{row.kind}/{row.name}/{place}/{turn}"
                writer = Writer(seed)
                writer.columns = dict(COLUMNS["Types"])
                writer.depth = 3 if turn % 2 else 2
                call = writer.call(row, signature)
                match row.kind:
                    case Kind.SCALAR:
                        yield seed, f"Types | {writer.one(['project', 'extend'])} {call}"
                    case Kind.WINDOW:
                        yield seed, f"Types | sort by t asc | extend {call}"
                    case Kind.AGGREGATE:
                        yield seed, f"Types | summarize {call} by i"


def pipelines(number: int) -> Iterator[tuple[str, str]]:
    """Seed and query for whole queries."""
    for turn in range(number):
        seed = f"pipeline/{turn}"
        yield seed, Writer(seed).query()
