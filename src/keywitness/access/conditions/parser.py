"""Text of a condition to its syntax tree. What is not the documented language is refused with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from keywitness.access.conditions.syntax import (
    SOURCES,
    All,
    Any,
    Attribute,
    Comparison,
    Condition,
    Exists,
    Matches,
    Not,
    Side,
    Values,
)

#: Comparisons that the language has, in lower case.
OPERATORS = frozenset(
    f"string{negation}{how}{case}"
    for how in ("equals", "startswith", "like")
    for negation in ("", "not")
    for case in ("", "ignorecase")
) | frozenset(
    {"boolequals", "boolnotequals", "guidequals", "guidnotequals"}
    | {
        f"{kind}{how}"
        for kind in ("numeric", "datetime")
        for how in ("equals", "notequals", "greaterthan", "greaterthanequals", "lessthan", "lessthanequals")
    }
)

_QUANTIFIERS = {
    f"for{left}of{right}values": f"{left} of {right}" for left in ("any", "all") for right in ("any", "all")
}
#: Deeper than any condition that a person writes; keeps hostile text from exhausting the stack.
MOST_DEPTH = 64

_TOKENS = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<attribute>@(?P<source>[A-Za-z]+)\s*\[(?P<name>[^\[\]]*)\])
    | (?P<mark>&&|\|\||[(){}!,:])
    | (?P<word>[A-Za-z0-9_.\-]+)
    )""",
    re.VERBOSE,
)


class ConditionError(ValueError):
    """A condition that cannot be read.

    Args:
        message: Why.
        at: The offset in the text.
    """

    def __init__(self, message: str, at: int) -> None:
        super().__init__(f"{message} (at character {at + 1})")
        self.at = at


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    source: str = ""


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        ConditionError: If it is not the documented language, or mixes AND with OR without parentheses, which the
            documentation calls ambiguous.

    Example:
        >>> parse_condition("!(ActionMatches{'a/b'})")
        Not(inner=Matches(what='action', patterns=('a/b',)))
    """
    parser = _Parser(_tokens(text), len(text))
    condition = parser.expression(0)
    parser.end()
    return condition


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKENS.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise ConditionError(f"unexpected {text[start]!r}", start)
        kind = str(match.lastgroup if match.lastgroup not in ("source", "name") else "attribute")
        kind = "attribute" if match["attribute"] else kind
        start = match.start(kind)
        source = (match["source"] or "").lower()
        if kind == "attribute" and source not in SOURCES:
            raise ConditionError(f"'@{match['source']}' is no source of attributes", start)
        tokens.append(_Token(kind, match["name"].strip() if kind == "attribute" else match[kind], start, source))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens = tokens
        self._next = 0
        self._length = length

    def expression(self, depth: int) -> Condition:
        if depth > MOST_DEPTH:
            raise ConditionError("nested too deeply", self._at())
        parts, joined = [self._unary(depth)], ""
        while word := self._joint():
            if joined and word != joined:
                raise ConditionError("AND and OR are mixed without parentheses", self._at())
            joined = word
            self._next += 1
            parts.append(self._unary(depth))
        if not joined:
            return parts[0]
        return All(tuple(parts)) if joined == "and" else Any(tuple(parts))

    def end(self) -> None:
        if self._next < len(self._tokens):
            raise ConditionError(f"unexpected '{self._tokens[self._next].text}'", self._at())

    def _joint(self) -> str:
        token = self._peek()
        return {"and": "and", "&&": "and", "or": "or", "||": "or"}.get(token.text.lower(), "") if token else ""

    def _unary(self, depth: int) -> Condition:
        token = self._peek()
        if token is None:
            raise ConditionError("the condition ends too early", self._length)
        word = token.text.lower() if token.kind in ("word", "mark") else ""
        if word in ("!", "not"):
            self._next += 1
            if depth > MOST_DEPTH:
                raise ConditionError("nested too deeply", token.at)
            return Not(self._unary(depth + 1))
        if word == "(":
            self._next += 1
            inner = self.expression(depth + 1)
            self._take(")")
            return inner
        if word in ("actionmatches", "suboperationmatches"):
            self._next += 1
            return Matches("action" if word == "actionmatches" else "suboperation", self._set())
        if word == "exists":
            self._next += 1
            return Exists(self._attribute())
        return self._comparison()

    def _comparison(self) -> Condition:
        left = self._side()
        token = self._word("a comparison")
        word, quantifier = token.text.lower(), ""
        if word in _QUANTIFIERS:
            quantifier = _QUANTIFIERS[word]
            self._take(":")
            token = self._word("a comparison")
            word = token.text.lower()
        if word not in OPERATORS:
            raise ConditionError(f"'{token.text}' is no comparison of the language", token.at)
        return Comparison(left, quantifier, word, self._side())

    def _side(self) -> Side:
        token = self._peek()
        if token is not None and token.kind == "attribute":
            return self._attribute()
        if token is not None and token.text == "{" and token.kind == "mark":
            return Values(self._set())
        return Values((self._value(),))

    def _attribute(self) -> Attribute:
        token = self._peek()
        if token is None or token.kind != "attribute":
            raise ConditionError("an attribute such as @Resource[...] is missing", self._at())
        self._next += 1
        return Attribute(token.source, token.text)

    def _set(self) -> tuple[str, ...]:
        self._take("{")
        values = [self._value()]
        while (token := self._peek()) and token.text == "," and token.kind == "mark":
            self._next += 1
            values.append(self._value())
        self._take("}")
        return tuple(values)

    def _value(self) -> str:
        token = self._peek()
        if token is None or token.kind not in ("word", "string"):
            raise ConditionError("a value is missing", self._at())
        self._next += 1
        return token.text if token.kind == "word" else token.text[1:-1].replace("''", "'")

    def _word(self, what: str) -> _Token:
        token = self._peek()
        if token is None or token.kind != "word":
            raise ConditionError(f"{what} is missing", self._at())
        self._next += 1
        return token

    def _take(self, mark: str) -> None:
        token = self._peek()
        if token is None or token.kind != "mark" or token.text != mark:
            raise ConditionError(f"'{mark}' is missing", self._at())
        self._next += 1

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _at(self) -> int:
        token = self._peek()
        return token.at if token else self._length
