"""Which framer fits an item, decided from its first bytes."""

from __future__ import annotations

from keywitness.evidence.decoding.framing import Framer, LineFramer, RefusingFramer

#: Lines looked at before a text is called unrecognised.
_LINES = 200


def choose_framer(text: bytes, *, complete: bool) -> Framer:
    """Choose by content.

    Args:
        text: The start of the item, not only white space.
        complete: `text` is the whole item.
    """
    start = text.lstrip()
    if start.startswith(b"<"):
        return RefusingFramer("an HTML or XML page, not a log (an error page saved under a log's name?)")
    return LineFramer()
