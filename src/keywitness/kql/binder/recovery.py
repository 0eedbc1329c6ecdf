"""What is still known of the columns behind an operator that was refused.

The binder goes on behind a refusal to find the next mistake, never to name one that is none. A column whose value was
refused is left out of the rows and its name put aside (`Context.unsure`): whoever names it is refused in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from keywitness.kql import plan, syntax
from keywitness.kql.binder.columns import kept, matches
from keywitness.kql.binder.context import Rows
from keywitness.kql.binder.names import implied

#: Operators that leave the columns as they are, by the word that begins them in a text that could not be read.
_KEEPING_WORDS = frozenset(
    {"|", "where", "filter", "sort", "order", "top", "take", "limit", "sample", "serialize", "as", "render"}
)
_KEEPING = (
    syntax.Where,
    syntax.Sort,
    syntax.Top,
    syntax.Take,
    syntax.Sample,
    syntax.As,
    syntax.Render,
    syntax.ProjectReorder,
)
_CHOOSING = (syntax.Project, syntax.Distinct, syntax.Summarize, syntax.ProjectKeep)
#: Operators that mean the same where some columns of the input are missing.
_LOCAL = (
    *_KEEPING,
    *_CHOOSING,
    syntax.Extend,
    syntax.Serialize,
    syntax.ProjectAway,
    syntax.ProjectRename,
    syntax.Count,
)

Left = tuple[Rows, frozenset[str]]


def is_local(node: syntax.Node) -> bool:
    """True when the names behind the operator do not depend on columns that it does not name."""
    if isinstance(node, syntax.Summarize | syntax.Distinct | syntax.Project):
        return not any(_starred(item) for item in _items(node))
    return isinstance(node, _LOCAL)


def rows_behind(rows: Rows, node: syntax.Node) -> Left | None:
    """The columns that are certain behind a refused operator, and the names that may be columns; None: no telling."""
    match node:
        case syntax.Broken(word=word):
            return (replace(rows, ordered=True), frozenset()) if word in _KEEPING_WORDS else None
        case syntax.Serialize(columns=()):
            return rows, frozenset()
        case syntax.Extend(columns=items) | syntax.Serialize(columns=items):
            return _extended(rows, items)
        case syntax.ProjectRename(columns=items):
            return _renamed(rows, items)
        case syntax.ProjectAway(columns=items):
            return _only(rows, {c.name for c in rows.schema} - _meant(rows, items)), frozenset()
        case _ if isinstance(node, _CHOOSING):
            return _chosen(rows, _items(node))
        case _ if isinstance(node, _KEEPING):
            return replace(rows, ordered=True), frozenset()
    return None


def _items(node: syntax.Node) -> tuple[syntax.Node, ...]:
    if isinstance(node, syntax.Summarize):
        return (*node.keys, *node.aggregates)
    return node.columns if isinstance(node, syntax.Project | syntax.Distinct | syntax.ProjectKeep) else ()


def _starred(item: syntax.Node) -> bool:
    value = item.value if isinstance(item, syntax.Named) else item
    return isinstance(value, syntax.Star) or (isinstance(value, syntax.Call) and any(map(_starred, value.args)))


def _names(items: Iterable[syntax.Node]) -> set[str] | None:
    """What the items call their columns, None where one has no name that can be told."""
    found: set[str] = set()
    for item in items:
        if isinstance(item, syntax.Named):
            found.update(n.name for n in item.names)
            continue
        name = implied(item, aggregate=True) or implied(item)
        if name is None or _starred(item):
            return None
        found.add(name)
    return found


def _only(rows: Rows, names: set[str]) -> Rows:
    columns = tuple(kept(c) for c in rows.schema if c.name in names)
    return replace(rows, plan=plan.Project(rows.plan, columns), ordered=True)


def _extended(rows: Rows, items: Iterable[syntax.Node]) -> Left | None:
    new = _names(items)
    if new is None:
        return None
    return _only(rows, {c.name for c in rows.schema} - new), frozenset(new)


def _renamed(rows: Rows, items: Iterable[syntax.Node]) -> Left | None:
    new = _names(items)
    if new is None:
        return None
    old = {i.value.name for i in items if isinstance(i, syntax.Named) and isinstance(i.value, syntax.NameRef)}
    return _only(rows, {c.name for c in rows.schema} - old - new), frozenset(new | old)


def _chosen(rows: Rows, items: Iterable[syntax.Node]) -> Left | None:
    """Columns named alone are certain where they exist; everything else is a name without a type."""
    plain = [i for i in items if isinstance(i, syntax.NameRef | syntax.WildcardName)]
    computed = _names(i for i in items if not isinstance(i, syntax.NameRef | syntax.WildcardName))
    if computed is None:
        return None
    named = {i.name for i in plain if isinstance(i, syntax.NameRef)}
    certain = _meant(rows, plain) - computed
    return _only(rows, certain), frozenset((named | computed) - certain)


def _meant(rows: Rows, items: Iterable[syntax.Node]) -> set[str]:
    """The columns that names and patterns mean."""
    found: set[str] = set()
    for item in items:
        if isinstance(item, syntax.NameRef):
            found.update(c.name for c in rows.schema if c.name == item.name)
        elif isinstance(item, syntax.WildcardName):
            found.update(c.name for c in rows.schema.visible() if matches(item.pattern, c.name))
    return found
