"""Hostile text made harmless: what logs say reaches a terminal or a table only through here."""

from __future__ import annotations

import re

#: Controls (C0, DEL, C1), line and paragraph separators, bidirectional and invisible formatting characters.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")


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
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

    return _UNSAFE.sub(escape, text)
