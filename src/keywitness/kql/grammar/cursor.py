"""Walking over the tokens: looking ahead, expecting, reading names and lists, and refusing with a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from keywitness.kql import diagnostics, foreign, syntax
from keywitness.kql.diagnostics import Diagnostic
from keywitness.kql.grammar.keywords import CLAUSE_WORDS, NAMEABLE, RESERVED, TYPES
from keywitness.kql.lexer import Kind, Token
from keywitness.kql.syntax import Span
from keywitness.model.schema import KqlType

#: Deepest nesting (a parenthesis or a call counts two, an operator's right side one): keeps the parser at most 600
#: frames deep, and the stages behind it well inside Python's recursion limit.
MAX_DEPTH = 100
#: Highest tree of an expression: nesting and chains (`a + b + c` is three high) together. `and` and `or` are flat.
MAX_HEIGHT = 150

_Item = TypeVar("_Item")
_LIST_END = frozenset({")", "]", "}", "|", ";"})


class RefusedError(Exception):
    """Leaves the statement being parsed; the statement loop catches it and goes on behind the next semicolon."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Cursor:
    """A position in a list of tokens that ends with END."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.height = 0
        #: What was refused and read over, each with the extent of what is broken.
        self.refused: list[tuple[Span, Diagnostic]] = []

    # ------------------------------------------------------------ looking

    @property
    def token(self) -> Token:
        """The token under the cursor."""
        return self.tokens[self.position]

    def peek(self, offset: int = 1) -> Token:
        """A token further on, END behind the last."""
        return self.tokens[min(self.position + offset, len(self.tokens) - 1)]

    @property
    def behind(self) -> int:
        """Offset in the text where the last token read ends."""
        return self.tokens[self.position - 1].end if self.position else 0

    def since(self, start: int) -> Span:
        """From an offset to the end of the last token read."""
        return Span(start, max(self.behind, start))

    def at_op(self, *texts: str, offset: int = 0) -> bool:
        """True at one of these punctuation or operator tokens."""
        token = self.peek(offset)
        return token.kind is Kind.OP and token.text in texts

    def at_word(self, *words: str, offset: int = 0) -> bool:
        """True at one of these words."""
        token = self.peek(offset)
        return token.kind is Kind.NAME and token.text in words

    def at_end(self) -> bool:
        """True where a list of operands may end: a closing bracket, a pipe, a semicolon, the end."""
        token = self.token
        return token.kind is Kind.END or (token.kind is Kind.OP and token.text in _LIST_END)

    def dashed(self, offset: int = 0) -> tuple[str, int]:
        """The word at the cursor with the `-word` parts that touch it, and how many tokens that is."""
        first = self.peek(offset)
        if first.kind is not Kind.NAME:
            return "", 0
        text, count, end = first.text, 1, first.end
        while True:
            dash, word = self.peek(offset + count), self.peek(offset + count + 1)
            touching = dash.start == end and word.start == dash.end
            if not (touching and dash.kind is Kind.OP and dash.text == "-" and word.kind is Kind.NAME):
                return text, count
            text, count, end = f"{text}-{word.text}", count + 2, word.end

    # ------------------------------------------------------------ reading

    def advance(self) -> Token:
        """The token under the cursor, which moves on; it never passes END."""
        token = self.tokens[self.position]
        if token.kind is not Kind.END:
            self.position += 1
        return token

    def accept_op(self, text: str) -> bool:
        """Reads this operator if it is there."""
        if self.at_op(text):
            self.position += 1
            return True
        return False

    def accept_word(self, *words: str) -> bool:
        """Reads one of these words if it is there."""
        if self.at_word(*words):
            self.position += 1
            return True
        return False

    def expect_op(self, text: str, help: str = "") -> Token:
        """Reads this operator or refuses."""
        if not self.at_op(text):
            self.refuse(diagnostics.expected(self.token.span, f"'{text}'", self.found(), help))
        return self.advance()

    def expect_word(self, word: str, help: str = "") -> Token:
        """Reads this word or refuses."""
        if not self.at_word(word):
            self.refuse(diagnostics.expected(self.token.span, f"'{word}'", self.found(), help))
        return self.advance()

    # ------------------------------------------------------------ refusing

    def found(self) -> str:
        """The token under the cursor in words."""
        token = self.token
        return "the end of the query" if token.kind is Kind.END else diagnostics.quoted(token.text)

    def refuse(self, diagnostic: Diagnostic) -> NoReturn:
        """Ends the statement with this diagnostic."""
        raise RefusedError(diagnostic)

    def missing(self, what: str, help: str = "") -> RefusedError:
        """The refusal for an operand that is not there."""
        token = self.token
        if token.kind is Kind.NAME and token.text in RESERVED and token.text not in CLAUSE_WORDS:
            known = foreign.FUNCTIONS.get(token.text, "") if self.at_op("(", offset=1) else ""
            return RefusedError(diagnostics.needs_brackets(token.span, token.text, known))
        help = help or self._missing_help()
        return RefusedError(diagnostics.missing(token.span, what, self.found(), help))

    def skip_operator(self, start: int) -> None:
        """To the pipe, semicolon or closing bracket that ends the operator at token `start`, not before the cursor."""
        depth, failed, self.position = 0, self.position, start
        while self.token.kind is not Kind.END:
            if depth == 0 and self.position >= failed and self.at_op("|", ";", ")", "]", "}"):
                return
            if self.at_op("(", "[", "{"):
                depth += 1
            elif self.at_op(")", "]", "}"):
                depth = max(depth - 1, 0)
            self.position += 1

    def _missing_help(self) -> str:
        """The usual reasons why an operand is missing here, by the tokens around."""
        before = self.tokens[self.position - 1] if self.position else Token(Kind.END, "", 0, 0)
        if self.at_op("|") and not self.position:
            return "begin with a table: T | where ..."
        if before.text == ",":
            return "drop the comma before it, or write another item"
        if before.text == ";" and self.at_op("|"):
            return "the semicolon before it ended the query: leave it out"
        if before.text == "/" and self.at_op("*"):
            return "a comment begins with // and ends with its line"
        if before.text == "*" and self.peek(-2).end == before.start:
            return 'text stands in quotes, and startswith "..." or matches regex "..." takes the place of *'
        if self.at_op("/"):
            return 'a regular expression is text: matches regex "..."'
        if self.at_op("[") and self.peek().kind is Kind.NAME:
            return f"a name in brackets stands in quotes: ['{self.peek().text}']"
        return ""

    def enter(self) -> None:
        """One level of nesting more; refuses beyond MAX_DEPTH. Every `enter` needs its `leave`."""
        if self.depth >= MAX_DEPTH:
            self.refuse(diagnostics.too_deep(self.token.span, MAX_DEPTH))
        self.depth += 1

    def leave(self) -> None:
        """Back from `enter`."""
        self.depth -= 1

    def grow(self) -> None:
        """One level more on top of the tree read so far, as each `+ b` of a chain; refuses beyond MAX_HEIGHT."""
        self.height += 1
        if self.height > MAX_HEIGHT:
            self.refuse(diagnostics.too_deep(self.token.span, MAX_HEIGHT))

    # ------------------------------------------------------------ names, types, lists

    def name_length(self, *, nameable: bool = False, offset: int = 0) -> int:
        """Tokens of the name at the cursor: 1 for a word, 3 for `['...']`, 0 for none.

        Args:
            nameable: Also words that may only name something new.
            offset: Where to look.
        """
        token = self.peek(offset)
        if token.kind is Kind.NAME:
            free = token.text not in RESERVED or (nameable and token.text in NAMEABLE)
            return 1 if free else 0
        if self.at_op("[", offset=offset) and self.peek(offset + 1).kind is Kind.STRING:
            count = 1
            while self.peek(offset + count).kind is Kind.STRING:
                count += 1
            return count + 1 if self.at_op("]", offset=offset + count) else 0
        return 0

    def name(self, what: str = "a name", *, nameable: bool = False) -> syntax.NameRef:
        """A name, plain or in brackets."""
        length = self.name_length(nameable=nameable)
        if not length:
            raise self.missing(what)
        token = self.token
        if length == 1:
            self.position += 1
            return syntax.NameRef(token.span, token.text)
        parts = self.tokens[self.position + 1 : self.position + length - 1]
        self.position += length
        return syntax.NameRef(self.since(token.start), "".join(p.value for p in parts), quoted=True)

    def type_name(self) -> KqlType:
        """The name of a type."""
        token = self.token
        if token.kind is not Kind.NAME or token.text not in TYPES:
            if token.kind is not Kind.NAME:
                raise self.missing("a type")
            self.refuse(diagnostics.unknown_type(token.span, token.text, [t.value for t in KqlType]))
        self.position += 1
        return TYPES[token.text]

    def comma_list(self, item: Callable[[], _Item]) -> tuple[_Item, ...]:
        """One item or more, commas between."""
        items = [item()]
        while self.accept_op(","):
            items.append(item())
        return tuple(items)

    def open_list(self, item: Callable[[], _Item], close: str, help: str = "") -> tuple[_Item, ...]:
        """Items up to the closing bracket, perhaps none; a comma may lead and may trail. Reads the bracket."""
        items: list[_Item] = []
        self.accept_op(",")
        while not self.at_op(close):
            items.append(item())
            if not self.accept_op(","):
                break
        self.expect_op(close, help)
        return tuple(items)

    def column_declaration(self) -> syntax.ColumnDecl:
        """`name: type`."""
        start = self.token.start
        name = self.name("a column name", nameable=True)
        self.expect_op(":")
        kind = self.type_name()
        return syntax.ColumnDecl(self.since(start), name, kind)

    def row_schema(self) -> tuple[syntax.ColumnDecl, ...]:
        """`(name: type, ...)`."""
        self.expect_op("(")
        return self.open_list(self.column_declaration, ")")
