"""Values as KQL text: the only way that data enters a query."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any


def literal(value: Any) -> str:
    r"""The KQL literal that stands for a Python value.

    Args:
        value: bool, int, float, str, datetime (naive = UTC), timedelta, or a list or dict of JSON values.

    Raises:
        TypeError: For any other type.

    Example:
        >>> literal('a"b\\')
        '"a\\"b\\\\"'
        >>> literal(["x", 1])
        'dynamic(["x",1])'
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"long({value})" if value < 0 else str(value)
        case float():
            return f"real({value!r})"
        case str():
            return _quoted(value)
        case datetime():
            utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            return f"datetime({utc:%Y-%m-%dT%H:%M:%S.%f}Z)"
        case timedelta():
            seconds = value.days * 86_400 + value.seconds
            sign = "-" if seconds < 0 else ""
            days, rest = divmod(abs(seconds), 86_400)
            clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
            return f"time({sign}{days}.{clock}.{value.microseconds:06})"
        case list() | tuple() | dict():
            return f"dynamic({json.dumps(value, separators=(',', ':'), ensure_ascii=True)})"
        case _:
            raise TypeError(f"no KQL literal for {type(value).__name__}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\u{ord(m.group()):04x}", escaped) + '"'


def patterns_regex(patterns: Sequence[str]) -> str:
    r"""One RE2 expression for names with `*` and `?`, matched whole and without case against `vault/name`.

    A pattern without a slash means that name in any vault. No pattern matches nothing.

    Example:
        >>> patterns_regex(["*break*glass*", "kv-it/root"])
        '(?i)^(?:[^/]*/(?:.*break.*glass.*)|(?:kv\\-it/root))$'
    """
    if not patterns:
        return "^$a"
    return "(?i)^(?:" + "|".join(_pattern(p) for p in patterns) + ")$"


def _pattern(pattern: str) -> str:
    body = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    return f"(?:{body})" if "/" in pattern else f"[^/]*/(?:{body})"
