"""A query laid out: each pipe on a line of its own, one space between words, comments and strings as they are.

Only white space changes. Line breaks inside an operator stay where their author put them; what stands in brackets is
indented by four under the line that opened them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from keywitness.kql.lexer import Kind, Token, tokenize
from keywitness.kql.service.colouring import comments

#: A pipeline of one pipe that fits here may stay on one line.
_WIDTH = 80
_INDENT = 4
_SPACED = frozenset({"==", "!=", "=~", "!~", "<", ">", "<=", ">=", "<>", "=>", "..", "+", "/", "%", "=", "|"})
_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(_OPENING.values())
#: Options whose `=` stands without spaces.
_OPTIONS = frozenset(
    {"kind", "withsource", "with_source", "isfuzzy", "flags", "bagexpansion", "with_itemindex", "output", "datascope"}
)


def format(text: str) -> str:
    """The same query, laid out.

    Formatting twice changes nothing more. A text with a token that means nothing is returned as it is.

    Example:
        >>> print(format("T|where a==1|project   a,b // both"))
        T
        | where a == 1
        | project a, b // both
    """
    read = tokenize(text)
    if read.diagnostics or read.tokens[0].kind is Kind.END:
        return text
    laid_out = _Layout(text, read.tokens).run()
    return laid_out if _same(read.tokens, tokenize(laid_out).tokens) else text


def _same(before: list[Token], after: list[Token]) -> bool:
    """True where nothing but space between tokens changed."""
    return [(t.kind, t.text, t.value) for t in before] == [(t.kind, t.text, t.value) for t in after]


@dataclass(slots=True)
class _Bracket:
    """What is open: the brackets around, or the statement level.

    Args:
        indent: Of the lines inside.
        outside: Of the line that opened it.
        statements: True where statements stand inside, not a list.
        broken: True where each pipe inside begins a line.
        base: Of the pipes of the statement at hand.
        piped: A pipe was met in the statement or list at hand.
        fresh: Nothing of the statement at hand was written yet.
    """

    indent: int
    outside: int
    statements: bool
    broken: bool
    base: int
    piped: bool = False
    fresh: bool = True


class _Layout:
    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.lines: list[str] = []
        self.line = ""
        self.indent = 0
        self.open = [_Bracket(0, 0, statements=True, broken=self._breaks(0), base=0)]

    def run(self) -> str:
        behind = 0
        for place, token in enumerate(self.tokens):
            breaks = self._comments(behind, token.start)
            if token.kind is Kind.END:
                break
            self._token(place, token, breaks, token.start > behind)
            behind = token.end
        self._end_line()
        return "\n".join(self.lines).strip("\n") + ("\n" if self.text.endswith("\n") else "")

    # ------------------------------------------------------------ lines

    def _end_line(self) -> None:
        self.lines.append(self.line.rstrip())
        self.line = ""

    def _comments(self, start: int, end: int) -> int:
        """Writes the comments of a gap; gives the number of line breaks behind the last, two at most."""
        behind = start
        for comment in comments(self.text, start, end):
            breaks = self._breaks_between(behind, comment.start)
            if breaks and self.line:
                self._end_line()
            if breaks > 1 and self.lines and self.lines[-1]:
                self.lines.append("")
            if not self.line:
                self.line = " " * self._indent_of_comment()
            elif self.line.strip():
                self.line += " "
            self.line += self.text[comment.start : comment.end].rstrip()
            self._end_line()
            behind = comment.end
        breaks = self._breaks_between(behind, end)
        return max(breaks, 1) if behind > start else breaks

    def _breaks_between(self, start: int, end: int) -> int:
        gap = self.text[start:end]
        return min(gap.count("\n") + (gap.count("\r") - gap.count("\r\n")), 2)

    def _indent_of_comment(self) -> int:
        bracket = self.open[-1]
        return bracket.indent if bracket.fresh or not bracket.statements else bracket.base

    def _break(self, indent: int, *, blank: bool = False) -> None:
        if self.line.strip():
            self._end_line()
        if blank and self.lines and self.lines[-1]:
            self.lines.append("")
        self.line, self.indent = " " * indent, indent

    # ------------------------------------------------------------ tokens

    def _token(self, place: int, token: Token, breaks: int, apart: bool) -> None:
        bracket = self.open[-1]
        word = self.text[token.start : token.end]
        if token.text in _CLOSING and token.kind is Kind.OP and len(self.open) > 1:
            self.open.pop()
            if breaks or not self.line.strip():
                self._break(bracket.outside)
            elif token.text == "}" and self.tokens[place - 1].text != "{":
                self.line += " "
            self.line += word
            return
        if token.text == "|" and token.kind is Kind.OP and bracket.broken:
            self._break(bracket.base)
        elif bracket.fresh and bracket.statements:
            if place:
                self._first_of_statement(bracket, breaks)
        elif breaks or not self.line.strip():
            self._break(self._continuing(bracket), blank=breaks > 1 and bracket.statements and not bracket.piped)
        elif self._spaced(place, apart):
            self.line += " "
        self._written(place, token, word, bracket)

    def _first_of_statement(self, bracket: _Bracket, breaks: int) -> None:
        inside = len(self.open) > 1
        if inside and not bracket.broken and not breaks and self.line.strip():
            self.line += " "
        else:
            self._break(bracket.indent, blank=breaks > 1)

    def _continuing(self, bracket: _Bracket) -> int:
        if bracket.statements:
            return bracket.base + _INDENT if bracket.piped or bracket.base == bracket.indent else bracket.base
        return bracket.base + _INDENT if bracket.piped else bracket.base

    def _written(self, place: int, token: Token, word: str, bracket: _Bracket) -> None:
        if bracket.fresh and bracket.statements:
            bracket.base = bracket.indent + (_INDENT if token.text == "let" else 0)
            bracket.broken = self._breaks(place)
        bracket.fresh = False
        self.line += word
        if token.kind is not Kind.OP:
            return
        if token.text == "|":
            bracket.piped = True
        elif token.text == ";" and bracket.statements:
            self.open[-1] = replace(bracket, fresh=True, piped=False, base=bracket.indent)
        elif token.text in _OPENING:
            inner = self.indent + _INDENT
            broken = token.text != "{" and self._broken_inside(place)
            self.open.append(_Bracket(inner, self.indent, token.text == "{", broken, inner))

    # ------------------------------------------------------------ decisions

    def _spaced(self, place: int, apart: bool) -> bool:
        """True where a space stands between this token and the one before it, on one line."""
        before, token = self.tokens[place - 1], self.tokens[place]
        pair = {t.text for t in (before, token) if t.kind is Kind.OP}
        if before.text == "{" and before.kind is Kind.OP:
            return True
        if (before.kind is Kind.OP and before.text in {"(", "["}) or (
            token.kind is Kind.OP and token.text in {",", ";"}
        ):
            return False
        if before.kind is Kind.OP and before.text in {",", ";"}:
            return True
        if "=" in pair and self._is_option(place - (before.text == "=")):
            return False
        if before.kind is Kind.OP and before.text in {"+", "-"} and self._is_sign(place - 1):
            return False
        if pair & _SPACED:
            return True
        return apart

    def _is_option(self, place: int) -> bool:
        """True for the `=` of `kind=inner` and `hint.strategy=shuffle`."""
        name, before = self.tokens[place - 1], self.tokens[place - 2] if place > 1 else None
        hint = before is not None and before.text == "." and self.tokens[place - 3].text == "hint"
        return self.tokens[place].text == "=" and (name.text in _OPTIONS or hint)

    def _is_sign(self, place: int) -> bool:
        """True for a plus or minus without a left side."""
        before = self.tokens[place - 1] if place else None
        return before is None or (before.kind is Kind.OP and before.text not in _CLOSING)

    def _breaks(self, place: int) -> bool:
        """True where the pipes of the statement begin lines: it is long, has several, or had a line break before."""
        depth = pipes = length = 0
        start = end = self.tokens[place].start
        for token in self.tokens[place:]:
            if token.kind is Kind.OP:
                depth += (token.text in _OPENING) - (token.text in _CLOSING)
                pipes += token.text == "|" and depth == 0
            if token.kind is Kind.END or depth < 0 or (depth == 0 and token.text == ";" and token.kind is Kind.OP):
                break
            length, end = length + token.end - token.start + 1, token.end
        return pipes > 1 or length > _WIDTH or "\n" in self.text[start:end]

    def _broken_inside(self, place: int) -> bool:
        """True where a bracket holds a line break, so that its pipes begin lines too."""
        depth = 0
        for token in self.tokens[place:]:
            if token.kind is Kind.OP:
                depth += (token.text in _OPENING) - (token.text in _CLOSING)
            if depth == 0 or token.kind is Kind.END:
                return "\n" in self.text[self.tokens[place].start : token.start]
        return False
