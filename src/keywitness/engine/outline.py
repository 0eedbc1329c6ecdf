"""Any tree of dataclasses as an indented outline, for a person to read."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

_SHORT = 100


def outline(node: Any, depth: int = 0) -> str:
    """The tree, one node or field per line, small ones on one line."""
    short = repr_short(node)
    if len(short) <= _SHORT - 2 * depth:
        return "  " * depth + short
    if is_dataclass(node) and not isinstance(node, type):
        lines = ["  " * depth + type(node).__name__]
        for field in fields(node):
            value = getattr(node, field.name)
            if value in (None, (), ""):
                continue
            text = repr_short(value)
            if len(text) <= _SHORT - 2 * depth - len(field.name):
                lines.append("  " * (depth + 1) + f"{field.name}: {text}")
            else:
                lines += ["  " * (depth + 1) + f"{field.name}:", outline(value, depth + 2)]
        return "\n".join(lines)
    if isinstance(node, (tuple, list)):
        return "\n".join(outline(item, depth) for item in node)
    return "  " * depth + short[: _SHORT * 2]


def repr_short(node: Any) -> str:
    """One line of a node."""
    if isinstance(node, Enum):
        return str(node.value)
    if is_dataclass(node) and not isinstance(node, type):
        inside = ", ".join(repr_short(getattr(node, f.name)) for f in fields(node))
        return f"{type(node).__name__}({inside})"
    if isinstance(node, (tuple, list)):
        return "[" + ", ".join(repr_short(item) for item in node) + "]"
    return repr(node)
