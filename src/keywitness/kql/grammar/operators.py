"""The operators behind a pipe that choose and compute columns and rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from keywitness.kql import diagnostics, syntax
from keywitness.kql.grammar.keywords import COMPARING_WORDS, NAMED_ONLY, PIPE_OPERATORS, SOURCE_OPERATORS
from keywitness.kql.grammar.options import without
from keywitness.kql.grammar.sources import Sources
from keywitness.kql.lexer import Kind, Token
from keywitness.kql.syntax import Span

JOIN_KINDS = (
    "innerunique",
    "inner",
    "leftouter",
    "rightouter",
    "fullouter",
    "leftanti",
    "rightanti",
    "leftsemi",
    "rightsemi",
    "anti",
    "leftantisemi",
    "rightantisemi",
)
_ORDERS = ("asc", "desc")


class Operators(Sources):
    """Reads one operator: `read_<name>` each."""

    def operator(self) -> syntax.Operator:
        """The operator behind a pipe."""
        name, count = self.dashed()
        token = self.token
        span = Span(token.start, self.peek(max(count, 1) - 1).end)
        if name in NAMED_ONLY:
            return self._named_only(name, span)
        if name not in PIPE_OPERATORS:
            self._refuse_operator(name, span)
        self.position += count
        method = _ALIASES.get(name, name).replace("-", "_")
        read: Callable[[Token], syntax.Operator] = getattr(self, f"read_{method}")
        return read(Token(Kind.NAME, name, span.start, span.end))

    def _refuse_operator(self, name: str, span: Span) -> NoReturn:
        if not name:
            help = "one pipe is enough" if self.dashed(1)[0] in PIPE_OPERATORS else ""
            self.refuse(diagnostics.operator_missing(span, self.found(), help))
        if name in SOURCE_OPERATORS:
            self.refuse(diagnostics.only_first(span, name))
        compared = self.peek().text in {"==", "!=", "=~", ">", "<", "in", *COMPARING_WORDS}
        help = "write 'or' for a logical or" if compared else ""
        self.refuse(diagnostics.unknown_operator(span, name, (*PIPE_OPERATORS, *NAMED_ONLY), help))

    def _named_only(self, name: str, span: Span) -> syntax.UnsupportedOperator:
        """An operator that is not taken apart: all up to the next pipe or the end of the statement is skipped."""
        depth = 0
        while self.token.kind is not Kind.END:
            if self.at_op("(", "[", "{"):
                depth += 1
            elif self.at_op(")", "]", "}"):
                if depth == 0:
                    break
                depth -= 1
            elif depth == 0 and self.at_op("|", ";"):
                break
            self.advance()
        return syntax.UnsupportedOperator(span, name)

    # ------------------------------------------------------------ rows

    def read_where(self, keyword: Token) -> syntax.Where:
        options = self.options()
        if self.name_length() and self.at_op("=", offset=self.name_length()):
            equals = self.peek(self.name_length())
            self.refuse(diagnostics.single_equals(equals.span))
        predicate = self.expression()
        if self.at_op("="):
            self.refuse(diagnostics.single_equals(self.token.span))
        return syntax.Where(self.since(keyword.start), predicate, options)

    def read_distinct(self, keyword: Token) -> syntax.Distinct:
        options = self.options()
        if self.at_word("on", "ON") and self.at_op("(", offset=1):
            help = "one row for each value: summarize take_any(*) by Column"
            self.refuse(diagnostics.unexpected_text(self.token.span, self.found(), help))
        columns = self.comma_list(self._distinct_column)
        return syntax.Distinct(self.since(keyword.start), columns, options)

    def _distinct_column(self) -> syntax.Expression:
        if self.at_op("*"):
            return syntax.Star(self.advance().span)
        return self.named_expression()

    def read_sort(self, keyword: Token) -> syntax.Sort:
        options = self.options()
        self.expect_word("by", "sort by Column desc")
        keys = self.comma_list(self.sort_key)
        return syntax.Sort(self.since(keyword.start), keys, options)

    def sort_key(self) -> syntax.SortKey:
        """`expression asc|desc nulls first|last`, defaults filled in."""
        start = self.token.start
        value = self.named_expression()
        descending = True
        order, count = self.dashed()
        if order in {"asc", "desc", "granny-asc", "granny-desc"}:
            self.position += count
            descending = order.endswith("desc")
        nulls_first = not descending
        if self.at_word("nulls"):
            self.advance()
            if not self.at_word("first", "last"):
                self.refuse(diagnostics.expected(self.token.span, "'first' or 'last'", self.found()))
            nulls_first = self.advance().text == "first"
        return syntax.SortKey(self.since(start), value, descending, nulls_first)

    def read_top(self, keyword: Token) -> syntax.Top:
        options = self.options()
        count = self.expression()
        self.expect_word("by", "top 10 by Column desc")
        key = self.sort_key()
        if self.at_op(","):
            help = "sort by several keys first: sort by A, B | take 10"
            self.refuse(diagnostics.unexpected_text(self.token.span, "a second key of top", help))
        return syntax.Top(self.since(keyword.start), count, (key,), options)

    def read_take(self, keyword: Token) -> syntax.Take:
        options = self.options()
        count = self.expression()
        return syntax.Take(self.since(keyword.start), count, options)

    def read_sample(self, keyword: Token) -> syntax.Sample:
        options = self.options()
        count = self.expression()
        return syntax.Sample(self.since(keyword.start), count, options)

    def read_sample_distinct(self, keyword: Token) -> syntax.SampleDistinct:
        options = self.options()
        count = self.expression()
        self.expect_word("of", "sample-distinct 10 of Column")
        column = self.named_expression()
        return syntax.SampleDistinct(self.since(keyword.start), count, column, options)

    def read_count(self, keyword: Token) -> syntax.Count:
        if self.at_word("by"):
            help = "groups are counted with summarize count() by Column"
            self.refuse(diagnostics.unexpected_text(self.token.span, self.found(), help))
        name = self.name("a column name") if self.accept_word("as") else None
        return syntax.Count(self.since(keyword.start), name)

    def read_serialize(self, keyword: Token) -> syntax.Serialize:
        options = self.options()
        columns = () if self.at_end() else self.comma_list(self.named_expression)
        return syntax.Serialize(self.since(keyword.start), columns, options)

    # ------------------------------------------------------------ columns

    def read_extend(self, keyword: Token) -> syntax.Extend:
        columns = self.comma_list(self.named_expression)
        return syntax.Extend(self.since(keyword.start), columns)

    def read_project(self, keyword: Token) -> syntax.Project:
        self._require_list(keyword, "columns")
        columns = self.comma_list(self.named_expression)
        return syntax.Project(self.since(keyword.start), columns)

    def read_project_rename(self, keyword: Token) -> syntax.ProjectRename:
        self._require_list(keyword, "columns")
        columns = self.comma_list(self.named_expression)
        return syntax.ProjectRename(self.since(keyword.start), columns)

    def read_project_away(self, keyword: Token) -> syntax.ProjectAway:
        self._require_list(keyword, "columns")
        columns = self.comma_list(self.wildcard_or_name)
        return syntax.ProjectAway(self.since(keyword.start), columns)

    def read_project_keep(self, keyword: Token) -> syntax.ProjectKeep:
        self._require_list(keyword, "columns")
        columns = self.comma_list(self.wildcard_or_name)
        return syntax.ProjectKeep(self.since(keyword.start), columns)

    def read_project_by_names(self, keyword: Token) -> syntax.ProjectByNames:
        self._require_list(keyword, "columns")
        columns = self.comma_list(self._name_expression)
        return syntax.ProjectByNames(self.since(keyword.start), columns)

    def _name_expression(self) -> syntax.Expression:
        return self.wildcard_or_name() if self.wildcard_length() else self.expression()

    def read_project_reorder(self, keyword: Token) -> syntax.ProjectReorder:
        self._require_list(keyword, "columns")
        columns = self.comma_list(self._reorder_column)
        return syntax.ProjectReorder(self.since(keyword.start), columns)

    def _reorder_column(self) -> syntax.ReorderColumn:
        start = self.token.start
        column = self.wildcard_or_name()
        order, count = self.dashed()
        if order not in {"asc", "desc", "granny-asc", "granny-desc"}:
            return syntax.ReorderColumn(self.since(start), column)
        self.position += count
        return syntax.ReorderColumn(self.since(start), column, order)

    def _require_list(self, keyword: Token, what: str) -> None:
        if self.at_end():
            self.refuse(diagnostics.nothing_listed(keyword.span, keyword.text, what))

    def read_summarize(self, keyword: Token) -> syntax.Summarize:
        options = self.options()
        aggregates: tuple[syntax.Expression, ...] = ()
        keys: tuple[syntax.Expression, ...] = ()
        if not self.at_word("by"):
            self._require_list(keyword, "aggregates and no keys")
            aggregates = self.comma_list(self.named_expression)
        if self.at_word("where"):
            help = "countif(condition) counts under a condition, or | where stands before summarize"
            self.refuse(diagnostics.unexpected_text(self.token.span, self.found(), help))
        if self.accept_word("by"):
            keys = self.comma_list(self.named_expression)
        if keys and self.token.kind is Kind.NAME and self.at_op("(", offset=1):
            help = "aggregates stand before 'by': summarize count() by Column"
            self.refuse(diagnostics.unexpected_text(self.token.span, self.found(), help))
        return syntax.Summarize(self.since(keyword.start), aggregates, keys, options)

    # ------------------------------------------------------------ two tables

    def read_join(self, keyword: Token) -> syntax.Join:
        options = self.options("kind")
        kind = self.word_of(self.pick(options, "kind"), JOIN_KINDS, "innerunique")
        right = self._join_side()
        where_form = self.at_word("where")
        conditions = self._join_conditions(keyword)
        rest = without(options, "kind")
        return syntax.Join(self.since(keyword.start), right, conditions, kind, rest, where_form)

    def read_lookup(self, keyword: Token) -> syntax.Lookup:
        options = self.options("kind")
        kind = self.word_of(self.pick(options, "kind"), ("leftouter", "inner"), "leftouter")
        right = self._join_side()
        conditions = self._join_conditions(keyword)
        return syntax.Lookup(self.since(keyword.start), right, conditions, kind, without(options, "kind"))

    def _join_side(self) -> syntax.Expression:
        if self.at_op("("):
            return self.parenthesized()
        return self.path()

    def _join_conditions(self, keyword: Token) -> tuple[syntax.Expression, ...]:
        if keyword.text == "join" and self.accept_word("where"):
            return (self.expression(),)
        if not self.accept_word("on"):
            if not self.at_end():
                self.refuse(
                    diagnostics.expected(self.token.span, "'on'", self.found(), "on Column, or on $left.a == $right.b")
                )
            behind = self._on_behind_pipe()
            help = f"a side with operators stands in parentheses: {keyword.text} (T | where ...) on Column"
            self.position = behind or self.position
            self.refuse(diagnostics.join_without_keys(keyword.span, keyword.text, help if behind else ""))
        conditions = self.comma_list(self.expression)
        if self.at_op("="):
            help = "write on Column, or on $left.a == $right.b"
            self.refuse(diagnostics.single_equals(self.token.span, help))
        return conditions

    def _on_behind_pipe(self) -> int:
        """The `on` of `join T | where ... on Key`, 0 where there is none."""
        depth = 0
        for place in range(self.position, len(self.tokens)):
            text = self.tokens[place].text
            depth += (text in {"(", "[", "{"}) - (text in {")", "]", "}"})
            if depth < 0 or (depth == 0 and text in {";", "join", "lookup"}):
                return 0
            if depth == 0 and text == "on" and self.tokens[place].kind is Kind.NAME:
                return place
        return 0

    def read_union(self, keyword: Token) -> syntax.Union:
        self.position -= 1
        return self.union()

    def read_search(self, keyword: Token) -> syntax.Search:
        self.position -= 1
        return self.search()

    def read_evaluate(self, keyword: Token) -> syntax.Evaluate:
        self.position -= 1
        return self.evaluate()

    def read_invoke(self, keyword: Token) -> syntax.Invoke:
        start = self.token.start
        call: syntax.Call | syntax.MethodCall = self.function_call()
        while self.accept_op("."):
            method = self.function_call()
            call = syntax.MethodCall(self.since(start), call, method)
        return syntax.Invoke(self.since(keyword.start), call)

    # ------------------------------------------------------------ names, shapes, drawing

    def read_as(self, keyword: Token) -> syntax.As:
        options = self.options()
        name = self.name()
        return syntax.As(self.since(keyword.start), name, options)

    def read_getschema(self, keyword: Token) -> syntax.GetSchema:
        options = self.options("kind")
        kind = self.word_of(self.pick(options, "kind"), ("csl",), "")
        return syntax.GetSchema(self.since(keyword.start), kind)

    def read_consume(self, keyword: Token) -> syntax.Consume:
        options = self.options("decodeblocks")
        return syntax.Consume(self.since(keyword.start), options)

    def read_assert_schema(self, keyword: Token) -> syntax.AssertSchema:
        columns = self.row_schema()
        return syntax.AssertSchema(self.since(keyword.start), columns)

    def read_render(self, keyword: Token) -> syntax.Render:
        token = self.token
        is_word = token.kind is Kind.NAME
        if not is_word:
            raise self.missing("a chart type", "render timechart, barchart, table ...")
        self.advance()
        options = self.options("kind", "title", "accumulate")
        if self.accept_word("with"):
            options += self.with_options() if self.at_op("(") else ()
        return syntax.Render(self.since(keyword.start), token.text.lower(), options)


_ALIASES = {
    "filter": "where",
    "order": "sort",
    "limit": "take",
    "mvexpand": "mv-expand",
    "mvapply": "mv-apply",
    "parse-where": "parse",
}
