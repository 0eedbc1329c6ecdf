"""`parse-kv`: keys and values in text, by delimiters, by any sign, or by a regular expression.

https://learn.microsoft.com/kusto/query/parse-kv-operator
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from keywitness.engine.kernels.documents import write
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.model.schema import KqlType

_TEXT = KqlType.STRING


@dataclass(slots=True)
class _Reader:
    """Reads pairs from left to right.

    Args:
        text: What is read.
        between: The sign between pairs; empty for any that is no letter, digit or underscore.
        sign: The sign between key and value; empty as above.
        quotes: Opening and closing sign of a quoted key or value, or empty.
        escape: The sign that takes the next one as it stands, or empty.
        place: Where the next pair begins.
    """

    text: str
    between: str
    sign: str
    quotes: str
    escape: str
    place: int = 0

    def pairs(self, *, greedy: bool) -> Iterator[tuple[str, str]]:
        while self.place < len(self.text):
            key = self._token(self.sign, until_also=self.between)
            if key is None:
                return
            yield key, self._value(greedy=greedy)

    def quoted(self) -> str | None:
        """The quoted text at this place, or None where no quote opens."""
        opening, closing = self.quotes[:1], self.quotes[1:2] or self.quotes[:1]
        start = self.place
        while self.text[start : start + 1].isspace():
            start += 1
        if not opening or self.text[start : start + 1] != opening:
            return None
        value, at = "", start + 1
        while at < len(self.text) and self.text[at] != closing:
            if self.escape and self.text[at] == self.escape and at + 1 < len(self.text):
                at += 1
            value += self.text[at]
            at += 1
        self.place = at + 1
        return value

    def _token(self, end: str, *, until_also: str) -> str | None:
        """A key: what stands in front of its sign, after the last pair delimiter before it."""
        while self.place < len(self.text):
            key = self.quoted()
            if key is not None and self.text[self.place :].lstrip().startswith(end):
                self.place = self.text.index(end, self.place) + len(end)
                return key
            sign = self.text.find(end, self.place)
            if sign < 0:
                return None
            head = self.text[self.place : sign]
            self.place = sign + len(end)
            return head.strip().rpartition(until_also)[2].strip()
        return None

    def _value(self, *, greedy: bool) -> str:
        value = self.quoted()
        if value is not None:
            after = self.text.find(self.between, self.place)
            self.place = len(self.text) if after < 0 else after + len(self.between)
            return value
        crossed = self._skip_blanks()
        end = self._end_of_value(greedy=greedy)
        value, self.place = self.text[self.place : end], end + len(self.between)
        if crossed and self.sign in value:
            raise NoExactAnswerError("parse-kv of a key without a value in front of a blank that separates pairs")
        return value.strip()

    def _skip_blanks(self) -> bool:
        """To where the value begins; True where the sign between pairs was among the blanks."""
        start = self.place
        while self.text[self.place : self.place + 1].isspace():
            self.place += 1
        between = self.text.find(self.between, start)
        if 0 <= between < self.place and not self.between.isspace():
            self.place = between
        return 0 <= between < self.place

    def _end_of_value(self, *, greedy: bool) -> int:
        end = self.text.find(self.between, self.place)
        if end < 0 or not greedy:
            return len(self.text) if end < 0 else end
        following = self.text.find(self.sign, self.place)
        if following < 0:
            return len(self.text)
        last = self.text.rfind(self.between, self.place, len(self.text[:following].rstrip()))
        if last < 0:
            raise NoExactAnswerError("parse-kv with greedy of a value that holds the sign between key and value")
        return last


_WORD = re.compile(r"\w+")


def _words(text: str, quotes: str, escape: str) -> list[str]:
    """Words and quoted texts, in order."""
    found: list[str] = []
    reader = _Reader(text, "", "", quotes, escape)
    while reader.place < len(text):
        quoted = reader.quoted()
        if quoted is not None:
            found.append(quoted)
            continue
        match = _WORD.match(text, reader.place)
        if match:
            found.append(match.group())
            reader.place = match.end()
        else:
            reader.place += 1
    return found


@kernel(_TEXT, _TEXT, _TEXT, _TEXT, _TEXT, KqlType.BOOL, _TEXT, result=KqlType.DYNAMIC)
def parsed(text: str, between: str, sign: str, quotes: str, escape: str, greedy: bool, pattern: str) -> str:
    """The pairs as a bag; of a repeated key the first value stays."""
    if pattern:
        pairs = [(m.group(1), m.group(2)) for m in re.finditer(pattern, text)]
    elif between and sign:
        pairs = list(_Reader(text, between, sign, quotes, escape).pairs(greedy=greedy))
    else:
        words = _words(text, quotes, escape)
        pairs = list(pairwise(words))
    bag: dict[str, str] = {}
    for key, value in pairs:
        bag.setdefault(key.strip(), value.strip())
    return write(bag) or "{}"
