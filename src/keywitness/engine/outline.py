"""Any tree of nodes (Structs and dataclasses) as an indented outline, for a person to read."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from msgspec import Struct

_SHORT = 100


def outline(node: Any, depth: int = 0) -> str:
    """The tree, one node or field per line, small ones on one line."""
    short = repr_short(node)
    if len(short) <= _SHORT - 2 * depth:
        return "  " * depth + short
    if names := _fields(node):
        lines = ["  " * depth + type(node).__name__]
        for name in names:
            value = getattr(node, name)
            if value in (None, (), ""):
                continue
            text = repr_short(value)
            if len(text) <= _SHORT - 2 * depth - len(name):
                lines.append("  " * (depth + 1) + f"{name}: {text}")
            else:
                lines += ["  " * (depth + 1) + f"{name}:", outline(value, depth + 2)]
        return "\n".join(lines)
    if isinstance(node, (tuple, list)):
        return "\n".join(outline(item, depth) for item in node)
    return "  " * depth + short[: _SHORT * 2]


def repr_short(node: Any) -> str:
    """One line of a node."""
    if isinstance(node, Enum):
        return str(node.value)
    if names := _fields(node):
        inside = ", ".join(repr_short(getattr(node, name)) for name in names)
        return f"{type(node).__name__}({inside})"
    if isinstance(node, (tuple, list)):
        return "[" + ", ".join(repr_short(item) for item in node) + "]"
    return repr(node)


def _fields(node: Any) -> tuple[str, ...]:
    if isinstance(node, Struct):
        return node.__struct_fields__
    return tuple(f.name for f in fields(node)) if is_dataclass(node) and not isinstance(node, type) else ()
