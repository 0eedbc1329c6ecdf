"""The escapes of KQL string literals."""

from __future__ import annotations

import re

_SIMPLE = {
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_ESCAPE = re.compile(
    r"\\(?:(?P<simple>[\\'\"abfnrtv])|u(?P<u4>[0-9a-fA-F]{4})|U(?P<u8>[0-9a-fA-F]{8})|x(?P<x2>[0-9a-fA-F]{2})"
    r"|(?P<octal>[0-3][0-7]{2}|[0-7]{1,2})|(?P<bad>[\s\S]?))"
)


class BadEscapeError(ValueError):
    """A backslash that starts no escape: `start` and `end` are offsets into the content."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(f"no escape at {start}")
        self.start = start
        self.end = end


def decode_string(content: str) -> str:
    r"""The characters that the content of a quoted string stands for.

    Surrogate pairs written as two `\u` escapes become one character.

    Raises:
        BadEscapeError: For an unknown escape, half a surrogate pair, or a code point beyond Unicode.
    """
    if "\\" not in content:
        return content
    decoded = _ESCAPE.sub(_decode_escape, content)
    if any("\ud800" <= c <= "\udfff" for c in decoded):
        return _join_surrogates(content, decoded)
    return decoded


def _decode_escape(found: re.Match[str]) -> str:
    if simple := found["simple"]:
        return _SIMPLE[simple]
    if octal := found["octal"]:
        return chr(int(octal, 8))
    digits = found["u4"] or found["u8"] or found["x2"]
    if not digits or int(digits, 16) > 0x10FFFF:
        raise BadEscapeError(found.start(), found.end())
    return chr(int(digits, 16))


def _join_surrogates(content: str, decoded: str) -> str:
    try:
        return decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        lone = re.search(r"\\[uU](?:0000)?[dD][89a-fA-F]", content)
        start = lone.start() if lone else 0
        raise BadEscapeError(start, start + 6) from None
