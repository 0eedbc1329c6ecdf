"""The JSON text of one record -> a value, or the reason why not."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from keywitness.evidence.decoding.row import Unfit

#: Deepest nesting of a record.
MOST_LEVELS = 100
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(text: bytes | str) -> Any:
    r"""Parse one JSON text. Control characters inside strings are let pass: pasted logs have them.

    A name that an object repeats is kept under `name#2` and so on; DuckDB and most readers take the first.

    Half of a surrogate pair, which no file can hold as text, becomes its own escape (`\ud800`).

    Raises:
        Unfit: It is not JSON, not UTF-8, or nested too deeply.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise Unfit(f"not valid UTF-8 at byte {error.start} of the record") from None
    levels = text.count("{") + text.count("[")
    if levels > MOST_LEVELS and _levels(text) > MOST_LEVELS:
        raise Unfit(f"nested deeper than {MOST_LEVELS} levels")
    try:
        value = _PARSER.decode(text.strip(" \t\r\n"))
        return _writable(value) if "\\ud" in text or "\\uD" in text else value
    except json.JSONDecodeError as error:
        raise Unfit(_why(text, error)) from None
    except (ValueError, RecursionError):
        raise Unfit("a number in it is too long, or it is nested too deeply") from None


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", value)
    if isinstance(value, list):
        return [_writable(v) for v in value]
    if isinstance(value, dict):
        return {_writable(k): _writable(v) for k, v in value.items()}
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    result = {}
    for name, value in pairs:
        unused, count = name, 1
        while unused in result:
            count += 1
            unused = f"{name}#{count}"
        result[unused] = value
    return result


def _float(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


_PARSER = json.JSONDecoder(strict=False, object_pairs_hook=_object, parse_float=_float, parse_constant=str)


def _levels(text: str) -> int:
    """Deepest nesting of brackets outside strings."""
    deepest = level = 0
    inside = escaped = False
    for char in text:
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                inside = False
        elif char == '"':
            inside = True
        elif char in "{[":
            level += 1
            deepest = max(deepest, level)
            if deepest > MOST_LEVELS:
                break
        elif char in "}]":
            level -= 1
    return deepest


def _why(text: str, error: json.JSONDecodeError) -> str:
    if "\0" in text:
        return "not JSON: it holds NUL bytes"
    if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string"):
        return "not complete JSON: the record is cut off"
    return f"not JSON: {error.msg} at character {error.pos}"
