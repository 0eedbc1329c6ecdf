"""Where in a query a position stands, by its tokens alone: half a query is no tree yet.

What comes before the operator at hand is given as a text of its own, which the binder then reads: `let` statements, the
parameters of a function around as if they were `let`, and the pipeline up to the last pipe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from keywitness.kql.grammar.keywords import PIPE_OPERATORS, TYPES
from keywitness.kql.lexer import Kind, Token, tokenize

_WORD = re.compile(r"[A-Za-z_$][\w$]*\Z")
_DASHED = re.compile(r"[A-Za-z_][\w-]*\Z")
#: Words behind which a bracket holds operators without a source.
_BODY_WORDS = frozenset({"mv-apply", "partition", "fork", "facet"})
#: Words and functions behind which a bracket holds a table.
_TABLE_WORDS = frozenset({"join", "lookup", "union", "in", "!in", "in~", "!in~", "toscalar", "materialize", "totable"})
#: Words that are no call where a bracket follows.
_NO_CALLS = frozenset({"and", "or", "by", "on", "in", "between", "has_any", "has_all", "join", "lookup", "union", "of"})
_ZERO = {"string": '""', "dynamic": "dynamic(null)"}


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a query.

    Args:
        start: Where the word begins in which the position stands; the position itself behind no word.
        known: The text that says which names there are: statements, and last the pipeline up to the operator at hand.
        operator: The tokens of the operator at hand, its name first, up to the word; empty behind a pipe.
        expects: "statement", "value" (of a let), "table", "operator", "expression", "member", "type", or "nothing" (in
            a string, a comment, a number).
        call: The function in whose arguments the position stands, "" in none.
        argument: Which of its arguments, counted from 0.
        text: The whole text.
    """

    start: int
    known: str
    operator: tuple[Token, ...]
    expects: str
    call: str = ""
    argument: int = 0
    text: str = ""

    @property
    def lets(self) -> str:
        """The statements of `known` without the pipeline at their end, each with its semicolon."""
        return "".join(f"{statement};" for statement in self.known.split(";\n")[:-1])

    def bracketed(self) -> str:
        """The text in the first brackets of the operator at hand, such as the right side of a join."""
        begin = next((i for i, t in enumerate(self.operator) if t.text == "("), None)
        if begin is None:
            return ""
        depth = 0
        for token in self.operator[begin:]:
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                return self.text[self.operator[begin].end : token.start]
        return ""

    @property
    def name(self) -> str:
        """The operator's name, such as `project-away`."""
        return dashed(self.operator)


def dashed(tokens: Sequence[Token]) -> str:
    """The word at the beginning of tokens with the `-word` parts that touch it."""
    if not tokens or tokens[0].kind is not Kind.NAME:
        return ""
    name, end = tokens[0].text, tokens[0].end
    for dash, word in zip(tokens[1::2], tokens[2::2], strict=False):
        if dash.text != "-" or dash.start != end or word.start != dash.end or word.kind is not Kind.NAME:
            break
        name, end = f"{name}-{word.text}", word.end
    return name


@dataclass(slots=True)
class _Level:
    """Open brackets, or the text itself: where the statement or list item at hand began, and its last pipe."""

    opened: int
    text: str
    first: int
    pipe: int | None = None
    commas: int = 0
    statements: list[tuple[int, int]] = field(default_factory=list)


def place_at(text: str, position: int) -> Place:
    """What stands around a position."""
    before = text[:position]
    tokens = tokenize(before).tokens[:-1]
    if _inside_text(before, tokens):
        return Place(position, "", (), "nothing")
    start = _word_start(before, tokens)
    tokens = [t for t in tokens if t.end <= start]
    return _Walk(text, tokens).place(start)


def _inside_text(before: str, tokens: list[Token]) -> bool:
    """True in a comment, in a string that is not closed, and behind a number."""
    behind = tokens[-1].end if tokens else 0
    line = max(behind, before.rfind("\n") + 1)
    if "//" in before[line:]:
        return True
    if not tokens or behind < len(before):
        return False
    last = tokens[-1]
    if last.kind is Kind.STRING:
        body = last.text.lstrip("hH@")
        return len(body) < 2 or body[-1] != body[0]
    return last.kind in {Kind.LONG, Kind.REAL, Kind.TIMESPAN}


def _word_start(before: str, tokens: list[Token]) -> int:
    """Where the word at the end begins; the end where a token stands there that is no word."""
    word = _WORD.search(before)
    ends_in_word = not tokens or tokens[-1].end < len(before) or tokens[-1].kind in {Kind.NAME, Kind.BOOL}
    start = word.start() if word and ends_in_word else len(before)
    return _dashed_start(before) or start


def _dashed_start(before: str) -> int:
    """Where an operator's name with dashes begins behind a pipe, 0 where there is none."""
    word = _DASHED.search(before)
    if word is None or "-" not in word.group() or not before[: word.start()].rstrip().endswith(("|", "(")):
        return 0
    return word.start() if any(o.startswith(word.group()) for o in PIPE_OPERATORS) else 0


class _Walk:
    """Once over the tokens before the position."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.levels = [_Level(-1, "", 0)]
        for index, token in enumerate(tokens):
            self._step(index, token)

    def _step(self, index: int, token: Token) -> None:
        if token.kind is not Kind.OP:
            return
        level = self.levels[-1]
        if token.text in {"(", "[", "{"}:
            self.levels.append(_Level(index, token.text, index + 1))
        elif token.text in {")", "]", "}"}:
            if len(self.levels) > 1:
                self.levels.pop()
        elif token.text == "|":
            level.pipe = index
        elif token.text == ";" and level.text in {"", "{"}:
            level.statements.append((level.first, index))
            level.first, level.pipe = index + 1, None
        elif token.text == "," and level.text == "(" and level.pipe is None:
            level.commas += 1
            level.first = index + 1

    # ------------------------------------------------------------ the place

    def place(self, start: int) -> Place:
        """The place behind the last token."""
        known: list[str] = []
        head, first, expects = "", 0, "statement"
        call, argument = "", 0
        for level in self.levels:
            before = self._before(level, first)
            if level.text in {"", "{"}:
                known += self._parameters(level) if level.text else []
                known += [self._slice(a, b) for a, b in level.statements]
                head, first, expects = self._statement(level)
                call = ""
            elif before in _BODY_WORDS:
                head = f"{head} | {self._slice(level.opened + 1, level.pipe)}" if level.pipe is not None else head
                first, expects, call = (level.pipe or level.opened) + 1, "operator", ""
            elif level.pipe is not None:
                head, first, expects, call = self._slice(level.first, level.pipe), level.pipe + 1, "operator", ""
            elif before in _TABLE_WORDS and level.text == "(":
                expects, call = ("table" if before != "in" else "expression"), ""
                if expects == "table":
                    first = level.first
            else:
                call, argument = before, level.commas
                expects = "expression" if expects != "statement" or call else expects
        return self._finished(start, [*known, head], first, expects, call, argument)

    def _finished(self, start: int, known: list[str], first: int, expects: str, call: str, argument: int) -> Place:
        operator = tuple(self.tokens[first:])
        last = self.tokens[-1] if self.tokens else None
        if expects in {"operator", "table"} and operator:
            expects = "expression"
        if last is not None and last.text == ":" and len(operator) > 1:
            expects = "type"
        if call == "typeof":
            expects = "type"
        if last is not None and last.text == "." and last.end == start:
            expects = "member"
        return Place(start, ";\n".join(k for k in known if k.strip()), operator, expects, call, argument, self.text)

    def _statement(self, level: _Level) -> tuple[str, int, str]:
        """The pipeline of a statement so far, where its operator at hand begins, and what is expected."""
        first = level.first
        if first < len(self.tokens) and self.tokens[first].text == "let":
            equals = next((i for i in range(first, len(self.tokens)) if self.tokens[i].text == "="), None)
            if equals is None:
                return "", first, "nothing"
            first = equals + 1
            if len(self.tokens) == first:
                return "", first, "value"
        if level.pipe is not None:
            return self._slice(first, level.pipe), level.pipe + 1, "operator"
        return "", first, "expression" if len(self.tokens) > first else "statement"

    def _before(self, level: _Level, first: int) -> str:
        """The word that says what a bracket holds: the function, or the operator it belongs to."""
        if level.opened < 1:
            return ""
        token = self.tokens[level.opened - 1]
        operator = dashed(self.tokens[first : level.opened])
        if operator in _BODY_WORDS and self._is_body(operator, token):
            return operator
        if token.text in {"kind", "=", ","} or (operator in {"join", "lookup"} and not self._behind_on(first, level)):
            return operator if operator in _TABLE_WORDS else ""
        if token.text in _TABLE_WORDS:
            return token.text
        is_call = token.kind is Kind.NAME and token.text not in _NO_CALLS
        return token.text if is_call else ""

    def _is_body(self, operator: str, token: Token) -> bool:
        if operator == "mv-apply":
            return token.text == "on"
        return operator in {"fork", "partition"} or token.text == "with"

    def _behind_on(self, first: int, level: _Level) -> bool:
        return any(t.text == "on" for t in self.tokens[first : level.opened])

    def _parameters(self, level: _Level) -> list[str]:
        """The parameters before `{` as `let` statements of the same types."""
        close = level.opened - 1
        if close < 0 or self.tokens[close].text != ")":
            return []
        depth, begin = 0, close
        while begin >= 0:
            depth += (self.tokens[begin].text == ")") - (self.tokens[begin].text == "(")
            if depth == 0:
                break
            begin -= 1
        inside = self._slice(begin + 1, close)
        tabular = re.findall(r"(\w+)\s*:\s*\(([^)]*)\)", inside)
        scalar = re.findall(r"(\w+)\s*:\s*(\w+)", re.sub(r"\w+\s*:\s*\([^)]*\)", "", inside))
        lets = [f"let {name} = datatable({'' if '*' in columns else columns})[]" for name, columns in tabular]
        return lets + [f"let {name} = {_ZERO.get(kind, f'{kind}(null)')}" for name, kind in scalar if kind in TYPES]

    def _slice(self, first: int, last: int | None) -> str:
        """The text of tokens `[first, last)`."""
        end = len(self.tokens) if last is None else last
        return self.text[self.tokens[first].start : self.tokens[end - 1].end] if first < end else ""
