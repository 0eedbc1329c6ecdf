"""Text to syntax tree."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from keywitness.kql import diagnostics, foreign, syntax
from keywitness.kql.diagnostics import Diagnostic
from keywitness.kql.grammar.cursor import RefusedError
from keywitness.kql.grammar.graphs import Graphs
from keywitness.kql.grammar.keywords import PIPE_OPERATORS, RESERVED
from keywitness.kql.grammar.sources import as_pipeline
from keywitness.kql.lexer import Kind, Token, tokenize
from keywitness.kql.syntax import Span
from keywitness.model.schema import KqlType

#: Characters of a query text, Kusto's own limit.
MAX_LENGTH = 2_000_000


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
    reading = read(text)
    if reading.diagnostics:
        raise diagnostics.refuse(text, reading.diagnostics)
    return reading.query


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as far as it can be read.

    Args:
        query: The tree, with `Broken` where something could not be read.
        diagnostics: What was wrong; empty when nothing is broken.
        certain: Up to here no token was wrong. A quote or a bracket too few changes what all that follows means.
    """

    query: syntax.Query
    diagnostics: tuple[Diagnostic, ...]
    certain: int


def read(text: str) -> Reading:
    """The syntax tree of a text, however wrong it is.

    Example:
        >>> reading = read("T | where | take 3")
        >>> [type(o).__name__ for o in reading.query.statements[0].value.operators]
        ['Broken', 'Take']
    """
    if len(text) > MAX_LENGTH:
        return _unread(text, diagnostics.too_long(Span(0, 1), len(text), MAX_LENGTH))
    reserved = _reserved(text)
    if reserved:
        return _unread(text, reserved)
    tokens = tokenize(text)
    found = list(tokens.diagnostics)
    parser = _Parser(tokens.tokens, text)
    statements = parser.program()
    found += _without_echoes(found, parser.refused)
    if not found and not any(isinstance(s, syntax.ExpressionStatement) for s in statements):
        end = len(text.rstrip())
        found.append(diagnostics.no_query(Span(end, end)))
    certain = min((d.span.start for d in tokens.diagnostics), default=len(text))
    query = syntax.Query(Span(0, len(text)), text, statements, tuple(tokens.notes))
    return Reading(query, tuple(sorted(found, key=lambda d: d.span)), certain)


def _unread(text: str, diagnostic: Diagnostic) -> Reading:
    return Reading(syntax.Query(Span(0, len(text)), text, ()), (diagnostic,), 0)


def parse_function(text: str) -> syntax.Lambda:
    """The syntax tree of a function as a case keeps it: `(parameters) { body }`, and nothing behind it.

    Raises:
        QueryError: With one diagnostic.
    """
    tokens = tokenize(text)
    parser = _Parser(tokens.tokens, text)
    found = list(tokens.diagnostics)
    try:
        function = parser.function()
    except RefusedError as refused:
        found.append(refused.diagnostic)
    found += (diagnostic for _, diagnostic in parser.refused)
    if found:
        raise diagnostics.refuse(text, sorted(found, key=lambda d: d.span)[:1])
    return function


def _without_echoes(lexical: list[Diagnostic], grammatical: list[tuple[Span, Diagnostic]]) -> list[Diagnostic]:
    """What the grammar found, but for operators and statements that hold a wrong token."""
    return [
        diagnostic
        for broken, diagnostic in grammatical
        if not any(broken.start <= w.span.start <= max(broken.end, diagnostic.span.start) for w in lexical)
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
    if lower in foreign.WORDS:
        return foreign.WORDS[lower]
    if lower in PIPE_OPERATORS:
        return f"a pipe begins an operator: | {lower}"
    if lower != word and lower in RESERVED:
        return f"keywords are lower case: '{lower}'"
    return "a comma goes on a list, a pipe | begins an operator, a semicolon ends a statement"


class _Parser(Graphs):
    """Statements, the top of the grammar."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        super().__init__(tokens)
        self.text = text

    def program(self) -> tuple[syntax.Statement, ...]:
        """All statements; a refused one is skipped up to the next semicolon outside brackets."""
        statements: list[syntax.Statement] = []
        while self.token.kind is not Kind.END:
            self.height = 0
            start, found = self.token.start, len(self.refused)
            try:
                statements.append(self._statement())
            except RefusedError as refused:
                del self.refused[found:]
                statements.append(self._broken_statement(start, refused.diagnostic))
            self._finish(statements)
        return tuple(statements)

    def _broken_statement(self, start: int, diagnostic: Diagnostic) -> syntax.Statement:
        """Reads over the rest of a statement. The name of a `let` stays, so that nobody misses it."""
        self.depth = self.height = 0
        self._skip_statement()
        broken = syntax.Broken(self.since(start))
        self.refused.append((broken.span, diagnostic))
        place = next(i for i, token in enumerate(self.tokens) if token.start >= start)
        if self.tokens[place].text == "let" and self.tokens[place + 1].kind is Kind.NAME:
            name = syntax.NameRef(self.tokens[place + 1].span, self.tokens[place + 1].text)
            return syntax.Let(broken.span, name, broken)
        return syntax.ExpressionStatement(broken.span, syntax.Pipeline(broken.span, broken, ()))

    def _finish(self, statements: list[syntax.Statement]) -> None:
        """The end of the last statement, which is broken by what does not belong there."""
        ended = False
        while not ended:
            try:
                self._end_statement("", statements[-1])
            except RefusedError as refused:
                ended = self._let_unended(statements[-1])
                if ended:
                    self.refused.append((self.token.span, refused.diagnostic))
                else:
                    statements[-1] = self._going_on(statements[-1], refused.diagnostic)
            else:
                ended = True

    def _going_on(self, statement: syntax.Statement, diagnostic: Diagnostic) -> syntax.Statement:
        """Reads over an operator without its pipe, or what makes the last one another than it seems."""
        first, alone = self.position, self.token.text in PIPE_OPERATORS
        self.skip_operator(first)
        if not isinstance(statement, syntax.ExpressionStatement | syntax.Let):
            return self._broken_statement(statement.span.start, diagnostic)
        value = statement.value
        if not isinstance(value, syntax.Pipeline) or not (alone or value.operators):
            return self._broken_statement(statement.span.start, diagnostic)
        start = self.tokens[first].start if alone else value.operators[-1].span.start
        word = next(token.text for token in self.tokens if token.start == start)
        broken = syntax.Broken(self.since(start), word)
        self.refused.append((broken.span, diagnostic))
        before = value.operators if alone else value.operators[:-1]
        behind = self.piped(broken).operators
        if self.at_op(")", "]", "}"):
            self._skip_statement()
        going_on = replace(value, operators=(*before, broken, *behind))
        return replace(statement, value=going_on)

    def function(self) -> syntax.Lambda:
        """A function that fills the whole text."""
        value = self._lambda()
        if self.token.kind is not Kind.END:
            self.refuse(diagnostics.unexpected_text(self.token.span, self.found(), "the function ends before it"))
        return value

    def statements(self, close: str) -> tuple[syntax.Statement, ...]:
        """Statements up to a closing bracket, which stays."""
        statements: list[syntax.Statement] = []
        while not self.at_op(close):
            statements.append(self._statement())
            self._end_statement(close)
        return tuple(statements)

    def _let_unended(self, statement: syntax.Statement) -> bool:
        """True at a word that begins a line behind a `let` without its semicolon."""
        between = self.text[self.behind : self.token.start]
        is_word = self.token.kind is Kind.NAME and self.token.text not in PIPE_OPERATORS
        return isinstance(statement, syntax.Let) and is_word and "\n" in between

    def _end_statement(self, close: str, statement: syntax.Statement | None = None) -> None:
        if self.accept_op(";") or self.token.kind is Kind.END or (close and self.at_op(close)):
            return
        token = self.token
        help = ""
        before = self.tokens[self.position - 1]
        if self.at_op("="):
            help = "names are set with let, extend or project; == compares"
        elif self._comment_of_sql(token):
            help = "a comment begins with //"
        elif before.text.lower() == "interval" or token.text.lower() in foreign.UNITS:
            help = foreign.WORDS["interval"]
        elif statement is not None and self._let_unended(statement):
            help = "a semicolon ends the let before it"
        elif self.at_op(","):
            help = "conditions are joined with 'and'; a number has no comma in it"
        elif isinstance(statement, syntax.ExpressionStatement) and self._is_alias(statement):
            help = f"a table gets another name with let: let {token.text} = {before.text};"
        elif token.kind is Kind.NAME:
            help = _word_help(token.text)
        elif self.at_op(")", "]", "}"):
            help = "a closing bracket too many"
        elif self.at_op("{"):
            help = "parameters of a function have types: let f = (Name: string) { ... }"
        elif self.at_op("?"):
            help = foreign.WORDS["?"]
        self.refuse(diagnostics.unexpected_text(token.span, self.found(), help))

    def _is_alias(self, statement: syntax.ExpressionStatement) -> bool:
        """True at the `t` of `Table t`."""
        bare = not statement.value.operators and isinstance(statement.value.source, syntax.NameRef)
        known = {*PIPE_OPERATORS, *foreign.WORDS, *RESERVED, *foreign.OPERATORS}
        return bare and self.token.kind is Kind.NAME and self.token.text.lower() not in known

    def _comment_of_sql(self, token: Token) -> bool:
        """True where two touching dashes stand before the token, on its line."""
        for place in range(self.position - 1, 0, -1):
            one, two = self.tokens[place - 1 : place + 1]
            if "\n" in self.text[two.end : token.start]:
                return False
            if one.text == two.text == "-" and one.end == two.start:
                return True
        return False

    def _skip_statement(self) -> None:
        """To the next semicolon outside of brackets, or the end."""
        depth = 0
        while self.token.kind is not Kind.END:
            if self.at_op("(", "[", "{"):
                depth += 1
            elif self.at_op(")", "]", "}"):
                depth = max(depth - 1, 0)
            elif self.at_op(";") and depth == 0:
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
        self._refuse_foreign()
        value = as_pipeline(self.pipeline())
        return syntax.ExpressionStatement(value.span, value)

    def _refuse_foreign(self) -> None:
        """`SELECT ...`, `field:value`, `field=value` at the beginning of a statement."""
        token, following = self.token, self.peek()
        if token.kind is not Kind.NAME:
            return
        if token.text.lower() in foreign.STATEMENTS and (following.kind is Kind.NAME or following.text in {"*", "("}):
            if token.text.lower() == "with":
                self.refuse(
                    diagnostics.not_kql(token.span, token.text, "a query gets a name with let: let Name = T | take 5;")
                )
            words = [t.text.lower() for t in self.tokens]
            place = words.index("from") + 1 if "from" in words else 0
            table = self.tokens[place].text if place and self.tokens[place].kind is Kind.NAME else "T"
            help = f"begin with the table, then an operator behind each pipe: {table} | where ... | project ..."
            self.refuse(diagnostics.not_kql(token.span, token.text, help))
        if following.text in {":", "="} and self.peek(2).kind not in {Kind.END, Kind.OP}:
            help = f"begin with a table: T | where {token.text} == ..."
            span = Span(token.start, following.end)
            self.refuse(diagnostics.not_kql(span, self.text[span.start : span.end], help))

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
        start = self.advance().start
        self.advance()
        name = self.name("a pattern name")
        if not self.accept_op("="):
            return syntax.DeclarePattern(self.since(start), name)
        self.expect_op("(", "declare pattern Name = (Argument: string)[Path: string] { ... }")
        parameters = self.open_list(self._parameter, ")")
        path: syntax.Parameter | None = None
        if self.accept_op("["):
            path = self._parameter()
            self.expect_op("]")
        self.expect_op("{")
        cases: list[syntax.PatternCase] = []
        while not self.at_op("}"):
            cases.append(self._pattern_case())
            self.accept_op(";")
        self.advance()
        return syntax.DeclarePattern(self.since(start), name, parameters, path, tuple(cases))

    def _pattern_case(self) -> syntax.PatternCase:
        """`("value").["path"] = { query }`."""
        start = self.token.start
        self.expect_op("(", '("value").["path"] = { query }')
        values = self.open_list(self._text, ")")
        path: syntax.Literal | None = None
        if self.accept_op("."):
            self.expect_op("[")
            path = self._text()
            self.expect_op("]")
        self.expect_op("=")
        body_start = self.token.start
        self.expect_op("{")
        statements, result = self._function_body()
        self.expect_op("}")
        body = syntax.Lambda(self.since(body_start), (), statements, result)
        return syntax.PatternCase(self.since(start), values, path, body)

    def _text(self) -> syntax.Literal:
        value = self.signed_literal()
        if not isinstance(value, syntax.Literal) or value.type is not KqlType.STRING:
            self.refuse(diagnostics.expected(value.span, "a string", "another value"))
        return value

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
