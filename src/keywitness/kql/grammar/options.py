"""Parameters between an operator's name and its operands: `kind=inner hint.strategy=shuffle`."""

from __future__ import annotations

from keywitness.kql import diagnostics, syntax
from keywitness.kql.grammar.expressions import Expressions
from keywitness.kql.lexer import Kind
from keywitness.kql.syntax import Span
from keywitness.model.schema import KqlType

#: Hints that every operator takes and that never change a result.
_HINTS = frozenset(
    {
        "hint.concurrency",
        "hint.distribution",
        "hint.materialized",
        "hint.num_partitions",
        "hint.pass_filters",
        "hint.pass_filters_column",
        "hint.progressive_top",
        "hint.remote",
        "hint.shufflekey",
        "hint.spread",
        "hint.strategy",
    }
)


class Options(Expressions):
    """Reads operator parameters."""

    def options(self, *names: str) -> tuple[syntax.Option, ...]:
        """Parameters of the operator: hints, and those of these names. Ends at the first word that is none."""
        found: list[syntax.Option] = []
        while (option := self._option(names)) is not None:
            if any(option.name == earlier.name for earlier in found):
                self.refuse(diagnostics.repeated_parameter(option.span, option.name))
            found.append(option)
        return tuple(found)

    def _option(self, names: tuple[str, ...]) -> syntax.Option | None:
        name, count = self._option_name()
        if not count or not self.at_op("=", offset=count):
            return None
        if name not in names and name not in _HINTS and not name.startswith("__"):
            if name.startswith("hint."):
                span = Span(self.token.start, self.peek(2).end)
                self.refuse(diagnostics.unknown_parameter(span, name, sorted(_HINTS)))
            return None
        start = self.token.start
        self.position += count + 1
        value = self.option_value()
        while name in {"hint.shufflekey", "hint.pass_filters_column"} and self._another_name():
            self.advance()
            value = self.option_value()
        return syntax.Option(self.since(start), name, value)

    def _another_name(self) -> bool:
        """True at `, name` that goes on a list of names in a hint."""
        return self.at_op(",") and self.name_length(offset=1) > 0 and not self.at_op("=", offset=2)

    def _option_name(self) -> tuple[str, int]:
        if self.token.kind is not Kind.NAME:
            return "", 0
        name = self.token.text
        if name == "hint" and self.at_op(".", offset=1) and self.peek(2).kind is Kind.NAME:
            return f"hint.{self.peek(2).text}", 3
        return name, 1

    def option_value(self) -> syntax.Expression:
        """A word or a constant."""
        if self.at_literal() or self.at_op("-", "+"):
            return self.signed_literal()
        if self.token.kind is Kind.NAME:
            token = self.advance()
            return syntax.NameRef(token.span, token.text)
        return self.name("a value")

    def with_options(self, *known: str) -> tuple[syntax.Option, ...]:
        """`(name = value, ...)` behind `with`; without `known` any name."""
        self.expect_op("(")
        return self.open_list(lambda: self._with_option(known), ")")

    def _with_option(self, known: tuple[str, ...]) -> syntax.Option:
        start = self.token.start
        token = self.token
        if token.kind is not Kind.NAME:
            raise self.missing("a property name")
        if known and token.text not in known:
            self.refuse(diagnostics.unknown_parameter(token.span, token.text, known))
        self.advance()
        self.expect_op("=")
        value = self.option_value()
        names = [value.name] if isinstance(value, syntax.NameRef) else []
        while names and self.at_op(",") and self.name_length(offset=1) == 1 and not self.at_op("=", offset=2):
            self.advance()
            names.append(self.name("a column name").name)
        if len(names) > 1:  # `ycolumns = a, b`
            value = syntax.NameRef(self.since(value.span.start), ",".join(names))
        return syntax.Option(self.since(start), token.text, value)

    def pick(self, options: tuple[syntax.Option, ...], name: str) -> syntax.Option | None:
        """The parameter of this name."""
        return next((o for o in options if o.name == name), None)

    def word_of(self, option: syntax.Option | None, allowed: tuple[str, ...], default: str) -> str:
        """A parameter's word, one of `allowed`; the default when the parameter is not there."""
        if option is None:
            return default
        value = option.value
        word = value.name if isinstance(value, syntax.NameRef) else self._literal_word(value)
        if word not in allowed:
            self.refuse(diagnostics.not_one_of(value.span, word, allowed))
        return word

    def _literal_word(self, value: syntax.Expression) -> str:
        if isinstance(value, syntax.Literal) and value.type is KqlType.BOOL:
            return "true" if value.value else "false"
        return str(value.value) if isinstance(value, syntax.Literal) else ""


def without(options: tuple[syntax.Option, ...], *names: str) -> tuple[syntax.Option, ...]:
    """The parameters that a node does not hold in fields of its own."""
    return tuple(o for o in options if o.name not in names)
