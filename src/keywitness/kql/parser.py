"""Text to syntax tree."""

from __future__ import annotations

from keywitness.kql import diagnostics, syntax
from keywitness.kql.diagnostics import Diagnostic
from keywitness.kql.grammar.cursor import RefusedError
from keywitness.kql.grammar.keywords import PIPE_OPERATORS, RESERVED
from keywitness.kql.grammar.reshaping import Reshaping
from keywitness.kql.grammar.sources import as_pipeline
from keywitness.kql.lexer import Kind, Token, tokenize
from keywitness.kql.syntax import Span

#: Characters of a query text, Kusto's own limit.
MAX_LENGTH = 2_000_000
#: Diagnostics of one refusal; more would hide the first.
MOST_DIAGNOSTICS = 10


def parse(text: str) -> syntax.Query:
    """The syntax tree of a query text.

    Every statement is read, also behind one that is wrong, so a refusal names all of them.

    Args:
        text: One query: statements separated by semicolons, at least one of them a tabular expression.

    Returns:
        The tree; `notes` say what was read otherwise than written.

    Raises:
        QueryError: With one diagnostic or more, each with its place.

    Example:
        >>> [type(s).__name__ for s in parse("let n = 3; T | take n").statements]
        ['Let', 'ExpressionStatement']
    """
    if len(text) > MAX_LENGTH:
        raise diagnostics.refuse(text, [diagnostics.too_long(Span(0, 1), len(text), MAX_LENGTH)])
    reserved = _reserved(text)
    if reserved:
        raise diagnostics.refuse(text, [reserved])
    tokens = tokenize(text)
    found = list(tokens.diagnostics)
    parser = _Parser(tokens.tokens)
    statements = parser.program()
    found += _without_echoes(found, parser.diagnostics)
    if not found and not any(isinstance(s, syntax.ExpressionStatement) for s in statements):
        end = len(text.rstrip())
        found.append(diagnostics.no_query(Span(end, end)))
    if found:
        raise diagnostics.refuse(text, sorted(found, key=lambda d: d.span)[:MOST_DIAGNOSTICS])
    return syntax.Query(Span(0, len(text)), text, statements, tuple(tokens.notes))


def _without_echoes(lexical: list[Diagnostic], grammatical: list[tuple[int, Diagnostic]]) -> list[Diagnostic]:
    """What the grammar found, without statements where a wrong token had come before."""
    return [
        diagnostic
        for start, diagnostic in grammatical
        if not any(start <= earlier.span.start <= diagnostic.span.start for earlier in lexical)
    ]


def _reserved(text: str) -> Diagnostic | None:
    """A management command or a client's directive, which is no query at all."""
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] == "#":
        word = text[start:].split(None, 1)[0]
        help = "lines such as #connect are for a client program; leave them out"
        what = f"the directive {diagnostics.quoted(word)}"
        return diagnostics.reserved_statement(Span(start, start + len(word)), what, help)
    if text[start : start + 1] != "." or not text[start + 1 : start + 2].isalpha():
        return None
    end = start + 1
    while end < len(text) and (text[end].isalnum() or text[end] in "-_"):
        end += 1
    help = "commands such as .show change or describe a cluster; a case answers queries only"
    what = f"the management command {diagnostics.quoted(text[start:end])}"
    return diagnostics.reserved_statement(Span(start, end), what, help)


def _word_help(word: str) -> str:
    """For a word behind a finished expression: a keyword in capitals, an operator without its pipe, or neither."""
    lower = word.lower()
    if lower != word and lower in RESERVED:
        return f"keywords are lower case: '{lower}'"
    if word == "is":
        return "write isnull(...), isempty(...) or =="
    if word in PIPE_OPERATORS:
        return f"a pipe begins an operator: | {word}"
    return "a comma goes on a list, a pipe | begins an operator, a semicolon ends a statement"


class _Parser(Reshaping):
    """Statements, the top of the grammar."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        #: Each with the offset where its statement begins.
        self.diagnostics: list[tuple[int, Diagnostic]] = []

    def program(self) -> tuple[syntax.Statement, ...]:
        """All statements; a refused one is skipped up to the next semicolon outside brackets."""
        statements: list[syntax.Statement] = []
        while self.token.kind is not Kind.END:
            self.height = 0
            start = self.token.start
            try:
                statements.append(self._statement())
                self._end_statement("")
            except RefusedError as refused:
                self.diagnostics.append((start, refused.diagnostic))
                self.depth = self.height = 0
                self._skip_statement()
        return tuple(statements)

    def statements(self, close: str) -> tuple[syntax.Statement, ...]:
        """Statements up to a closing bracket, which stays."""
        statements: list[syntax.Statement] = []
        while not self.at_op(close):
            statements.append(self._statement())
            self._end_statement(close)
        return tuple(statements)

    def _end_statement(self, close: str) -> None:
        if self.accept_op(";") or self.token.kind is Kind.END or (close and self.at_op(close)):
            return
        token = self.token
        help = ""
        if self.at_op("="):
            help = "names are set with let, extend or project; == compares"
        elif token.kind is Kind.NAME:
            help = _word_help(token.text)
        elif self.at_op(")", "]", "}"):
            help = "a closing bracket too many"
        elif self.at_op("{"):
            help = "parameters of a function have types: let f = (Name: string) { ... }"
        self.refuse(diagnostics.unexpected_text(token.span, self.found(), help))

    def _skip_statement(self) -> None:
        depth = 0
        while self.token.kind is not Kind.END:
            if self.at_op("(", "[", "{"):
                depth += 1
            elif self.at_op(")", "]", "}"):
                depth = max(depth - 1, 0)
            elif self.at_op(";") and depth == 0:
                self.advance()
                return
            self.advance()

    def _statement(self) -> syntax.Statement:
        if self.token.kind is Kind.NAME:
            match self.token.text:
                case "let" if self.name_length(offset=1):
                    return self._let()
                case "set":
                    return self._set()
                case "declare" if self.at_word("query_parameters", offset=1):
                    return self._query_parameters()
                case "declare" if self.at_word("pattern", offset=1):
                    return self._pattern()
                case "alias" if self.at_word("database", offset=1):
                    return self._alias()
                case "restrict" if self.at_word("access", offset=1):
                    return self._restrict()
                case _:
                    pass
        value = as_pipeline(self.pipeline())
        return syntax.ExpressionStatement(value.span, value)

    # ------------------------------------------------------------ let

    def _let(self) -> syntax.Let:
        start = self.advance().start
        name = self.name()
        self.expect_op("=", "let Name = value;")
        value = self._lambda() if self._lambda_ahead() else self._let_value()
        return syntax.Let(self.since(start), name, value)

    def _let_value(self) -> syntax.Expression:
        if self.at_word("entity_group") and self.at_op("[", offset=1):
            token = self.advance()
            self.advance()
            members = self.comma_list(self.expression)
            self.expect_op("]")
            return syntax.Call(self.since(token.start), syntax.NameRef(token.span, "entity_group"), members)
        return self.pipeline()

    def _lambda_ahead(self) -> bool:
        offset = 1 if self.at_word("view") else 0
        if not self.at_op("(", offset=offset):
            return False
        if self.at_op(")", offset=offset + 1):
            return True
        length = self.name_length(nameable=True, offset=offset + 1)
        return length > 0 and self.at_op(":", offset=offset + 1 + length)

    def _lambda(self) -> syntax.Lambda:
        start = self.token.start
        view = self.accept_word("view")
        self.expect_op("(")
        parameters = self.open_list(self._parameter, ")")
        self.expect_op("{", "a function body stands in braces")
        self.enter()
        statements, result = self._function_body()
        self.leave()
        self.expect_op("}")
        return syntax.Lambda(self.since(start), parameters, statements, result, view)

    def _function_body(self) -> tuple[tuple[syntax.Statement, ...], syntax.Expression | None]:
        statements: list[syntax.Statement] = []
        while (self.at_word("let") and self.name_length(offset=1)) or self.at_word("declare"):
            statements.append(self._statement())
            self.expect_op(";")
        if self.at_op("}"):
            return tuple(statements), None
        result = self.pipeline()
        self.accept_op(";")
        return tuple(statements), result

    def _parameter(self) -> syntax.Parameter:
        start = self.token.start
        name = self.name("a parameter name", nameable=True)
        self.expect_op(":", "parameters have types: (Name: string)")
        if self.accept_op("("):
            is_open = self.accept_op("*")
            columns = () if is_open else self.open_list(self.column_declaration, ")")
            if is_open:
                self.expect_op(")")
            return syntax.Parameter(self.since(start), name, None, None, True, columns, is_open)
        kind = self.type_name()
        default: syntax.Expression | None = None
        if self.accept_op("="):
            default = self.signed_literal()
        return syntax.Parameter(self.since(start), name, kind, default)

    # ------------------------------------------------------------ other statements

    def _set(self) -> syntax.SetOption:
        start = self.advance().start
        name = self.name("an option name")
        value = self.option_value() if self.accept_op("=") else None
        return syntax.SetOption(self.since(start), name, value)

    def _query_parameters(self) -> syntax.QueryParameters:
        start = self.advance().start
        self.advance()
        self.expect_op("(")
        parameters = self.comma_list(self._parameter)
        self.expect_op(")")
        return syntax.QueryParameters(self.since(start), parameters)

    def _pattern(self) -> syntax.DeclarePattern:
        """The body is skipped: patterns are declared by applications, not by analysts."""
        start = self.advance().start
        self.advance()
        name = self.name("a pattern name")
        depth = 0
        while self.token.kind is not Kind.END and not (depth == 0 and self.at_op(";")):
            if self.at_op("(", "[", "{"):
                depth += 1
            elif self.at_op(")", "]", "}"):
                depth -= 1
            self.advance()
        return syntax.DeclarePattern(self.since(start), name)

    def _alias(self) -> syntax.Alias:
        start = self.advance().start
        self.advance()
        name = self.name("a database name")
        self.expect_op("=")
        value = self.expression()
        return syntax.Alias(self.since(start), name, value)

    def _restrict(self) -> syntax.Restrict:
        start = self.advance().start
        self.advance()
        self.expect_word("to")
        self.expect_op("(")
        names = self.comma_list(self.table_operand)
        self.expect_op(")")
        return syntax.Restrict(self.since(start), names)
