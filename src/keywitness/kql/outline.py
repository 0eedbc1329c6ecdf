"""A syntax tree as text: what `keywitness kql --show syntax` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keywitness.kql import syntax
from keywitness.kql.excerpt import visible
from keywitness.model.schema import KqlType

_INDENT = "  "


def syntax_text(query: syntax.Query) -> str:
    """One line a node, indented under its parent: what it is, its plain values, its span; no last newline.

    Fields that hold their default are left out.

    Example:
        >>> from keywitness.kql.parser import parse
        >>> print(syntax_text(parse("T | take 5")))
        ExpressionStatement [0..10]
          value: Pipeline [0..10]
            source: NameRef 'T' [0..1]
            operators: Take [4..10]
              count: Literal long 5 [9..10]
    """
    lines = [line for statement in query.statements for line in _node(statement, "", 0)]
    return "\n".join([*lines, *(f"note: {note}" for note in query.notes)])


def _node(node: syntax.Node, label: str, depth: int) -> Iterator[str]:
    plain: list[str] = []
    children: list[tuple[str, syntax.Node]] = []
    names = node.__struct_fields__
    usual = dict(zip(reversed(names), reversed(node.__struct_defaults__), strict=False))
    for name in names:
        value = getattr(node, name)
        if name == "span" or (name in usual and value == usual[name] and name != "value"):
            continue
        if isinstance(value, syntax.Node):
            children.append((name, value))
        elif isinstance(value, tuple):
            children.extend((name, item) for item in value)
        else:
            plain.append(_plain(name, value))
    head = f"{label}: " if label else ""
    span = f"[{node.span.start}..{node.span.end}]"
    yield f"{_INDENT * depth}{head}{' '.join([type(node).__name__, *plain, span])}"
    for name, child in children:
        yield from _node(child, name, depth + 1)


def _plain(name: str, value: Any) -> str:
    """A field without nodes; names, values, types and operators need no label."""
    if isinstance(value, KqlType):
        return value.value
    text = visible(repr(value) if isinstance(value, str) else str(value))
    if value is True:
        return name
    return text if name in {"name", "value", "op", "pattern", "type"} else f"{name}={text}"
