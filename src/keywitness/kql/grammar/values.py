"""Literals: from tokens to constants in physical form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from keywitness.kql import diagnostics, literals, syntax
from keywitness.kql.grammar.cursor import Cursor
from keywitness.kql.grammar.keywords import TYPES
from keywitness.kql.lexer import Kind, Token
from keywitness.model.schema import KqlType

_LITERAL_KINDS = frozenset({Kind.LONG, Kind.REAL, Kind.TIMESPAN, Kind.BOOL, Kind.STRING, Kind.TYPED})
_NUMBER_TYPES = {Kind.LONG: KqlType.LONG, Kind.REAL: KqlType.REAL, Kind.TIMESPAN: KqlType.TIMESPAN}
_QUOTES = "'\"\u2018\u2019\u201c\u201d"
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-") | {"\u00a0": " "})
#: A time of today, as .NET reads it.
_TIME_OF_DAY = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,7})?)?", re.ASCII)
#: Kusto's pages write `datetime(2017 - 08 - 01)` too.
_SPACED_DATE = re.compile(r"^\s*(\d{4}) - (\d{1,2}) - (\d{1,2})", re.ASCII)

_READERS: dict[KqlType, Callable[[str], Any]] = {
    KqlType.BOOL: literals.parse_bool,
    KqlType.INT: lambda text: literals.parse_integer(text, literals.MIN_INT, literals.MAX_INT),
    KqlType.LONG: literals.parse_integer,
    KqlType.REAL: literals.parse_real,
    KqlType.DECIMAL: literals.parse_decimal,
    KqlType.DATETIME: lambda text: literals.parse_datetime(_SPACED_DATE.sub(r"\1-\2-\3", text)),
    KqlType.TIMESPAN: literals.parse_timespan,
    KqlType.GUID: literals.parse_guid,
}
_HELP = {
    KqlType.DATETIME: "write it as datetime(2024-05-31 13:45:00); todatetime(...) converts an expression",
    KqlType.TIMESPAN: "write it as 1d, 90m or time(1.02:03:04); totimespan(...) converts an expression",
    KqlType.GUID: "a guid has 32 hexadecimal digits; toguid(...) converts an expression",
    KqlType.INT: "an int is a whole number between -2147483648 and 2147483647; toint(...) converts an expression",
    KqlType.LONG: "a long is a whole number of 64 bits; tolong(...) converts an expression",
    KqlType.REAL: "todouble(...) converts an expression",
    KqlType.DECIMAL: "a decimal has up to 20 digits before and 18 behind the point; todecimal(...) converts",
    KqlType.BOOL: "write true or false; tobool(...) converts an expression",
}


class Values(Cursor):
    """Reads constants."""

    def at_literal(self) -> bool:
        """True at a constant, `dynamic(...)` included; not at a sign."""
        return self.token.kind in _LITERAL_KINDS or (self.at_word("dynamic") and self.at_op("(", offset=1))

    def literal(self) -> syntax.Expression:
        """The constant at the cursor. `datetime()` is a call of `now`."""
        token = self.token
        match token.kind:
            case Kind.STRING:
                return self.string()
            case Kind.BOOL:
                return syntax.Literal(self.advance().span, KqlType.BOOL, token.value)
            case Kind.LONG:
                return self._number(KqlType.LONG)
            case Kind.REAL:
                return self._number(KqlType.REAL)
            case Kind.TIMESPAN:
                return self._number(KqlType.TIMESPAN)
            case Kind.TYPED:
                return self._typed()
            case _:
                return self._dynamic()

    def constant(self) -> syntax.Expression:
        """A constant that may have a sign, as in datatable rows and parameters."""
        token = self.token
        if self.at_op("-", "+") and self.peek().kind in _NUMBER_TYPES:
            self.advance()
            number = self.token
            if number.start != token.end:
                raise self.missing("a value")
            if token.text == "-":
                smallest = self.smallest_long(token.start)
                if smallest is not None:
                    return smallest
            plain = self._number(_NUMBER_TYPES[number.kind])
            signed = -plain.value if token.text == "-" else plain.value
            return syntax.Literal(self.since(token.start), plain.type, signed)
        if not self.at_literal():
            raise self.missing("a value", "values here are constants, not expressions")
        return self.literal()

    def signed_literal(self) -> syntax.Literal:
        """A constant that needs no clock."""
        value = self.constant()
        if not isinstance(value, syntax.Literal):
            self.refuse(diagnostics.malformed_literal(value.span, "datetime", "a time that depends on today"))
        return value

    def smallest_long(self, start: int) -> syntax.Literal | None:
        """-9223372036854775808 behind its sign: the one long whose digits alone are too large."""
        token = self.token
        if token.kind is not Kind.LONG or token.text.lstrip("0") != str(literals.MAX_LONG + 1):
            return None
        self.advance()
        return syntax.Literal(self.since(start), KqlType.LONG, literals.MIN_LONG)

    def string(self) -> syntax.Literal:
        """A string; adjacent ones are one."""
        start = self.token.start
        parts: list[str] = []
        while self.token.kind is Kind.STRING:
            parts.append(self.advance().value)
        return syntax.Literal(self.since(start), KqlType.STRING, "".join(parts))

    def _number(self, kind: KqlType) -> syntax.Literal:
        token = self.advance()
        value = _READERS[kind](token.text)
        if value is None:
            self.refuse(diagnostics.malformed_literal(token.span, kind.value, token.text, _HELP[kind]))
        return syntax.Literal(token.span, kind, value)

    def _typed(self) -> syntax.Expression:
        token = self.advance()
        name, _, rest = token.text.partition("(")
        kind = TYPES[name]
        content = _typed_content(rest[:-1])
        if kind is KqlType.DATETIME and not content:
            return _now(token.span)
        if kind is KqlType.DATETIME and _TIME_OF_DAY.fullmatch(content):
            today = syntax.Call(token.span, syntax.NameRef(token.span, "startofday"), (_now(token.span),))
            time = syntax.Literal(token.span, KqlType.TIMESPAN, literals.parse_timespan(content), sized=True)
            return syntax.Binary(token.span, "+", today, time)
        if content.lower() == "null":
            return syntax.Literal(token.span, kind, None, sized=True)
        value = _READERS[kind](content)
        if value is None:
            self.refuse(diagnostics.malformed_literal(token.span, kind.value, content, _HELP[kind]))
        return syntax.Literal(token.span, kind, value, sized=True)

    # ------------------------------------------------------------ dynamic

    def _dynamic(self) -> syntax.Literal:
        start = self.advance().start
        self.expect_op("(")
        text = self._json()
        help = "dynamic(...) holds JSON: constants only; pack_array(...) and bag_pack(...) take expressions"
        self.expect_op(")", help)
        return syntax.Literal(self.since(start), KqlType.DYNAMIC, None if text == "null" else text, sized=True)

    def _json(self) -> str:
        """JSON text of the value at the cursor."""
        token = self.token
        if token.kind is Kind.STRING:
            return _quote(self.string().value)
        if token.kind in _LITERAL_KINDS or self.at_op("-", "+"):
            return self._json_constant(token)
        if self.accept_word("null"):
            return "null"
        if self.at_word("dynamic") and self.at_op("(", offset=1):
            return self._dynamic().value or "null"
        if self.at_op("[", "{"):
            self.enter()
            text = self._json_array() if self.at_op("[") else self._json_bag()
            self.leave()
            return text
        help = (
            "dynamic(...) holds JSON: constants, strings in quotes; pack_array(...) and bag_pack(...) take expressions"
        )
        raise self.missing("a JSON value", help)

    def _json_constant(self, token: Token) -> str:
        if self.at_op("-", "+") and self.peek().kind not in {Kind.LONG, Kind.REAL}:
            raise self.missing("a JSON value")
        sign = "-" if self.at_op("-") else ""
        if self.at_op("-", "+"):
            smallest = self._json_smallest(sign)
            if smallest:
                return smallest
        value = self.literal()
        if not isinstance(value, syntax.Literal):
            self.refuse(diagnostics.malformed_literal(value.span, "dynamic", token.text))
        if value.type is KqlType.DECIMAL:
            self.refuse(diagnostics.decimal_in_dynamic(value.span))
        return sign + _json_text(value)

    def _json_smallest(self, sign: str) -> str:
        start = self.advance().start
        smallest = self.smallest_long(start) if sign else None
        return str(smallest.value) if smallest else ""

    def _json_array(self) -> str:
        self.advance()
        items: list[str] = []
        if not self.at_op("]"):
            items.extend(self.comma_list(self._json))
        self.expect_op("]")
        return f"[{','.join(items)}]"

    def _json_bag(self) -> str:
        self.advance()
        pairs: list[tuple[str, str]] = []
        if not self.at_op("}"):
            pairs.extend(self.comma_list(self._json_pair))
        self.expect_op("}")
        bag = dict(pairs)
        return "{" + ",".join(f"{_quote(key)}:{value}" for key, value in bag.items()) + "}"

    def _json_pair(self) -> tuple[str, str]:
        if self.token.kind is not Kind.STRING:
            raise self.missing("a key in quotes", "keys of a dynamic bag are strings")
        key: str = self.advance().value
        self.expect_op(":")
        return key, self._json()


def _now(span: syntax.Span) -> syntax.Call:
    return syntax.Call(span, syntax.NameRef(span, "now"), ())


def _typed_content(text: str) -> str:
    """What stands in `type(...)`, without quotes and with plain dashes."""
    text = text.strip().translate(_DASHES).strip()
    if len(text) >= 2 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    return text


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json_text(value: syntax.Literal) -> str:
    """JSON of a constant: dates, spans and guids as strings, nan and infinities as the strings Kusto shows."""
    content = value.value
    if content is None:
        return "null"
    match value.type:
        case KqlType.DATETIME:
            return _quote(literals.format_datetime(content))
        case KqlType.TIMESPAN:
            return _quote(literals.format_timespan(content))
        case KqlType.GUID:
            return _quote(content)
        case KqlType.REAL:
            return _json_real(content)
        case _:
            return json.dumps(content)


def _json_real(number: float) -> str:
    if number != number:
        return '"NaN"'
    if number in {float("inf"), float("-inf")}:
        return '"Infinity"' if number > 0 else '"-Infinity"'
    return repr(number)
