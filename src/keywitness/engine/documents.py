"""Documents that the store puts together from flat columns, and the values in them that need no document.

`AZKVAuditLogs | where tostring(Identity.claim.idtyp) == "app"` would write the JSON of every row and read it again.
Where a path is constant it leads to the flat column instead. This holds in the SELECT that reads the table; behind a
subquery a document is a column like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from keywitness.engine import sql
from keywitness.engine.sql import Expr
from keywitness.store.relation import Member, Path

_SIMPLE_KEY = re.compile(r'[^"\\\x00-\x1f]+')
_Leaves = dict[str, Member | None]


def key_path(key: str) -> str | None:
    """The JSON path of a member, or None where DuckDB's path syntax cannot spell the key."""
    return f'$."{key}"' if _SIMPLE_KEY.fullmatch(key) else None


class Documents:
    """The documents of one query."""

    def __init__(self) -> None:
        self._leaves: list[_Leaves] = []
        self._columns: dict[str, str] = {}

    def declared(self, document: Expr, members: Mapping[Path, Member | None]) -> Expr:
        """The expression of a document, from now on known by its values."""
        spelled = {path: [key_path(key) for key in path] for path in members}
        self._leaves.append(
            {
                "$" + "".join(k[1:] for k in keys if k): members[path]
                for path, keys in spelled.items()
                if None not in keys
            }
        )
        return sql.call("kw_document", document, sql.number(len(self._leaves) - 1))

    def reached(self, base: Expr, path: str) -> tuple[Expr, Expr]:
        """JSON and text of what a constant path leads to, spared the document where that is possible."""
        base, path = _unfolded(base, path)
        if _is(base, "kw_document"):
            leaves = self._leaves[int(str(base.expressions[1].this))]
            leaf = next((p for p in leaves if _within(path, p)), None)
            member = leaves[leaf] if leaf else None
            if leaf and member and leaf == path:
                text = f"({member.text})"
                self._columns[text] = member.column
                return sql.raw(f"({member.json})"), sql.raw(text)
            if leaf and member:
                base, path = sql.raw(f"({member.json})"), "$" + path[len(leaf) :]
            elif leaf is None and not any(_within(p, path) for p in leaves):
                return sql.cast(sql.null(), "VARCHAR"), sql.text("")
        return sql.call("kw_member", base, sql.text(path)), sql.call("kw_member_text", base.copy(), sql.text(path))

    def compared(self, value: Expr, other: Expr) -> Expr:
        """A value for the test whether it equals another one: the flat column, where that does not matter."""
        column = self._columns.get(str(value.this)) if isinstance(value, exp.Var) else None
        constant = isinstance(other, exp.Literal) and other.is_string and other.this[:1] not in ("[", "{")
        return sql.raw(column) if column and constant else value


def is_document(value: Expr) -> bool:
    """True for a document and for a constant path into one: they are put together only where they are read."""
    return _is(value, "kw_document") or (_is(value, "kw_member") and is_document(value.expressions[0]))


def _is(value: Expr, name: str) -> bool:
    return isinstance(value, exp.Anonymous) and value.this == name


def _unfolded(base: Expr, path: str) -> tuple[Expr, str]:
    while is_document(base) and _is(base, "kw_member"):
        base, path = base.expressions[0].copy(), str(base.expressions[1].this) + path[1:]
    return base, path


def _within(path: str, leaf: str) -> bool:
    """True when the path leads to the leaf, or into it."""
    return path.startswith(leaf) and path[len(leaf) : len(leaf) + 1] in ("", ".", "[")
