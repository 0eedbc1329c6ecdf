"""Pipelines, and the operators that begin one."""

from __future__ import annotations

from abc import abstractmethod

from keywitness.kql import diagnostics, syntax
from keywitness.kql.grammar.cursor import RefusedError
from keywitness.kql.grammar.keywords import CLAUSE_WORDS, PIPE_OPERATORS, RESERVED
from keywitness.kql.grammar.options import Options, without
from keywitness.kql.lexer import Kind
from keywitness.kql.syntax import Span


class Sources(Options):
    """Tables: where they come from."""

    # ------------------------------------------------------------ pipelines

    def pipeline(self) -> syntax.Expression:
        """`source | operator ...`, or a scalar expression where no pipe follows."""
        self.enter()
        if self.source_operator_ahead():
            operator = self._source_operator()
            value: syntax.Expression = syntax.Pipeline(operator.span, operator, ())
        else:
            self._refuse_operator_first()
            value = self.expression()
        if self.at_op("|"):
            value = self.piped(value)
        self.leave()
        return value

    def piped(self, source: syntax.Expression) -> syntax.Pipeline:
        """The operators behind a source that was read already."""
        start = source.span.start
        inner: syntax.Expression | syntax.SourceOperator | None = source
        if isinstance(source, syntax.Pipeline) and not source.operators:
            inner = source.source
        operators: list[syntax.Operator] = []
        while self.accept_op("|"):
            operators.append(self._operator_or_broken())
        return syntax.Pipeline(self.since(start), inner, tuple(operators))

    def body(self) -> syntax.Pipeline:
        """Operators without a source, as in `fork (...)`; a full query is allowed too."""
        return self.operators() if self._operator_ahead() else as_pipeline(self.pipeline())

    def operators(self) -> syntax.Pipeline:
        """Operators with pipes between, without a source."""
        self.enter()
        start = self.token.start
        operators = [self._operator_or_broken()]
        while self.accept_op("|"):
            operators.append(self._operator_or_broken())
        self.leave()
        return syntax.Pipeline(self.since(start), None, tuple(operators))

    def _operator_or_broken(self) -> syntax.Operator:
        """The operator behind a pipe; a refused one is kept for the message and read over, up to where it ends.

        Raises:
            RefusedError: If its end cannot be told: brackets around it are still open at the end of the text.
        """
        first, nesting, found = self.position, (self.depth, self.height), len(self.refused)
        try:
            return self.operator()
        except RefusedError as refused:
            failed, word = self.position, self.tokens[first].text
            self.depth, self.height = nesting
            if word == "|" and self.dashed(1)[0] not in PIPE_OPERATORS:  # `a || b`
                first = failed = self.position = first + 1
            self.skip_operator(first)
            while self.at_op("|") and self.at_op("|", offset=1):
                self.position += 2
                self.skip_operator(self.position)
            if self.depth > 1 and self.token.kind is Kind.END:
                self.position = failed
                del self.refused[found:]
                raise
            broken = self.since(self.tokens[first].start)
            self.refused.append((broken, refused.diagnostic))
            return syntax.Broken(broken, word)

    @abstractmethod
    def operator(self) -> syntax.Operator:
        """The operator behind a pipe."""

    def _operator_ahead(self) -> bool:
        name, count = self.dashed()
        if name not in PIPE_OPERATORS:
            return False
        if count > 1 or name in RESERVED:
            return True
        following = self.peek(count)
        if following.kind is Kind.OP:
            return following.text in {"(", ")", "|", "[", "-", "*"} and not (name == "count" and following.text == "(")
        return following.kind is not Kind.NAME or following.text not in CLAUSE_WORDS or following.text in {"by", "on"}

    def _refuse_operator_first(self) -> None:
        """`where x` at the start of a query, where a table is needed."""
        name, count = self.dashed()
        following = self.peek(count)
        if name in PIPE_OPERATORS and (name == "where" or count > 1 or following.kind in {Kind.NAME, Kind.LONG}):
            if following.kind is Kind.NAME and following.text in CLAUSE_WORDS and following.text != "by" and count == 1:
                return
            span = Span(self.token.start, self.peek(count - 1).end)
            self.refuse(diagnostics.not_first(span, name))

    # ------------------------------------------------------------ operators that begin

    def source_operator_ahead(self) -> bool:
        """True at a word that begins a query."""
        if self.token.kind is not Kind.NAME:
            return False
        match self.token.text:
            case "print" | "union" | "find" | "search":
                return not self.at_op("=", offset=1)
            case "range":
                length = self.name_length(offset=1)
                return length > 0 and self.at_word("from", offset=1 + length)
            case "evaluate":
                return self.name_length(offset=1) > 0
            case "macro":
                return self.dashed()[0] == "macro-expand"
            case _:
                return False

    def _source_operator(self) -> syntax.SourceOperator:
        match self.token.text:
            case "print":
                return self._print()
            case "range":
                return self._range()
            case "find":
                return self._find()
            case "macro":
                return self._macro_expand()
            case "union":
                return self.union()
            case "search":
                return self.search()
            case _:
                return self.evaluate()

    def _print(self) -> syntax.Print:
        start = self.advance().start
        columns = self.comma_list(self.named_expression)
        return syntax.Print(self.since(start), columns)

    def _range(self) -> syntax.Range:
        start = self.advance().start
        name = self.name("a column name")
        help = "write range Name from Start to Stop step Step"
        self.expect_word("from", help)
        low = self.expression()
        self.expect_word("to", help)
        high = self.expression()
        self.expect_word("step", help)
        step = self.expression()
        return syntax.Range(self.since(start), name, low, high, step)

    def inline_table(self) -> syntax.Expression:
        """`datatable` or `externaldata`, as a pipeline without operators."""
        table = self._datatable() if self.at_word("datatable") else self._external_data()
        return syntax.Pipeline(table.span, table, ())

    def _datatable(self) -> syntax.Datatable:
        start = self.advance().start
        options = self.options()
        columns = self.row_schema()
        open_span = self.token.span
        self.expect_op("[", "datatable (Name: type, ...) [value, ...]")
        values = self.open_list(self.constant, "]", "values of a datatable are constants, not expressions")
        if not columns:
            self.refuse(diagnostics.nothing_listed(Span(start, open_span.start), "datatable", "columns"))
        if len(values) % len(columns):
            span = self.since(open_span.start)
            self.refuse(diagnostics.value_count(span, len(columns), len(values)))
        return syntax.Datatable(self.since(start), columns, values, options)

    def _external_data(self) -> syntax.ExternalData:
        start = self.advance().start
        options = self.options()
        columns = self.row_schema()
        self.expect_op("[")
        uris = self.open_list(self.signed_literal, "]")
        if self.accept_word("with"):
            options += self.with_options()
        return syntax.ExternalData(self.since(start), columns, uris, options)

    def _find(self) -> syntax.Find:
        start = self.advance().start
        options = self.options("withsource", "with_source", "datascope")
        sources = self._in_tables()
        if options or sources:
            self.expect_word("where")
        else:
            self.accept_word("where")
        predicate = self.expression()
        project = "project-smart"
        columns: tuple[syntax.ColumnDecl | syntax.NameRef | syntax.Star, ...] = ()
        away: tuple[syntax.Expression, ...] = ()
        word, count = self.dashed()
        if word in {"project", "project-smart"}:
            self.position += count
            project = word
            columns = self.comma_list(self._find_column) if word == "project" else ()
            word, count = self.dashed()
        if word == "project-away":
            self.position += count
            away = self.comma_list(self.wildcard_or_name)
        return syntax.Find(self.since(start), sources, predicate, columns, project, away, options)

    def _find_column(self) -> syntax.ColumnDecl | syntax.NameRef | syntax.Star:
        start = self.token.start
        name = self.name("a column name")
        if self.at_op("(") and name.name not in {"pack", "pack_all"}:
            self.refuse(diagnostics.expected(name.span, "a column name, pack_all() or pack(*)", "another call"))
        if self.accept_op("("):
            if name.name == "pack":
                self.expect_op("*")
            self.expect_op(")")
            return syntax.Star(self.since(start))
        if self.accept_op(":"):
            kind = self.type_name()
            return syntax.ColumnDecl(self.since(start), name, kind)
        return name

    def _in_tables(self) -> tuple[syntax.Expression, ...]:
        """`in (A, B*)`, perhaps absent."""
        if not self.at_word("in"):
            return ()
        self.advance()
        self.expect_op("(")
        tables = self.comma_list(self.table_operand)
        self.expect_op(")")
        return tables

    def _macro_expand(self) -> syntax.MacroExpand:
        start = self.token.start
        self.position += 3
        options = self.options("kind", "withsource", "with_source", "isfuzzy")
        group: syntax.Expression
        if self.at_word("entity_group") and self.at_op("[", offset=1):
            open_token = self.advance()
            self.advance()
            members = self.comma_list(self.expression)
            self.expect_op("]")
            name = syntax.NameRef(open_token.span, "entity_group")
            group = syntax.Call(self.since(open_token.start), name, members)
        else:
            group = self.path()
        scope: syntax.NameRef | None = None
        if isinstance(group, syntax.NameRef) and self.accept_word("in"):  # `macro-expand X in Group (...)`
            scope, group = group, self.name("an entity group")
        elif self.accept_word("as"):
            scope = self.name("a scope name")
        self.expect_op("(")
        statements = self.statements(")")
        self.expect_op(")")
        return syntax.MacroExpand(self.since(start), group, scope, statements, options)

    @abstractmethod
    def statements(self, close: str) -> tuple[syntax.Statement, ...]:
        """Statements up to a closing bracket."""

    # ------------------------------------------------------------ operators of both positions

    def union(self) -> syntax.Union:
        """`union kind=... withsource=... isfuzzy=... tables`."""
        start = self.advance().start
        options = self.options("kind", "withsource", "with_source", "isfuzzy")
        kind = self.word_of(self.pick(options, "kind"), ("inner", "outer"), "outer")
        fuzzy = self.word_of(self.pick(options, "isfuzzy"), ("true", "false"), "false") == "true"
        source = self.pick(options, "withsource") or self.pick(options, "with_source")
        name = self._name_option(source)
        if self.at_word("all", "ALL", "distinct", "DISTINCT") and self.peek().kind is Kind.NAME:
            help = "union keeps every row; | distinct * behind it leaves out what is there twice"
            self.refuse(diagnostics.unexpected_text(self.token.span, self.found(), help))
        tables = self.comma_list(self.table_operand)
        rest = without(options, "kind", "isfuzzy", "withsource", "with_source")
        return syntax.Union(self.since(start), tables, kind, name, fuzzy, rest)

    def _name_option(self, option: syntax.Option | None) -> syntax.NameRef | None:
        if option is None:
            return None
        value = option.value
        if isinstance(value, syntax.NameRef):
            return value
        if isinstance(value, syntax.Literal) and isinstance(value.value, str):
            return syntax.NameRef(value.span, value.value, quoted=True)
        raise RefusedError(diagnostics.expected(value.span, "a column name", "another value"))

    def search(self) -> syntax.Search:
        """`search kind=... in (tables) predicate`."""
        start = self.advance().start
        options = self.options("kind", "datascope")
        kinds = ("default", "case_insensitive", "case_sensitive")
        kind = self.word_of(self.pick(options, "kind"), kinds, "default")
        sources = self._in_tables()
        predicate: syntax.Expression
        if self.at_op("*") and self._star_alone():
            star = syntax.Star(self.advance().span)
            predicate = star
            if self.accept_word("and"):
                rest = self.expression()
                predicate = syntax.Logical(self.since(star.span.start), "and", (star, rest))
        else:
            predicate = self.expression()
        return syntax.Search(self.since(start), predicate, sources, kind, without(options, "kind"))

    def _star_alone(self) -> bool:
        following = self.peek()
        return following.kind is Kind.END or self.at_op("|", ")", ";", offset=1) or self.at_word("and", offset=1)

    def evaluate(self) -> syntax.Evaluate:
        """`evaluate plugin(...) : (columns)`."""
        start = self.advance().start
        options = self.options()
        call = self.function_call("a plugin")
        columns: tuple[syntax.ColumnDecl, ...] | None = None
        is_open = False
        if self.accept_op(":"):
            self.expect_op("(")
            self.accept_op(",")
            is_open = self.accept_op("*")
            columns = self.open_list(self.column_declaration, ")")
        return syntax.Evaluate(self.since(start), call, columns, is_open, options)

    # ------------------------------------------------------------ tables by name

    def table_operand(self) -> syntax.Expression:
        """A table of union, find or search: a name, a pattern, a call, a path, or a query in parentheses."""
        if self.at_op("("):
            return self.parenthesized()
        if self.wildcard_length():
            return self.wildcard_or_name()
        start = self.token.start
        value = self.path()
        if self.at_op("*") and self.token.start == self.behind and isinstance(value, syntax.Member):
            return self._pattern_member(start, value)
        return value

    def _pattern_member(self, start: int, value: syntax.Member) -> syntax.Member:
        """`database("d").Table*`: the name read so far and the rest of its pattern."""
        pattern_start = value.name.span.start
        self._skip_wildcard()
        text = "".join(t.text for t in self.tokens[: self.position] if t.start >= pattern_start)
        pattern = syntax.WildcardName(self.since(pattern_start), text)
        return syntax.Member(self.since(start), value.object, pattern)

    def _skip_wildcard(self) -> None:
        end = self.behind
        while self.token.start == end and (self.at_op("*") or self.token.kind in {Kind.NAME, Kind.LONG}):
            end = self.advance().end

    def wildcard_length(self) -> int:
        """Tokens of a name pattern such as `Azure*`, 0 when there is none; a lone `*` counts."""
        count, stars = 0, 0
        end = self.token.start
        while True:
            token = self.peek(count)
            star = token.kind is Kind.OP and token.text == "*"
            if token.start != end or not (star or token.kind in {Kind.NAME, Kind.LONG}):
                break
            if count == 0 and token.kind is Kind.LONG:
                break
            count, stars, end = count + 1, stars + star, token.end
        return count if stars else 0

    def wildcard_or_name(self) -> syntax.Expression:
        """A name, a pattern, or `*`."""
        if not self.wildcard_length():
            return self.name("a name")
        pattern = self.wildcard()
        return syntax.Star(pattern.span) if pattern.pattern == "*" else pattern

    def wildcard(self) -> syntax.WildcardName:
        """A name pattern with a `*` in it."""
        tokens = self.tokens[self.position : self.position + self.wildcard_length()]
        self.position += len(tokens)
        return syntax.WildcardName(self.since(tokens[0].start), "".join(t.text for t in tokens))


def as_pipeline(value: syntax.Expression) -> syntax.Pipeline:
    """A tabular value that may be a bare name or call, as a pipeline."""
    return value if isinstance(value, syntax.Pipeline) else syntax.Pipeline(value.span, value, ())
