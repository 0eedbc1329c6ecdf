"""Hostile text made harmless: what logs say reaches a terminal or a table only through here."""

from __future__ import annotations

import re

#: Controls (C0, DEL, C1), line and paragraph separators, bidirectional and invisible formatting characters, fillers
#: that look like spaces, private use, half surrogates: Unicode categories Cc, Cf, Zl, Zp, Co, Cs, and some letters.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff]"
)


def visible(text: str, *, keep: str = "") -> str:
    r"""Replace every character that could steer a terminal or hide text by its escape.

    Args:
        text: Anything, for example a user agent.
        keep: Control characters to leave alone, such as "\n".

    Example:
        >>> visible("a\x1b[31mred")
        'a\\x1b[31mred'
    """

    def escape(match: re.Match[str]) -> str:
        char = match.group()
        if char in keep:
            return char
        code = ord(char)
        if code < 0x100:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return _UNSAFE.sub(escape, text)
