"""Text to tokens.

What people paste is read as it is meant, and said in a note: typographic quotes, dashes, odd spaces and zero-width
characters of word processors and web pages. Inside a string literal nothing is changed.

Token kinds: name, long, real, timespan, bool, string, typed (`datetime(...)` and the like, whole), op, end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise
from typing import Any

from keywitness.kql import diagnostics
from keywitness.kql.diagnostics import Diagnostic
from keywitness.kql.strings import BadEscapeError, decode_string
from keywitness.kql.syntax import Span


class Kind(Enum):
    """What a token is."""

    NAME = auto()
    LONG = auto()
    REAL = auto()
    TIMESPAN = auto()
    BOOL = auto()
    STRING = auto()
    TYPED = auto()
    OP = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is normalised (plain dashes, no zero-width characters); `value` is a string's content."""

    kind: Kind
    text: str
    start: int
    end: int
    value: Any = None

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(slots=True)
class Tokens:
    """The tokens of a text, the last of kind END, with what had to be said about them."""

    tokens: list[Token] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)


QUOTES_NOTE = "typographic quotes were read as plain quotes"
SPACES_NOTE = "non-breaking or other special spaces were read as spaces"
INVISIBLE_NOTE = "invisible characters (zero width, byte order mark) were ignored"
DASHES_NOTE = "typographic dashes were read as minus signs"

TOUCHING_NOTE = "two strings that touch were joined into one; a quote inside a string is written with a backslash"

#: Lexical errors after which the lexer gives up: more would only repeat the first.
_MOST_ERRORS = 20

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"
_SPACES = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u0085"
_DASHES = "\u2010\u2011\u2012\u2013\u2212"
#: Opening or closing typographic quotes, by the plain quote they stand for.
_TYPOGRAPHIC = {"'": "\u2018\u2019\u201a\u201b\u2032", '"': "\u201c\u201d\u201e\u201f\u2033"}
_PLAIN_QUOTE = {char: plain for plain, chars in _TYPOGRAPHIC.items() for char in chars}

_UNITS = (
    "microseconds|microsecond|microsec|micros|micro|milliseconds|millisecond|millisec|millis|milli|minutes|minute|min"
    "|nanoseconds|nanosecond|nanosec|nanos|nano|seconds|second|sec|hours|hour|hrs|hr|days|day|ticks|tick|ms|m|s|d|h"
)
_TYPED = "long|int64|int32|int|real|double|decimal|bool|datetime|date|timespan|time|guid"

_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\r\n\f\v]+|//[^\r\n]*)
    | (?P<odd_space>[{_SPACES}]+)
    | (?P<invisible>[{_INVISIBLE}]+)
    | (?P<typed>(?:{_TYPED})\([^)\r\n]*\))
    | (?P<string>[hH]?@?(?:```|~~~|["'“”„‟″‘’‚‛′]))
    | (?P<guid>[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}(?!\w))
    | (?P<hex>0[xX][0-9a-fA-F]+(?!\w))
    | (?P<timespan>\d+(?:\.\d+)?(?:{_UNITS})(?!\w))
    | (?P<real>\d+(?:\.(?!\.)\d*(?:[eE][+-]?\d+)?|[eE][+-]?\d+)(?!\w))
    | (?P<long>\d+(?!\w))
    | (?P<name>(?:[A-Za-z_$]|\d+[A-Za-z_])[A-Za-z0-9_{_INVISIBLE}]*)
    | (?P<op>=~|==|=>|!=|!~|<>|<=|>=|<\||\.\.|![A-Za-z_]+~?|[()\[\]{{}}|,;:.=<>+\-*/%@?{_DASHES}])
    """,
    re.VERBOSE | re.ASCII,
)

#: A name as MySQL and Spark quote it.
_BACKTICKS = re.compile(r"`([A-Za-z_]\w*)`", re.ASCII)
_TEXT_OPERATORS = ("has", "hasprefix", "hassuffix", "contains", "startswith", "endswith")
_CHARACTER_HELP = {
    "&": "write 'and'",
    "!": "write not(...)",
    "\u2014": "a long dash; write a plain minus or hyphen",
    "\u2026": "an ellipsis; write two dots: low .. high",
    "#": "a comment begins with //; lines such as #connect are for a client program; leave them out",
    "`": "three backticks open a string of several lines",
    "\\": "a backslash only means something inside a string",
}
_NEGATED = frozenset(
    {"!in", "!in~", "!between"} | {f"!{op}{case}" for op in _TEXT_OPERATORS for case in ("", "_cs")},
)
_BOOLEANS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_STRIP_INVISIBLE = str.maketrans("", "", _INVISIBLE)


def tokenize(text: str) -> Tokens:
    """All tokens of a text. Lexical errors are collected; reading goes on behind each."""
    return _Lexer(text).run()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.out = Tokens()

    def run(self) -> Tokens:
        text, match, end = self.text, _TOKEN.match, len(self.text)
        while self.position < end and len(self.out.diagnostics) < _MOST_ERRORS:
            found = match(text, self.position)
            if found is None:
                self._unknown()
                continue
            group = found.lastgroup
            if group == "space":
                self.position = found.end()
            else:
                self._token(str(group), found.group(), found.end())
        self.out.tokens.append(Token(Kind.END, "", end, end))
        return self.out

    def _token(self, group: str, word: str, end: int) -> None:
        start = self.position
        if group == "string":
            self._string(word)
            return
        self.position = end
        match group:
            case "name":
                self._name(word, start, end)
            case "op":
                self._operator(word, start, end)
            case "typed":
                self._add(Kind.TYPED, word, start, end)
            case "long" | "hex":
                self._add(Kind.LONG, word, start, end)
            case "real":
                self._add(Kind.REAL, word, start, end)
            case "timespan":
                self._add(Kind.TIMESPAN, word, start, end)
            case "odd_space":
                self.out.notes[SPACES_NOTE] = None
            case "invisible":
                self.out.notes[INVISIBLE_NOTE] = None
            case _:
                self._error(diagnostics.raw_guid(Span(start, end), word))
                self._add(Kind.STRING, word, start, end, word)

    def _add(self, kind: Kind, word: str, start: int, end: int, value: Any = None) -> None:
        self.out.tokens.append(Token(kind, word, start, end, value))

    def _error(self, diagnostic: Diagnostic) -> None:
        self.out.diagnostics.append(diagnostic)

    def _name(self, word: str, start: int, end: int) -> None:
        clean = word.translate(_STRIP_INVISIBLE)
        if clean != word:
            self.out.notes[INVISIBLE_NOTE] = None
        if clean in _BOOLEANS:
            self._add(Kind.BOOL, clean, start, end, _BOOLEANS[clean])
        elif clean == "in" and self.text[end : end + 1] == "~" and self.text[end : end + 3] != "~~~":
            self.position = end + 1
            self._add(Kind.OP, "in~", start, end + 1)
        else:
            self._add(Kind.NAME, clean, start, end)

    def _operator(self, word: str, start: int, end: int) -> None:
        if word in _DASHES:
            self.out.notes[DASHES_NOTE] = None
            word = "-"
        if word[0] == "!" and word[1:2].isalpha() and word not in _NEGATED:
            known = sorted(_NEGATED)
            help = diagnostics.did_you_mean(word, known, f"write not(... {word[1:]} ...)")
            self._error(diagnostics.unexpected_text(Span(start, end), diagnostics.quoted(word), help))
        self._add(Kind.OP, word, start, end)

    def _unknown(self) -> None:
        """A character no token begins with: one diagnostic for the run of them."""
        start = self.position
        char = self.text[start]
        if char.isalpha() and char not in _CHARACTER_HELP:
            self._foreign_word(start)
            return
        end = start + 1
        if char == "`" and (name := _BACKTICKS.match(self.text, start)):
            self.position = name.end()
            self._add(Kind.NAME, name[1], start, name.end())
            self._error(diagnostics.unexpected_character(Span(start, name.end()), char, f"write {name[1]}"))
            return
        while end < len(self.text) and self.text[end] == char:
            end += 1
        self.position = end
        self._error(diagnostics.unexpected_character(Span(start, end), char, _CHARACTER_HELP.get(char, "")))

    def _foreign_word(self, start: int) -> None:
        """A name with a letter outside A-Z: read whole, the part before the letter included."""
        end = start
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
            end += 1
        tokens = self.out.tokens
        begin = tokens.pop().start if tokens and tokens[-1].kind is Kind.NAME and tokens[-1].end == start else start
        word = self.text[begin:end]
        help = f"names with letters outside A-Z stand in brackets: ['{word[:60]}']"
        self._error(diagnostics.unexpected_character(Span(begin, end), self.text[start], help))
        self._add(Kind.NAME, word, begin, end)
        self.position = end

    # ------------------------------------------------------------ strings

    def _string(self, opening: str) -> None:
        """A string from its opening, prefix included, to its close or the end of the line."""
        start = self.position
        prefix = opening.rstrip("`~\"'“”„‟″‘’‚‛′")
        mark = opening[len(prefix) :]
        body = start + len(opening)
        if mark in {"```", "~~~"}:
            self._block_string(start, body, mark)
            return
        plain = _PLAIN_QUOTE.get(mark, mark)
        verbatim = "@" in prefix
        closers = plain if mark == plain else plain + _TYPOGRAPHIC[plain]
        end = _find_close(self.text, body, closers, verbatim=verbatim)
        if end < 0 and mark == plain:
            closers = _TYPOGRAPHIC[plain]
            end = _find_close(self.text, body, closers, verbatim=verbatim)
        if end < 0:
            self._unclosed(start, body, plain, verbatim=verbatim)
            return
        if mark != plain or self.text[end] != plain:
            self.out.notes[QUOTES_NOTE] = None
        self.position = end + 1
        self._finish(start, body, end, plain if verbatim else "")

    def _finish(self, start: int, body: int, end: int, verbatim_quote: str) -> None:
        content = self.text[body:end]
        try:
            value = content.replace(verbatim_quote * 2, verbatim_quote) if verbatim_quote else decode_string(content)
        except BadEscapeError as bad:
            span = Span(body + bad.start, body + bad.end)
            self._error(diagnostics.bad_escape(span, content[bad.start : bad.end]))
            value = content
        before = self.out.tokens[-1] if self.out.tokens else None
        if before and before.kind is Kind.STRING and before.end == start and before.text[-1] == self.text[start]:
            self.out.notes[TOUCHING_NOTE] = None
        self._add(Kind.STRING, self.text[start : end + 1], start, end + 1, value)

    def _block_string(self, start: int, body: int, mark: str) -> None:
        end = self.text.find(mark, body)
        if end < 0:
            self._error(diagnostics.unterminated_string(Span(start, body), mark))
            end = len(self.text)
        self.position = min(end + 3, len(self.text))
        self._add(Kind.STRING, self.text[start : self.position], start, self.position, self.text[body:end])

    def _cut_string(self, start: int, quote: str) -> str:
        """The string on this line that a quote inside it ended, such as 'it' of `'it's'`; else ""."""
        for one, two in pairwise(reversed(self.out.tokens)):
            if "\n" in self.text[two.end : start]:
                break
            if two.kind is Kind.STRING and two.text[-1] == quote and one.start == two.end and one.kind is Kind.NAME:
                return two.text if len(two.text) < 40 else f"...{two.text[-20:]}"
        return ""

    def _unclosed(self, start: int, body: int, quote: str, *, verbatim: bool) -> None:
        end = body
        while end < len(self.text) and self.text[end] not in "\r\n":
            end += 1
        content = self.text[body:end]
        help = ""
        if "\\" + quote in content and not verbatim:
            help = f"\\{quote} does not close a string; put @ before the first quote if backslashes are meant as such"
        elif cut := self._cut_string(start, quote):
            other = "'" if quote == '"' else '"'
            help = f"{cut} ended a string before: put {other} around it, or write \\{quote} for a quote inside"
        elif end < len(self.text):
            help = "a string ends on its own line; ``` opens one of several lines"
        self._error(diagnostics.unterminated_string(Span(start, end), quote, help))
        self.position = end
        self._add(Kind.STRING, self.text[start:end], start, end, content)


def _find_close(text: str, position: int, closers: str, *, verbatim: bool) -> int:
    """Offset of the closing quote, -1 when the line ends before it. A doubled quote in a verbatim string is content."""
    end = len(text)
    while position < end:
        char = text[position]
        if char in "\r\n":
            return -1
        if char == "\\" and not verbatim:
            position += 2
            continue
        if char in closers:
            if verbatim and text[position + 1 : position + 2] == char:
                position += 2
                continue
            return position
        position += 1
    return -1
