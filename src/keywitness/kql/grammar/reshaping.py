"""The operators behind a pipe that expand, parse, split or series their rows."""

from __future__ import annotations

from keywitness.kql import diagnostics, syntax
from keywitness.kql.grammar.operators import Operators
from keywitness.kql.grammar.options import without
from keywitness.kql.grammar.sources import as_pipeline
from keywitness.kql.lexer import Kind, Token
from keywitness.model.schema import KqlType

_EXPAND_OPTIONS = ("bagexpansion", "kind", "with_itemindex")


#: Rows for each row that the old spelling `mvexpand` gives at most.
_OLD_LIMIT = 128


def _old_limit(keyword: Token) -> syntax.Literal | None:
    return syntax.Literal(keyword.span, KqlType.LONG, _OLD_LIMIT) if keyword.text == "mvexpand" else None


class Reshaping(Operators):
    """Reads the operators with a grammar of their own."""

    # ------------------------------------------------------------ mv-expand, mv-apply

    def read_mv_expand(self, keyword: Token) -> syntax.MvExpand:
        options = self.options(*_EXPAND_OPTIONS)
        columns = self.comma_list(self._expand_column)
        limit = self.expression() if self.accept_word("limit") else _old_limit(keyword)
        kind, index = self._expansion(options)
        rest = without(options, *_EXPAND_OPTIONS)
        return syntax.MvExpand(self.since(keyword.start), columns, kind, index, limit, rest)

    def read_mv_apply(self, keyword: Token) -> syntax.MvApply:
        options = self.options(*_EXPAND_OPTIONS)
        columns = self.comma_list(self._expand_column)
        limit = self.expression() if self.accept_word("limit") else None
        if self.at_word("id") and not self.at_word("on"):
            self.advance()
            self.expression()
        self.expect_word("on", "mv-apply Column on (operators)")
        self.expect_op("(")
        body = self.operators()
        self.expect_op(")")
        kind, index = self._expansion(options)
        rest = without(options, *_EXPAND_OPTIONS)
        return syntax.MvApply(self.since(keyword.start), columns, body, kind, index, limit, rest)

    def _expansion(self, options: tuple[syntax.Option, ...]) -> tuple[str, syntax.NameRef | None]:
        option = self.pick(options, "kind") or self.pick(options, "bagexpansion")
        kind = self.word_of(option, ("bag", "array"), "bag")
        index = self.pick(options, "with_itemindex")
        if index is None:
            return kind, None
        if not isinstance(index.value, syntax.NameRef):
            self.refuse(diagnostics.expected(index.value.span, "a column name", "another value"))
        return kind, index.value

    def _expand_column(self) -> syntax.ExpandColumn:
        start = self.token.start
        value = self.named_expression()
        kind: KqlType | None = None
        if self.accept_word("to"):
            if not self.at_word("typeof"):
                self.expect_word("typeof", "to typeof(string)")
            kind = self.type_of().type
        return syntax.ExpandColumn(self.since(start), value, kind)

    def _bracketed_body(self) -> syntax.Pipeline:
        self.expect_op("(")
        body = self.body()
        self.expect_op(")")
        return body

    # ------------------------------------------------------------ make-series

    def read_make_series(self, keyword: Token) -> syntax.MakeSeries:
        options = self.options("kind")
        aggregates = self.comma_list(self._series_aggregate)
        self.expect_word("on", "make-series count() on TimeGenerated from A to B step 1h by Column")
        axis = self.named_expression()
        start, stop, step, in_range = self._series_bounds()
        keys = self.comma_list(self.named_expression) if self.accept_word("by") else ()
        span = self.since(keyword.start)
        return syntax.MakeSeries(span, aggregates, axis, start, stop, step, keys, in_range, options)

    def _series_aggregate(self) -> syntax.SeriesAggregate:
        start = self.token.start
        value = self.named_expression()
        default: syntax.Expression | None = None
        if self.at_word("default") and self.at_op("=", offset=1):
            self.position += 2
            default = self.expression()
        return syntax.SeriesAggregate(self.since(start), value, default)

    def _series_bounds(
        self,
    ) -> tuple[syntax.Expression | None, syntax.Expression | None, syntax.Expression, bool]:
        if self.accept_word("in"):
            self.expect_word("range")
            self.expect_op("(")
            low = self.expression()
            self.expect_op(",")
            high = self.expression()
            self.expect_op(",")
            step = self.expression()
            self.expect_op(")")
            return low, high, step, True
        first = self.expression() if self.accept_word("from") else None
        last = self.expression() if self.accept_word("to") else None
        self.expect_word("step", "from Start to Stop step Size")
        return first, last, self.expression(), False

    # ------------------------------------------------------------ parse

    def read_parse(self, keyword: Token) -> syntax.Parse:
        options = self.options("kind", "flags")
        kind = self.word_of(self.pick(options, "kind"), ("simple", "regex", "relaxed"), "simple")
        flags = self.pick(options, "flags")
        flag_text = self.word_of(flags, (self._flags(flags),), "") if flags else ""
        expression = self.expression()
        self.expect_word("with", 'parse Column with * "text" Name:type *')
        pattern: list[syntax.Star | syntax.Literal | syntax.ColumnDecl] = []
        while not self.at_end():
            pattern.append(self._pattern_part())
        if not pattern:
            raise self.missing("a pattern")
        dropping = keyword.text == "parse-where"
        return syntax.Parse(self.since(keyword.start), expression, tuple(pattern), kind, flag_text, dropping)

    def _flags(self, option: syntax.Option | None) -> str:
        """Flags of regular expressions: any of i, m, s, U, in any order."""
        if option is None or not isinstance(option.value, syntax.NameRef):
            return "i"
        text = option.value.name
        return text if set(text) <= set("imsU") else "i"

    def _pattern_part(self) -> syntax.Star | syntax.Literal | syntax.ColumnDecl:
        start = self.token.start
        if self.at_op("*"):
            return syntax.Star(self.advance().span)
        if self.token.kind is Kind.STRING:
            return self.string()
        name = self.name("a column name, a string or *", nameable=True)
        kind = self.type_name() if self.accept_op(":") else None
        return syntax.ColumnDecl(self.since(start), name, kind)

    def read_parse_kv(self, keyword: Token) -> syntax.ParseKv:
        expression = self.expression()
        self.expect_word("as", "parse-kv Column as (Name: type, ...) with (pair_delimiter=',')")
        columns = self.row_schema()
        known = ("pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex")
        options = self.with_options(*known) if self.accept_word("with") else ()
        return syntax.ParseKv(self.since(keyword.start), expression, columns, options)

    # ------------------------------------------------------------ several results

    def read_fork(self, keyword: Token) -> syntax.Fork:
        branches = [self._fork_branch()]
        while self.at_op("(") or (self.name_length() and self.at_op("=", offset=self.name_length())):
            branches.append(self._fork_branch())
        return syntax.Fork(self.since(keyword.start), tuple(branches))

    def _fork_branch(self) -> syntax.ForkBranch:
        start = self.token.start
        name: syntax.NameRef | None = None
        if self.name_length() and self.at_op("=", offset=self.name_length()):
            name = self.name()
            self.advance()
        body = self._bracketed_body()
        return syntax.ForkBranch(self.since(start), name, body)

    def read_facet(self, keyword: Token) -> syntax.Facet:
        self.expect_word("by")
        columns = self.comma_list(self.simple_path)
        body: syntax.Pipeline | None = None
        if self.accept_word("with"):
            if self.at_op("("):
                body = self._bracketed_body()
            else:
                start = self.token.start
                operator = self.operator()
                body = syntax.Pipeline(self.since(start), None, (operator,))
        return syntax.Facet(self.since(keyword.start), columns, body)

    def read_partition(self, keyword: Token) -> syntax.Partition:
        options = self.options()
        self.expect_word("by", "partition by Column (operators)")
        key = self.simple_path()
        if self.accept_word("in"):
            self.path()
        if self.accept_op("{"):
            body = as_pipeline(self.pipeline())
            self.expect_op("}")
        else:
            self.expect_op("(")
            body = self.operators()
            self.expect_op(")")
        return syntax.Partition(self.since(keyword.start), key, body, options)

    # ------------------------------------------------------------ top-nested, top-hitters, reduce

    def read_top_nested(self, keyword: Token) -> syntax.TopNested:
        levels = [self._top_nested_level(keyword.start)]
        while self.at_op(",") and self.dashed(1)[0] == "top-nested":
            self.advance()
            start = self.token.start
            self.position += 3
            levels.append(self._top_nested_level(start))
        return syntax.TopNested(self.since(keyword.start), tuple(levels))

    def _top_nested_level(self, start: int) -> syntax.TopNestedLevel:
        count = None if self.at_word("of") else self.expression()
        self.expect_word("of", "top-nested 3 of Column by count()")
        value = self.named_expression()
        others: syntax.Expression | None = None
        if self.accept_word("with"):
            self.expect_word("others")
            self.expect_op("=")
            others = self.expression()
        self.expect_word("by")
        key = self.sort_key()
        return syntax.TopNestedLevel(self.since(start), count, value, others, key)

    def read_top_hitters(self, keyword: Token) -> syntax.TopHitters:
        count = self.expression()
        self.expect_word("of", "top-hitters 10 of Column")
        value = self.named_expression()
        by = self.named_expression() if self.accept_word("by") else None
        return syntax.TopHitters(self.since(keyword.start), count, value, by)

    def read_reduce(self, keyword: Token) -> syntax.Reduce:
        options = self.options("kind", "threshold", "characters")
        self.expect_word("by", "reduce by Column with threshold=0.1")
        value = self.named_expression()
        if self.accept_word("with"):
            options += self.options("threshold", "characters", "kind")
            while self.accept_op(","):
                options += self.options("threshold", "characters", "kind")
        return syntax.Reduce(self.since(keyword.start), value, options)

    # ------------------------------------------------------------ scan

    def read_scan(self, keyword: Token) -> syntax.Scan:
        options = self.options("with_match_id", "with_step_name", "kind")
        order: tuple[syntax.SortKey, ...] = ()
        partition: tuple[syntax.Expression, ...] = ()
        if self.accept_word("order"):
            self.expect_word("by")
            order = self.comma_list(self.sort_key)
        if self.accept_word("partition"):
            self.expect_word("by")
            partition = self.comma_list(self.expression)
        declarations: tuple[syntax.ScanDecl, ...] = ()
        if self.accept_word("declare"):
            self.expect_op("(")
            declarations = self.open_list(self._scan_declaration, ")")
        self.expect_word("with")
        self.expect_op("(")
        steps: list[syntax.ScanStep] = []
        while self.at_word("step"):
            steps.append(self._scan_step())
        self.expect_op(")", "each step ends with a semicolon")
        match = self.pick(options, "with_match_id")
        match_id = match.value if match and isinstance(match.value, syntax.NameRef) else None
        rest = without(options, "with_match_id")
        span = self.since(keyword.start)
        return syntax.Scan(span, declarations, tuple(steps), match_id, order, partition, rest)

    def _scan_declaration(self) -> syntax.ScanDecl:
        start = self.token.start
        column = self.column_declaration()
        default = self.signed_literal() if self.accept_op("=") else None
        return syntax.ScanDecl(self.since(start), column, default)

    def _scan_step(self) -> syntax.ScanStep:
        start = self.advance().start
        name = self.name("a step name", nameable=True)
        optional = self.accept_word("optional")
        output = "all"
        if self.accept_word("output"):
            self.expect_op("=")
            if not self.at_word("all", "last", "none"):
                self.refuse(diagnostics.not_one_of(self.token.span, self.token.text, ("all", "last", "none")))
            output = self.advance().text
        self.expect_op(":")
        condition = self.expression()
        assignments: tuple[syntax.Named, ...] = ()
        if self.accept_op("=>"):
            assignments = self.comma_list(self._scan_assignment)
        self.expect_op(";", "each step ends with a semicolon")
        return syntax.ScanStep(self.since(start), name, condition, assignments, optional, output)

    def _scan_assignment(self) -> syntax.Named:
        start = self.token.start
        name = self.name("a column name", nameable=True)
        self.expect_op("=")
        value = self.expression()
        return syntax.Named(self.since(start), (name,), value)
