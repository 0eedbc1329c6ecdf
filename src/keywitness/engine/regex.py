r"""Kusto's regular expressions said in RE2, the dialect of DuckDB.

Kusto's page describes classes and boundaries that follow Unicode, `(?<name>...)`, `\u` escapes and set operations in
brackets (MicrosoftDocs/dataexplorer-docs, query/regex.md of November 2024). RE2 reads the same expression with classes
of ASCII, and takes set operations for members: what it would read otherwise is rewritten here, or refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: Members of `\w`: letters (the circled ones too), marks, digits, connectors and joiners. A class comes last, so that
#: a dash behind it stays a dash.
WORD = (
    r"\p{L}\p{Nl}\p{M}\p{Nd}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}"
    r"\x{200C}\x{200D}\p{Pc}"
)
_SPACE = r"\t-\r\x{85}\p{Z}"
_CLASSES = {"w": WORD, "d": r"\p{Nd}", "s": _SPACE}
_POSIX = re.compile(r"\[:\^?\w+:\]")
_CODE_POINT = re.compile(r"\\(?:[ux]\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|U\{([0-9A-Fa-f]+)\}|U([0-9A-Fa-f]{8}))")
_OCTAL = re.compile(r"\\([0-7]{2,3})")
_PROPERTY = re.compile(r"\\[pP](?:\{[^}]*\}|.)")
_NAME = re.compile(r"\(\?P?<([^=!>][^>]*)>")
_ASCII = re.compile(r"\(\?-u:")


class RegexError(ValueError):
    """An expression that Kusto does not have, or that RE2 cannot say; the text says which part."""


@dataclass(frozen=True, slots=True)
class Regex:
    r"""An expression in RE2.

    Args:
        text: The expression.
        groups: The names of its capture groups in order, empty for one without a name.
        bounded: Holds `\b` or `\B`, which RE2 knows for ASCII only: a text with letters beyond it has no exact answer.
    """

    text: str
    groups: tuple[str, ...]
    bounded: bool

    def group(self, name: str) -> int | None:
        """The number of a named group."""
        return self.groups.index(name) + 1 if name and name in self.groups else None


@dataclass(slots=True)
class _Reader:
    source: str
    #: The capture group that stays one, where the others do not.
    only: int | None = None
    at: int = 0
    groups: list[str] = field(default_factory=list)
    bounded: bool = False
    #: Of each open parenthesis: are classes those of ASCII inside?
    ascii: list[bool] = field(default_factory=lambda: [False])

    def pieces(self) -> Iterator[str]:
        while self.at < len(self.source):
            match self.source[self.at]:
                case "\\":
                    yield self.escape()
                case "[":
                    yield self.bracket()
                case "(":
                    yield self.open()
                case ")":
                    if len(self.ascii) > 1:
                        self.ascii.pop()
                    yield self.take(1)
                case _:
                    yield self.take(1)

    def take(self, count: int) -> str:
        taken = self.source[self.at : self.at + count]
        self.at += count
        return taken

    def matched(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.source, self.at)
        if match:
            self.at = match.end()
        return match

    def open(self) -> str:
        if re.match(r"\(\?<?[=!]", self.source[self.at :]):
            raise RegexError("a regular expression with look-around")
        if self.matched(_ASCII):
            self.ascii.append(True)
            return "(?:"
        self.ascii.append(self.ascii[-1])
        if name := self.matched(_NAME):
            return self.group(name[1], f"(?P<{name[1]}>")
        opening = self.take(1)
        return opening if self.source.startswith("?", self.at) else self.group("", opening)

    def group(self, name: str, opening: str) -> str:
        """The start of a capture group, or of one that captures nothing."""
        self.groups.append(name)
        return opening if self.only in (None, len(self.groups)) else "(?:"

    def escape(self) -> str:
        """One escape outside of brackets."""
        following = self.source[self.at + 1 : self.at + 2]
        lower = following.lower()
        if lower == "b":
            if self.source.startswith("{", self.at + 2):
                raise RegexError(r"a regular expression with \b{...}")
            self.bounded |= not self.ascii[-1]
        elif lower in _CLASSES and not self.ascii[-1]:
            self.take(2)
            return f"[{'^' * following.isupper()}{_CLASSES[lower]}]"
        return self.plain_escape()

    def plain_escape(self) -> str:
        """One escape that means the same inside of brackets and outside."""
        if code := self.matched(_CODE_POINT):
            return f"\\x{{{next(filter(None, code.groups()))}}}"
        if octal := self.matched(_OCTAL):
            return f"\\x{{{int(octal[1], 8):x}}}"
        if found := self.matched(_PROPERTY):
            return found[0]
        escaped = self.take(2)
        if escaped in (r"\<", r"\>", r"\Q", r"\C"):
            raise RegexError(f"a regular expression with {escaped}")
        if escaped[1:].isdigit():
            raise RegexError("a regular expression with a back-reference")
        return escaped

    def bracket(self) -> str:
        """A class in brackets. A negated class inside of it becomes another branch."""
        opening = self.take(2 if self.source.startswith("[^", self.at) else 1)
        members: list[str] = []
        branches: list[str] = []
        if self.source.startswith("]", self.at):
            members.append(self.take(1))
        while self.at < len(self.source) and self.source[self.at] != "]":
            following = self.source[self.at + 1 : self.at + 2]
            if posix := self.matched(_POSIX):
                members.append(posix[0])
            elif self.source[self.at] == "[" or self.source[self.at : self.at + 2] in ("&&", "~~", "--"):
                raise RegexError("a regular expression with a set operation in brackets")
            elif self.source[self.at] != "\\":
                members.append(self.take(1))
            elif following.lower() not in _CLASSES or self.ascii[-1]:
                members.append(self.plain_escape())
            elif following.islower():
                members.append(_CLASSES[following])
                self.take(2)
            elif opening == "[^":
                raise RegexError(rf"a regular expression with \{following} in a negated class")
            else:
                branches.append(f"[^{_CLASSES[following.lower()]}]")
                self.take(2)
        closing = self.take(1)
        if members or not branches:
            branches.insert(0, opening + "".join(members) + closing)
        return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def read(source: str, only: int | None = None) -> Regex:
    r"""An expression of Kusto's in RE2.

    Args:
        source: The expression.
        only: The capture group that stays one in the text: of many groups DuckDB reaches the first nine.
    Raises:
        RegexError: For what Kusto does not have (look-around, back-references) or RE2 would read otherwise.
    Example:
        >>> read(r"(?<day>\d+)").text, read(r"(a)|(?P<b>b)\b").groups
        ('(?P<day>[\\p{Nd}]+)', ('', 'b'))
        >>> read("(a)(b)", only=2).text
        '(?:a)(b)'
    """
    reader = _Reader(source, only)
    text = "".join(reader.pieces())
    return Regex(text, tuple(reader.groups), reader.bounded)
