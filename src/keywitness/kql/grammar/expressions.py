"""Scalar expressions, by precedence climbing.

From loose to tight: or, and, equality (`== != in between has_any`; does not chain), order (`< <=`; does not chain),
`+ -`, `* / %`, string operators (`has =~ contains`; do not chain), sign, then calls, members and indexes.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import NoReturn

from keywitness.kql import diagnostics, foreign, syntax
from keywitness.kql.grammar.keywords import CLAUSE_WORDS, RESERVED, TEXT_OPERATORS, TYPES
from keywitness.kql.grammar.values import Values
from keywitness.kql.lexer import Kind, Token
from keywitness.kql.syntax import Span

_STRING_WORDS = frozenset(
    {f"{op}{case}" for op in TEXT_OPERATORS for case in ("", "_cs")}
    | {"like", "likecs", "notlike", "notlikecs", "notcontains", "notcontainscs", "containscs", "matches"}
)
#: Old spellings of string operators.
_OLD_SPELLINGS = {
    "notcontains": "!contains",
    "notcontainscs": "!contains_cs",
    "containscs": "contains_cs",
    "likecs": "like_cs",
    "notlikecs": "notlike_cs",
}
_STRING_SYMBOLS = frozenset({"=~", "!~", ":"})

_OR, _AND, _EQUALITY, _ORDER, _SUM, _PRODUCT, _TEXT = range(1, 8)
_CHAINING = frozenset({_OR, _AND, _SUM, _PRODUCT})
_SYMBOL_LEVELS = (
    dict.fromkeys(("==", "!=", "<>", "in~", "!in", "!in~", "!between"), _EQUALITY)
    | dict.fromkeys(("<", "<=", ">", ">="), _ORDER)
    | {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT}
    | dict.fromkeys(_STRING_SYMBOLS, _TEXT)
)
_WORD_LEVELS = {"or": _OR, "and": _AND} | dict.fromkeys(("in", "has_any", "has_all", "between"), _EQUALITY)
_WORD_LEVELS |= dict.fromkeys(_STRING_WORDS, _TEXT)
#: Functions whose names are reserved words.
_RESERVED_FUNCTIONS = frozenset({"toscalar", "totable", "materialize"})


class Expressions(Values):
    """Everything that has a scalar value, and the places where a table may stand among them."""

    @abstractmethod
    def pipeline(self) -> syntax.Expression:
        """A tabular expression, or a scalar one where no pipe follows."""

    @abstractmethod
    def source_operator_ahead(self) -> bool:
        """True at a word that begins a query, such as `print` or `range x from`."""

    # ------------------------------------------------------------ named expressions

    def named_expression(self) -> syntax.Expression:
        """`name = value`, `(a, b) = value`, or an expression."""
        start = self.token.start
        length = self.name_length(nameable=True)
        if length and self.at_op("=", offset=length):
            name = self.name(nameable=True)
            self.advance()
            value = self.expression()
            return syntax.Named(self.since(start), (name,), value)
        names = self._compound_names()
        if names is not None:
            value = self.expression()
            return syntax.Named(self.since(start), names, value, compound=True)
        if self.token.kind is Kind.NAME and self.at_op("=", offset=1):
            self.refuse(diagnostics.needs_brackets(self.token.span, self.token.text))
        return self.expression()

    def _compound_names(self) -> tuple[syntax.NameRef, ...] | None:
        """`(a, b) =`, read; None and nothing read for anything else."""
        if not self.at_op("("):
            return None
        offset = 1
        while length := self.name_length(nameable=True, offset=offset):
            offset += length
            if not self.at_op(",", offset=offset):
                break
            offset += 1
        if (
            offset == 1
            or self.at_op(",", offset=offset - 1)
            or not (self.at_op(")", offset=offset) and self.at_op("=", offset=offset + 1))
        ):
            return None
        self.advance()
        names = self.comma_list(lambda: self.name(nameable=True))
        self.expect_op(")")
        self.advance()
        return names

    def argument(self) -> syntax.Expression:
        """An argument of a call: `*`, `name = value`, or an expression; a query needs parentheses of its own."""
        if self.at_op("*") and self.at_op(",", ")", offset=1):
            return syntax.Star(self.advance().span)
        value = self.named_expression()
        if self.at_op("|"):
            help = "a query as an argument stands in parentheses of its own: f((T | take 1))"
            self.refuse(diagnostics.expected(self.token.span, "')'", self.found(), help))
        return value

    @abstractmethod
    def piped(self, source: syntax.Expression) -> syntax.Pipeline:
        """The operators behind a source that was read already."""

    # ------------------------------------------------------------ precedence

    def expression(self) -> syntax.Expression:
        """A scalar expression."""
        return self._climb(_OR)

    def _climb(self, floor: int) -> syntax.Expression:
        """Operators that bind at least as tightly as `floor`, around their operands."""
        self.enter()
        outer, self.height = self.height, 0
        start = self.token.start
        left: syntax.Expression = self._star_operand() or self._signed()
        ceiling = _TEXT
        while floor <= (level := self._infix_level()) <= ceiling:
            left = self._infix(start, left, level)
            self.grow()
            ceiling = level if level in _CHAINING else level - 1
            if ceiling < level == self._infix_level() and level < _TEXT:
                self.refuse(diagnostics.chained_comparison(self.token.span, self.token.text))
        self.height = max(outer, self.height + 1)
        self.leave()
        return left

    def _infix_level(self) -> int:
        """How tightly the operator at the cursor binds, 0 when there is none."""
        token = self.token
        if token.kind is Kind.OP:
            level = _SYMBOL_LEVELS.get(token.text, 0)
            return level or (_TEXT if token.text[0] == "!" and token.text[1:] in _STRING_WORDS else 0)
        if token.kind is Kind.NAME:
            if token.text == "in" and self.at_word("range", offset=1):
                return 0  # `in range(...)` belongs to make-series
            return _WORD_LEVELS.get(token.text, 0)
        return 0

    def _infix(self, start: int, left: syntax.Expression, level: int) -> syntax.Expression:
        """The operator at the cursor with its right side."""
        if level <= _AND:
            return self._logical(start, left, level)
        if level == _EQUALITY:
            if self.at_word("in", "has_any", "has_all") or self.at_op("in~", "!in", "!in~"):
                return self._in(start, left)
            if self.at_word("between") or self.at_op("!between"):
                return self._between(start, left)
        op = self._string_operator() if level == _TEXT else self.advance().text
        right = self._signed() if level == _TEXT else self._climb(level + 1)
        return syntax.Binary(self.since(start), "!=" if op == "<>" else op, left, right)

    def _logical(self, start: int, left: syntax.Expression, level: int) -> syntax.Expression:
        op = self.token.text
        operands = [left]
        while self.accept_word(op):
            operands.append(self._climb(level + 1))
        return syntax.Logical(self.since(start), op, tuple(operands))

    def _string_operator(self) -> str:
        """Reads a string operator, "" where there is none."""
        if not self._string_operator_at(0):
            return ""
        word = self.advance().text
        if word == "matches":
            self.expect_word("regex", "the operator is 'matches regex'")
            return "matches regex"
        return _OLD_SPELLINGS.get(word, word)

    def _string_operator_at(self, offset: int) -> bool:
        token = self.peek(offset)
        if token.kind is Kind.NAME:
            return token.text in _STRING_WORDS
        if token.kind is not Kind.OP:
            return False
        return token.text in _STRING_SYMBOLS or (token.text[0] == "!" and token.text[1:] in _STRING_WORDS)

    def _star_operand(self) -> syntax.Star | None:
        """`*` in `* == x` or `* has x`."""
        if not self.at_op("*") or not (self.at_op("==", offset=1) or self._string_operator_at(1)):
            return None
        return syntax.Star(self.advance().span)

    def _in(self, start: int, value: syntax.Expression) -> syntax.In:
        op = self.advance().text
        self.expect_op("(", f"{op} takes a list in parentheses")
        if self.source_operator_ahead():
            items: tuple[syntax.Expression, ...] = (self.pipeline(),)
        else:
            items = self.comma_list(self.expression)
            if len(items) == 1 and self.at_op("|"):
                items = (self.piped(items[0]),)
        self.expect_op(")")
        return syntax.In(self.since(start), op, value, items)

    def _between(self, start: int, value: syntax.Expression) -> syntax.Between:
        negated = self.advance().text == "!between"
        help = "write between (low .. high)"
        self.expect_op("(", help)
        low = self.expression()
        self.expect_op("..", help)
        high = self.expression()
        self.expect_op(")")
        return syntax.Between(self.since(start), value, low, high, negated)

    # ------------------------------------------------------------ sign, members, calls

    def _signed(self) -> syntax.Expression:
        token = self.token
        if not self.at_op("-", "+"):
            return self.path()
        self.advance()
        if token.text == "-" and self.token.kind is Kind.LONG:
            smallest = self.smallest_long(token.start)
            if smallest is not None:
                return smallest
        operand = self.path()
        return syntax.Unary(self.since(token.start), token.text, operand)

    def path(self) -> syntax.Expression:
        """A primary with its members, indexes and method calls."""
        start = self.token.start
        value = self._primary()
        while True:
            if self.at_op("."):
                self.advance()
                value = self._member(start, value)
            elif self.at_op("["):
                value = self._index(start, value)
            else:
                return value
            self.grow()

    def simple_path(self) -> syntax.Expression:
        """A name with members and indexes, where a parenthesis behind it begins something else."""
        start = self.token.start
        value: syntax.Expression = self.name("a column")
        while True:
            if self.accept_op("."):
                name = self.member_name()
                value = syntax.Member(self.since(start), value, name)
            elif self.at_op("["):
                value = self._index(start, value)
            else:
                return value
            self.grow()

    def _member(self, start: int, value: syntax.Expression) -> syntax.Expression:
        length = self.name_length()
        if length and self.at_op("(", offset=length):
            call = self._call()
            return syntax.MethodCall(self.since(start), value, call)
        if self.at_op("["):
            if not length:
                return self._index(start, value)
            name = self.name("a member")
            return syntax.Member(self.since(start), value, name)
        if self.at_op("*"):
            pattern = self.wildcard()
            return syntax.Member(self.since(start), value, pattern)
        name = self.member_name()
        return syntax.Member(self.since(start), value, name)

    @abstractmethod
    def wildcard(self) -> syntax.WildcardName:
        """A name pattern with a `*` in it."""

    def member_name(self) -> syntax.NameRef:
        """A property's name; keywords are free here except those that would read as an operator."""
        token = self.token
        if token.kind is Kind.NAME and token.text in RESERVED and token.text in TYPES:
            self.advance()
            return syntax.NameRef(token.span, token.text)
        return self.name("a property name")

    def _index(self, start: int, value: syntax.Expression) -> syntax.Expression:
        self.expect_op("[")
        index = self.expression()
        self.expect_op("]")
        return syntax.Index(self.since(start), value, index)

    def _primary(self) -> syntax.Expression:
        token = self.token
        if self.at_literal():
            return self.literal()
        if token.kind is Kind.NAME:
            return self._word(token.text)
        if self.at_op("("):
            return self.parenthesized()
        if self.name_length():
            return self.name()
        if self.at_op("="):
            self._refuse_equals(token)
        if self.at_op("{") and self.peek().kind is Kind.NAME and self.at_op("}", offset=2):
            self.refuse(diagnostics.client_parameter(Span(token.start, self.peek(2).end), self.peek().text))
        raise self.missing("an expression")

    def _refuse_equals(self, token: Token) -> NoReturn:
        before = self.tokens[self.position - 1] if self.position else token
        if before.end == token.start and before.text == "==":
            self.refuse(diagnostics.unexpected_text(token.span, "a third '='", "KQL compares with =="))
        if before.end == token.start and before.text in {"+", "-", "*", "/"}:
            self.refuse(diagnostics.single_equals(token.span, f"write Name = Name {before.text} value"))
        self.refuse(diagnostics.single_equals(token.span))

    def _word(self, word: str) -> syntax.Expression:
        """A name, a call, or one of the words with a syntax of its own."""
        if word == "datatable" or word in {"externaldata", "external_data"}:
            return self.inline_table()
        if word == "typeof" and self.at_op("(", offset=1):
            return self.type_of()
        if self.at_op("(", offset=1) and (word not in RESERVED or word in _RESERVED_FUNCTIONS):
            return self._call()
        if word in _RESERVED_FUNCTIONS and self.at_word("kind", offset=1):
            return self._call()
        if (
            word.lower() == "not"
            and self.peek().kind not in {Kind.END, Kind.OP}
            and self.peek().text not in CLAUSE_WORDS
        ):
            self.refuse(diagnostics.not_without_parentheses(self.token.span))
        return self.name("an expression")

    @abstractmethod
    def inline_table(self) -> syntax.Expression:
        """`datatable` or `externaldata`."""

    def type_of(self) -> syntax.ToTypeof:
        """`typeof(type)`."""
        start = self.advance().start
        self.expect_op("(")
        kind = self.type_name()
        self.expect_op(")")
        return syntax.ToTypeof(self.since(start), kind)

    def _call(self) -> syntax.Call:
        start = self.token.start
        token = self.token
        if token.text in _RESERVED_FUNCTIONS and token.kind is Kind.NAME:
            return self._table_function()
        name = self.name("a function name")
        self.expect_op("(")
        args: tuple[syntax.Expression, ...] = ()
        self.enter()
        if not self.at_op(")"):
            args = self.comma_list(self.argument)
        self.leave()
        self.expect_op(")", self._call_help(name.name))
        return syntax.Call(self.since(start), name, args)

    def _call_help(self, name: str) -> str:
        """For an argument that does not end where it should."""
        if self.tokens[self.position - 1].text.lower() == "distinct":
            return "dcount(Column) counts different values, count_distinct(Column) does so exactly"
        if self.token.text.lower() in foreign.UNITS:
            return foreign.WORDS["interval"]
        if self.at_word("as", "AS") and name.lower() in foreign.FUNCTIONS:
            return foreign.FUNCTIONS[name.lower()]
        return "arguments are separated by commas, and each ( has its )"

    def _table_function(self) -> syntax.Call:
        """`toscalar(query)`, `materialize(query)`, `totable(query)`."""
        token = self.advance()
        name = syntax.NameRef(token.span, token.text)
        if self.accept_word("kind"):
            self.expect_op("=")
            self.advance()
        self.expect_op("(")
        query = self.pipeline()
        self.expect_op(")")
        return syntax.Call(self.since(token.start), name, (query,))

    def function_call(self, what: str = "a function call") -> syntax.Call:
        """A call, arguments required."""
        length = self.name_length()
        if not length:
            raise self.missing(what)
        if not self.at_op("(", offset=length):
            self.position += length
            self.refuse(diagnostics.expected(self.token.span, "'('", self.found(), "write name(...)"))
        return self._call()

    def parenthesized(self) -> syntax.Expression:
        """`(...)` around a table or a scalar."""
        start = self.advance().start
        value = self.pipeline()
        help = "a parenthesis that was opened before is not closed"
        if self.at_op(","):
            help = "a list follows in, has_any or has_all; every other operator takes one value"
        self.expect_op(")", help)
        if isinstance(value, syntax.Pipeline):
            return syntax.Pipeline(Span(start, self.behind), value.source, value.operators)
        return value
